"""`cost-pipeline expect`: changes announced before they happen."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database

expect = typer.Typer(
    no_args_is_help=True,
    help="Changes announced before they happen: what they explain is no anomaly.",
)
app.add_typer(expect, name="expect")

Tenant = Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose change it is.")]
Account = Annotated[str | None, typer.Option(help="In this account only.")]
Who = Annotated[str | None, typer.Option(help="By this person, role or workload only.")]
Region = Annotated[str | None, typer.Option(help="In this region only.")]
Since = Annotated[
    datetime | None, typer.Option(metavar="TIME", help="From when, UTC. Default: now.")
]
Hours = Annotated[float, typer.Option(min=0.1, max=2160, help="For how long.")]
Note = Annotated[str | None, typer.Option(help="What to remember about it.")]


@expect.command("window")
def window(
    account: Account = None,
    actor: Who = None,
    resource_type: Annotated[
        str | None, typer.Option("--type", help="Of this type, such as ec2_instance.")
    ] = None,
    resource_class: Annotated[
        str | None, typer.Option("--class", help="Of this class, such as p4d.24xlarge.")
    ] = None,
    region: Region = None,
    count: Annotated[float | None, typer.Option(help="So many resources at most.")] = None,
    hourly: Annotated[float | None, typer.Option(help="So many USD an hour at most.")] = None,
    since: Since = None,
    hours: Hours = 24,
    note: Note = None,
    tenant: Tenant = "default",
) -> None:
    """Announce a change window: a load test, a migration, a drill.

    \b
    cost-pipeline expect window --account 111122223333 --actor load-test \\
        --type ec2_instance --count 40 --hours 6 --note "before the launch"
    """
    from cost_pipeline.store import expectations

    begins, ends = _span(since, hours)
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            number = expectations.register(
                conn,
                tenant_id=tenant,
                since=begins,
                until=ends,
                by="command line",
                account_id=account,
                actor=actor,
                resource_type=resource_type,
                resource_class=resource_class,
                region=region,
                resources=count,
                hourly_cost=hourly,
                note=note,
            )
    out.print(f"Change {number} is expected from {begins:%d %b %H:%M} to {ends:%d %b %H:%M} UTC.")


@expect.command("plan")
def plan(
    file: Annotated[Path, typer.Argument(help="JSON of Terraform or Infracost.")],
    account: Account = None,
    actor: Who = None,
    region: Region = None,
    since: Since = None,
    hours: Hours = 24,
    note: Note = None,
    tenant: Tenant = "default",
) -> None:
    """Announce what a Terraform plan or an Infracost breakdown will create.

    \b
    terraform show -json plan.out > plan.json
    cost-pipeline expect plan plan.json --account 111122223333 --actor terraform
    infracost breakdown --path . --format json --out-file cost.json
    cost-pipeline expect plan cost.json --account 111122223333
    """
    from cost_pipeline.core.plans import planned
    from cost_pipeline.store import expectations

    begins, ends = _span(since, hours)
    with plain_errors():
        document = json.loads(file.read_text(encoding="utf-8"))
        found = planned(document)
        with database_url(Settings()) as url, Database(url) as db:
            db.migrate()
            with db.transaction(tenant) as conn:
                expectations.register_plan(
                    conn,
                    tenant_id=tenant,
                    planned=found,
                    source="terraform" if "resource_changes" in document else "infracost",
                    since=begins,
                    until=ends,
                    by="command line",
                    account_id=account,
                    actor=actor,
                    region=region,
                    note=note or file.name,
                )
    for one in found:
        cost = "" if one.hourly_cost is None else f", USD {one.hourly_cost:,.2f} an hour"
        name = one.resource_class or "any class"
        out.print(
            f"{one.resources:g} × {one.resource_type} ({escape(name)}){cost}", highlight=False
        )
    out.print(f"{len(found)} kinds of resources are expected until {ends:%d %b %H:%M} UTC.")


@expect.command("list")
def listing(tenant: Tenant = "default") -> None:
    """Show every announced change, the newest first.

    \b
    cost-pipeline expect list
    """
    from cost_pipeline.store import expectations

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            rows = expectations.listing(conn, tenant_id=tenant)
    table = Table("id", "from", "until", "what", "at most", "by", "note")
    for row in rows:
        fields = ("account_id", "actor", "resource_type", "resource_class", "region")
        what = " ".join(str(row[name]) for name in fields if row[name])
        bounds = [f"{row['resources']:g} resources"] if row["resources"] is not None else []
        bounds += [f"USD {row['hourly_cost']:g}/h"] if row["hourly_cost"] is not None else []
        state = " (cancelled)" if row["cancelled_at"] else ""
        table.add_row(
            f"{row['change_id']}{state}",
            f"{row['since']:%d %b %H:%M}",
            f"{row['until']:%d %b %H:%M}",
            escape(what),
            ", ".join(bounds) or "anything",
            escape(row["registered_by"]),
            escape(row["note"] or ""),
        )
    out.print(table)


@expect.command("cancel")
def cancel(change: int, tenant: Tenant = "default") -> None:
    """Take an announced change back.

    \b
    cost-pipeline expect cancel 3
    """
    from cost_pipeline.store import expectations

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            expectations.cancel(conn, tenant_id=tenant, change_id=change, by="command line")
    out.print(f"Change {change} explains nothing from the next run on.")


def _span(since: datetime | None, hours: float) -> tuple[datetime, datetime]:
    begins = since.replace(tzinfo=UTC) if since else datetime.now(UTC).replace(microsecond=0)
    return begins, begins + timedelta(hours=hours)
