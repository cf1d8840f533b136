"""`cost-pipeline onboard`: from nothing to the first anomalies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.cli.onboard_agent import agent_way
from cost_pipeline.cli.run import backfill, stopping
from cost_pipeline.notify.money import at_worst_of_many, usd
from cost_pipeline.settings import Settings
from cost_pipeline.store import anomalies
from cost_pipeline.store.database import Database
from cost_pipeline.store.worst_cases import with_worst_case

if TYPE_CHECKING:
    from cost_pipeline.aws.permissions import Step
    from cost_pipeline.orchestration.estimating import Estimate
    from cost_pipeline.orchestration.onboarding import Found, Wish

_MARKS = {"ok": "[green]✓[/]", "skipped": "[dim]-[/]", "warning": "[yellow]![/]"}
_WAYS = """How do log files come here?

  1  an agent in your network sends them  [green]recommended[/]: nobody else reads your bucket
  2  from the bucket, with the credentials at hand
  3  from the bucket, through a role that you grant us (deploy/aws has it as Terraform)
"""


@app.command()
def onboard(
    place: Annotated[
        str | None,
        typer.Argument(help="s3://bucket/prefix or a folder. Default: the trails that are found."),
    ] = None,
    agent: Annotated[
        str | None, typer.Option(help="Name of an agent that sends log files (recommended).")
    ] = None,
    host: Annotated[str | None, typer.Option(help="How the agent reaches this machine.")] = None,
    role_arn: Annotated[str | None, typer.Option(help="The role to take.")] = None,
    external_id: Annotated[str | None, typer.Option(help="What its trust policy asks for.")] = None,
    queue: Annotated[str | None, typer.Option(help="Queue of S3's notices, to be tried.")] = None,
    days: Annotated[int, typer.Option(min=0, max=3650, help="How many days to read.")] = 30,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Try and estimate; read nothing.")
    ] = False,
    sweep: Annotated[bool, typer.Option(help="Also try what the sweep for idle needs.")] = True,
    region: Annotated[str | None, typer.Option(help="The bucket's region.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="Another endpoint than AWS's.")] = None,
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose accounts.")] = "default",
) -> None:
    """Connect your accounts: try every permission, estimate, read the past, show anomalies.

    Each permission is tried by a real call, and a missing one is named. Trails, accounts and
    regions are found by themselves. Exit code 1 where something is missing or failed.

    \b
    cost-pipeline onboard                                   # asks
    cost-pipeline onboard --agent office --host receiver.example.com
    cost-pipeline onboard s3://my-trail/prefix --days 60 --dry-run
    cost-pipeline onboard --role-arn arn:aws:iam::111122223333:role/dd0c-cost --external-id 7f3a
    """
    settings = Settings()
    with plain_errors(), stopping():
        if not any((place, agent, role_arn, yes, dry_run)):
            agent, role_arn, external_id = _ask_way()
        with database_url(settings) as url, Database(url) as db:
            db.migrate()
            if agent is not None:
                place = agent_way(
                    db, settings, agent=agent, host=host, tenant=tenant, wait=not (yes or dry_run)
                )
                if place is None:
                    return
            wish = _wish(
                settings, place, days, tenant, role_arn, external_id, queue, region, endpoint_url
            )
            code = _connect(url, db, settings, wish, yes=yes, dry_run=dry_run, sweep=sweep)
    raise typer.Exit(code)


def _ask_way() -> tuple[str | None, str | None, str | None]:
    """The agent's name, or a role with its external id, or neither."""
    out.print(_WAYS)
    way = typer.prompt("Which", default="1", type=str)
    if way == "1":
        return typer.prompt("A name for the agent", default="office"), None, None
    if way == "3":
        role = typer.prompt("The role's ARN")
        return None, role, typer.prompt("Its external id", default="") or None
    return None, None, None


def _wish(
    settings: Settings, place: str | None, days: int, tenant: str, role_arn: str | None,
    external_id: str | None, queue: str | None, region: str | None, endpoint_url: str | None,
) -> Wish:  # fmt: skip
    from cost_pipeline.aws.trails import whole_address
    from cost_pipeline.orchestration.onboarding import Wish

    today = datetime.now(UTC).date()
    whole = whole_address(place) if place is not None else None
    return Wish(
        place=whole, since=today - timedelta(days=days), until=today, tenant_id=tenant,
        role_arn=role_arn, external_id=external_id, queue_url=queue,
        region=region or settings.aws_region, endpoint_url=endpoint_url or settings.endpoint_url,
    )  # fmt: skip


