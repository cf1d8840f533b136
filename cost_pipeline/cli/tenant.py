"""`cost-pipeline tenant`: whose rows are whose."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import tenants
from cost_pipeline.store.database import Database

tenant = typer.Typer(
    no_args_is_help=True, help="Tenants: each sees its own rows alone. `default` is always there."
)
app.add_typer(tenant, name="tenant")
BY = "command line"
Zone = Annotated[
    str | None,
    typer.Option(help="Such as Europe/Berlin: of its digests at 07:00 and its quiet hours."),
]
Called = Annotated[str | None, typer.Option(help="What people call it.")]


@tenant.command("add")
def add(
    tenant_id: Annotated[str, typer.Argument(help="What --tenant takes: acme.")],
    name: Called = None,
    time_zone: Zone = None,
) -> None:
    """Add a tenant; then its users, trails and accounts with --tenant.

    \b
    cost-pipeline tenant add acme --name "Acme Ltd" --time-zone Europe/Berlin
    cost-pipeline user add ada@acme.example --role admin --tenant acme
    cost-pipeline trail add s3://acme-trail --tenant acme
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.admin() as conn:
            tenants.add(
                conn,
                tenant_id=tenant_id,
                name=name or tenant_id,
                time_zone=time_zone or "UTC",
                by=BY,
            )
    out.print(f"Tenant {tenant_id} is there.", markup=False)


@tenant.command("set")
def change(tenant_id: str, name: Called = None, time_zone: Zone = None) -> None:
    """Change a tenant's name or time zone; what is not given stays.

    \b
    cost-pipeline tenant set default --time-zone America/New_York
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        if name is None and time_zone is None:
            raise ValueError("Say what to change: --name or --time-zone")
        db.migrate()
        with db.admin() as conn:
            tenants.change(conn, tenant_id=tenant_id, name=name, time_zone=time_zone, by=BY)
    out.print(f"Tenant {tenant_id} is changed.", markup=False)


@tenant.command("list")
def listing() -> None:
    """Show every tenant.

    \b
    cost-pipeline tenant list
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        found = db.tenants()
    table = Table("tenant", "name", "time zone")
    for row in found:
        table.add_row(*(escape(row[column]) for column in ("tenant_id", "name", "time_zone")))
    out.print(table)
