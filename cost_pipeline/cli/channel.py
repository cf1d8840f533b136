"""`cost-pipeline channel`: where alerts and digests go, by which rules, and whether it works."""

from __future__ import annotations

import getpass
import sys
from datetime import time
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import channels
from cost_pipeline.store.channels import Rules
from cost_pipeline.store.database import Database

channel = typer.Typer(no_args_is_help=True, help="Where alerts and digests go, by which rules.")
app.add_typer(channel, name="channel")
BY = "command line"
Tenant = Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose channel.")]


@channel.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What you call it: ops-slack.")],
    kind: Annotated[
        str, typer.Argument(help="email, slack, teams, webhook, pagerduty, sns or apprise.")
    ],
    given: Annotated[
        list[str] | None,
        typer.Option("--set", help="field=value, repeated. A secret left out is asked for."),
    ] = None,
    wants: Annotated[str, typer.Option(help="alerts, daily, weekly, with commas.")] = "alerts",
    min_severity: Annotated[str, typer.Option(help="low, medium, high or critical.")] = "medium",
    accounts: Annotated[str, typer.Option(help="Account ids, * and ? allowed; all.")] = "",
    types: Annotated[str, typer.Option(help="Services or resource types: ec2,rds_*; all.")] = "",
    quiet: Annotated[str, typer.Option(help="22:00-07:00 in the tenant's time zone.")] = "",
    critical_breaks_quiet: Annotated[
        bool, typer.Option(help="Whether what is critical is told in quiet hours.")
    ] = True,
    hourly_limit: Annotated[
        int | None, typer.Option(help="Messages an hour; the rest is told in one. No limit.")
    ] = 30,
    tenant: Tenant = "default",
) -> None:
    """Add a channel, or change the one of that name; what is secret is stored encrypted.

    \b
    cost-pipeline channel add ops-slack slack                       # asks for the webhook's url
    cost-pipeline channel add oncall pagerduty --min-severity critical
    cost-pipeline channel add cfo email --set to=cfo@example.com --wants daily,weekly
    cost-pipeline channel add data email --set to=data@example.com --types sagemaker,redshift_*
    cost-pipeline channel add ops-teams teams --quiet 22:00-07:00 --accounts '1111*,222233334444'
    cost-pipeline channel add siem webhook --set url=https://siem.example.com/costs
    cost-pipeline channel add bus sns --set topic=arn:aws:sns:eu-west-1:111122223333:costs
    cost-pipeline channel add phone apprise --set url=ntfy://my-topic
    """
    from cost_pipeline.access.channel_vault import ChannelVault
    from cost_pipeline.access.keyring import keyring
    from cost_pipeline.notify import channel_admin

    settings = Settings()
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        fields = _fields(kind, given or [])
        start, end = _quiet(quiet)
        db.migrate()
        made = channel_admin.add(
            db,
            ChannelVault(keyring(settings), tenant),
            tenant_id=tenant,
            name=name,
            kind=kind,
            fields=fields,
            rules=Rules(
                wants=_list(wants),
                min_severity=min_severity,
                accounts=_list(accounts),
                types=_list(types),
                quiet_from=start,
                quiet_until=end,
                critical_breaks_quiet=critical_breaks_quiet,
                hourly_limit=hourly_limit,
            ),
            by=BY,
            settings=settings,
        )
    for field, value in made.items():
        out.print(f"Its {field}, shown this once: {value}", markup=False, soft_wrap=True)
    out.print(f"{name} is set. Try it: cost-pipeline channel test {name}", markup=False)


def _fields(kind: str, given: list[str]) -> dict[str, str]:
    """What was given, and the secrets that are needed and were not, asked for on a terminal."""
    from cost_pipeline.notify.channels import KINDS

    pairs = [one.partition("=") for one in given]
    if not all(name and mark for name, mark, _ in pairs):
        raise ValueError("--set takes field=value: --set to=ops@example.com")
    fields = {name: value for name, _, value in pairs}
    needed = KINDS[kind].fields if kind in KINDS else ()
    for one in needed:
        if one.secret and one.required and one.name not in fields and sys.stdin.isatty():
            fields[one.name] = getpass.getpass(f"{one.name} ({one.help}): ")
    return fields


def _list(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _quiet(text: str) -> tuple[time | None, time | None]:
    if not text:
        return None, None
    start, _, end = text.partition("-")
    try:
        return time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
    except ValueError:
        raise ValueError(f"'{text}' are no quiet hours: --quiet 22:00-07:00") from None


@channel.command("list")
def listing(tenant: Tenant = "default") -> None:
    """Show the channels with their rules; secrets are not shown.

    \b
    cost-pipeline channel list --tenant acme
    """
    from cost_pipeline.notify.channels import routes

    settings = Settings()
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            rows = channels.listing(conn, tenant_id=tenant)
    table = Table("channel", "kind")
    for heading in ("where", "is told"):
        table.add_column(heading, overflow="fold")
    for route in routes([], None, settings):
        table.add_row(route.channel.name, "environment", "", route.rules.said())
    for row in rows:
        told = Rules.of(row).said()
        table.add_row(*map(escape, (row["name"], row["kind"], _where(row["config"]), told)))
    out.print(table)


def _where(config: dict[str, Any]) -> str:
    return str(config.get("where") or config.get("to") or config.get("topic") or "")


@channel.command("remove")
def remove(name: str, tenant: Tenant = "default") -> None:
    """Remove a channel; what waits for it is not sent any more.

    \b
    cost-pipeline channel remove ops-slack
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            channels.remove(conn, tenant_id=tenant, name=name, by=BY)
    out.print(f"{name} is removed.", markup=False)


@channel.command("test")
def try_out(name: str, tenant: Tenant = "default") -> None:
    """Send a message through a channel now, whatever its rules; says what the other side said.

    \b
    cost-pipeline channel test ops-slack
    """
    from cost_pipeline.access.channel_vault import ChannelVault
    from cost_pipeline.access.keyring import keyring
    from cost_pipeline.notify import channel_admin
    from cost_pipeline.notify.channel import DeliveryError

    settings = Settings()
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        db.migrate()
        vault = ChannelVault(keyring(settings), tenant)
        try:
            channel_admin.try_out(db, vault, tenant_id=tenant, name=name, by=BY, settings=settings)
        except DeliveryError as error:
            raise ValueError(f"{name} did not take it: {error}") from None
    out.print(f"{name} took it.", markup=False)
