"""`cost-pipeline user`: who may log in."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, users
from cost_pipeline.store.database import Database

user = typer.Typer(no_args_is_help=True, help="Who may log in to the app.")
app.add_typer(user, name="user")


class Role(StrEnum):
    """What a user may do: look; decide about anomalies; change settings."""

    viewer = "viewer"
    operator = "operator"
    admin = "admin"


@user.command("add")
def add(
    email: str,
    role: Annotated[
        Role, typer.Option(help="viewer looks, operator decides, admin changes.")
    ] = Role.viewer,
    tenant: Annotated[
        str, typer.Option(envvar="TENANT_ID", help="Whose anomalies the user sees.")
    ] = "default",
    password: Annotated[
        str | None, typer.Option(envvar="COST_PIPELINE_PASSWORD", help="Asked for when not given.")
    ] = None,
) -> None:
    """Add a user, or give one a new password and role.

    \b
    cost-pipeline user add ada@example.com --role admin
    """
    from cost_pipeline.access.passwords import hash_password

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        hashed = hash_password(password or getpass.getpass("Password: "))
        with db.admin() as conn:
            users.put(conn, tenant_id=tenant, email=email, password_hash=hashed, role=role.value)
            governance.audit(
                conn, tenant_id=tenant, who="command line", action=f"user {email} is {role.value}"
            )
    out.print(f"{email} may log in as {role.value}.")


@user.command("list")
def listing() -> None:
    """Show every user.

    \b
    cost-pipeline user list
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.admin() as conn:
            found = users.listing(conn)
    table = Table("e-mail", "tenant", "role", "disabled")
    for row in found:
        table.add_row(
            escape(row["email"]),
            escape(row["tenant_id"]),
            row["role"],
            "yes" if row["disabled_at"] else "",
        )
    out.print(table if found else "No users yet: cost-pipeline user add you@example.com")


@user.command("disable")
def disable(email: str) -> None:
    """Lock a user out; their sessions end at once, in every process.

    \b
    cost-pipeline user disable ada@example.com
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db, db.admin() as conn:
        known = users.find(conn, email=email)
        if known is None or not users.disable(conn, email=email):
            raise LookupError(f"there is no active user {email}")
        tenant_id = known["tenant_id"]
        governance.audit(
            conn, tenant_id=tenant_id, who="command line", action=f"disabled user {email}"
        )
    out.print(f"{email} is disabled.")