def _connect(
    url: str, db: Database, settings: Settings, wish: Wish, *, yes: bool, dry_run: bool, sweep: bool
) -> int:
    from cost_pipeline.orchestration import onboarding
    from cost_pipeline.orchestration.outbound import OutboundStoppedError

    try:
        found = onboarding.look(db, wish, tell=_tell, sweep=sweep)
    except OutboundStoppedError as stopped:
        raise ValueError(f"{stopped}. cost-pipeline panic off") from stopped
    _show(found)
    if found.estimate is None:
        err.print(f"[red]Missing:[/] {', '.join(found.missing)}. Mend it, and run this again.")
        return 1
    _show_estimate(found.estimate)
    if dry_run:
        out.print("Nothing was read (--dry-run).")
        return 0
    if not yes and not typer.confirm("Read it now?", default=True):
        out.print("Nothing was read. The app's Accounts page shows what was found.")
        return 0
    trail = onboarding.register(db, wish, found)
    try:
        summary = backfill(
            url, trail=trail, endpoint_url=wish.endpoint_url, region=wish.region, since=wish.since,
            until=wish.until, tenant=wish.tenant_id,
            refresh_prices=found.estimate.regions if settings.price_refresh else (),
            also=onboarding.Recorder(db, wish.tenant_id, found.onboarding_id),
        )  # fmt: skip
    except BaseException as error:
        said = str(error) or "it was interrupted; run it again to go on"
        onboarding.note(db, wish.tenant_id, found.onboarding_id, state="failed", error=said)
        raise
    onboarding.finish(db, wish, found, summary)
    out.print(
        f"Read {summary.files:,} files with {summary.records:,} records: "
        f"{summary.cost_events:,} cost events, {summary.anomalies:,} anomalies."
    )
    for failure in summary.failures[:20]:
        err.print(f"[red]failed[/] {failure}", highlight=False, soft_wrap=True)
    _show_anomalies(db, wish.tenant_id)
    return int(bool(summary.failures))


def _tell(step: Step) -> None:
    mark = _MARKS.get(step.level, "[bold red]✗[/]")
    out.print(f"{mark} {step.permission}: {escape(step.finding)}", highlight=False, soft_wrap=True)
    if step.mend:
        out.print(f"  {escape(step.mend)}", highlight=False, soft_wrap=True)


def _show(found: Found) -> None:
    """Trails and accounts that were found."""
    for trail in found.trails:
        covers = "organisation" if trail.organisation else "account"
        state = {True: "logs", False: "[red]does not log[/]", None: "status unknown"}[trail.logging]
        read = "  ← read" if trail.url == found.place else ""
        out.print(f"Trail {escape(trail.name)} ({covers}): {escape(trail.url)}, {state}{read}")
    silent = sorted(set(found.accounts) - set(found.delivering)) if found.delivering else []
    for account, regions in sorted(found.delivering.items()):
        name = escape(found.accounts.get(account, ""))
        out.print(f"Account {account} {name}: {', '.join(regions)}", soft_wrap=True)
    if silent:
        out.print(f"[yellow]No files of:[/] {', '.join(silent)}", soft_wrap=True)


def _show_estimate(one: Estimate) -> None:
    about = "" if one.exact else f" ({one.files_low:,} to {one.files_high:,})"
    table = Table(title="Reading it will take", show_header=False)
    table.add_row("days", f"{one.days:,} of {one.places:,} account-regions")
    table.add_row("files", f"{one.files:,}{about}, {one.bytes / 1e6:,.1f} MB")
    table.add_row("records", f"{one.records:,}, of which {one.cost_events:,} cost money")
    table.add_row("time", f"about {one.seconds / 60:,.1f} minutes on this machine")
    table.add_row("requests", f"{one.list_calls:,} LIST, {one.get_calls:,} GET: {usd(one.usd)}")
    if one.transfer_usd:
        table.add_row("transfer", f"free in the bucket's region, else {usd(one.transfer_usd)}")
    out.print(table)


def _show_anomalies(db: Database, tenant_id: str) -> None:
    with db.transaction(tenant_id) as conn:
        found = anomalies.listing(conn, tenant_id=tenant_id, sort="newest", limit=10)
        found = with_worst_case(conn, found, tenant_id=tenant_id)
    table = Table("day", "severity", "what", "a month", title="The first anomalies")
    for row in found:
        cost = usd(row["projected_monthly_cost"])
        worst = at_worst_of_many(row)
        what = f"{row['title']}\nat worst {worst}" if worst else row["title"]
        table.add_row(f"{row['day']}", row["severity"], escape(what), cost)
    out.print(table if found else "No anomalies in these days.")
    out.print("Next: cost-pipeline up")
