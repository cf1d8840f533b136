"""`cost-pipeline retention`: how long rows are kept, by tenant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance
from cost_pipeline.store import retention as store
from cost_pipeline.store.database import Database

retention = typer.Typer(no_args_is_help=True, help="How long rows are kept.")
app.add_typer(retention, name="retention")
Tenant = Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose rows.")]


@retention.command("show")
def show(tenant: Tenant = "default") -> None:
    """Show for how many days each kind of row is kept.

    \b
    cost-pipeline retention show
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        found = {row["tenant_id"]: row["settings"] for row in db.tenants()}
        if tenant not in found:
            raise LookupError(f"there is no tenant {tenant}")
        kept = store.of_tenant(found[tenant])
    table = Table("rows", "kept for days")
    for name, days in msgspec.structs.asdict(kept).items():
        table.add_row(name, f"{days:,}")
    out.print(table)


@retention.command("set")
def change(
    changes: Annotated[list[str], typer.Argument(help="events=200 anomalies=1100 …")],
    tenant: Tenant = "default",
) -> None:
    """Change for how many days rows are kept; it applies with the next upkeep, monthly.

    Kinds: events, objects, anomalies, inventory, zombies.

    \b
    cost-pipeline retention set events=200 objects=90
    """
    with plain_errors():
        wanted = dict(_period(change) for change in changes)
        with database_url(Settings()) as url, Database(url) as db:
            db.migrate()
            with db.admin() as conn:
                store.keep(conn, tenant_id=tenant, changes=wanted)
                governance.audit(
                    conn, tenant_id=tenant, who="command line", action="changed retention",
                    details=wanted,
                )  # fmt: skip
        out.print("It holds from the next upkeep on; `retention apply` applies it now.")


def _period(text: str) -> tuple[str, int]:
    name, _, days = text.partition("=")
    if not days.isdecimal():
        raise ValueError(f"{text!r} is not kind=days, as events=200")
    return name, int(days)


@retention.command("apply")
def apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Drop now what no tenant keeps any longer: whole months of events, and single rows.

    \b
    cost-pipeline retention apply --dry-run
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        dropped = store.enforce(db, now=datetime.now(UTC), dry_run=dry_run)
    would = "would go" if dry_run else "went"
    out.print(f"{dropped.months:,} months of events and {dropped.rows:,} rows {would}.")
