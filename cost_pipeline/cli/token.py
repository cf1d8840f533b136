"""`cost-pipeline token`: API tokens, made, shown without their secret, and revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database

token = typer.Typer(no_args_is_help=True, help="Tokens with which programs use the HTTP API.")
app.add_typer(token, name="token")

Tenant = Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose rows the token shows.")]


@token.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What it is for: it shows up in the audit log.")],
    scopes: Annotated[
        str, typer.Option(help="read, decide, govern, push, metrics; several with commas.")
    ] = "read",
    days: Annotated[
        int | None, typer.Option(min=1, help="How long it works; without it, until revoked.")
    ] = None,
    tenant: Tenant = "default",
) -> None:
    """Make a token, and print it this once: only its hash is kept.

    \b
    cost-pipeline token add grafana --scopes metrics
    cost-pipeline token add chatops --scopes read,decide --days 90
    """
    from cost_pipeline.access.api_tokens import create
    from cost_pipeline.access.scopes import parse_scopes

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        made = create(
            db,
            tenant_id=tenant,
            name=name,
            scopes=parse_scopes(scopes),
            by="command line",
            expires_at=datetime.now(UTC) + timedelta(days=days) if days else None,
        )
    err.print("Keep it now; it is not shown again:")
    out.print(made, highlight=False, soft_wrap=True)


@token.command("list")
def listing(tenant: Tenant = "default") -> None:
    """Show every token: its scopes, when it was last used, and what became of it.

    \b
    cost-pipeline token list
    """
    from cost_pipeline.store import api_tokens

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            found = api_tokens.listing(conn, tenant_id=tenant)
    table = Table("name", "scopes", "made by", "made", "last used", "until")
    for row in found:
        until = (
            f"revoked {_day(row['revoked_at'])}" if row["revoked_at"] else _day(row["expires_at"])
        )
        made, used = _day(row["created_at"]), _day(row["last_used_at"]) or "never"
        name, by = escape(row["name"]), escape(row["created_by"])
        table.add_row(name, ", ".join(row["scopes"]), by, made, used, until)
    out.print(table if found else "No tokens yet: cost-pipeline token add NAME --scopes read")


@token.command("revoke")
def revoke(name: str, tenant: Tenant = "default") -> None:
    """End a token at once, in every process.

    \b
    cost-pipeline token revoke grafana
    """
    from cost_pipeline.access.api_tokens import revoke as end

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        now = datetime.now(UTC)
        if not end(db, tenant_id=tenant, name=name, by="command line", now=now):
            raise LookupError(f"there is no token '{name}' in use: cost-pipeline token list")
    out.print(f"Token '{name}' does not work any more.")


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""
