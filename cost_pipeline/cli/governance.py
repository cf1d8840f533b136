"""`cost-pipeline panic`, `mode`, `flag` and `breaker`: the switches, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import psycopg
import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import breakers, flags, governance
from cost_pipeline.store.database import Database

BY = "command line"
Tenant = Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose switch.")]
flag = typer.Typer(no_args_is_help=True, help="Feature flags, each with an owner and an end.")
app.add_typer(flag, name="flag")
breaker = typer.Typer(no_args_is_help=True, help="Circuit breakers of channels, accounts, signals.")
app.add_typer(breaker, name="breaker")


class Switch(StrEnum):
    """The positions of the panic switch."""

    on = "on"
    off = "off"
    status = "status"


class Mode(StrEnum):
    """Whether alerts go out."""

    audit = "audit"
    enforce = "enforce"
    status = "status"


class BreakerKind(StrEnum):
    """What a breaker guards."""

    channel = "channel"
    account = "account"
    signal = "signal"


@contextmanager
def _rows(tenant: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        if tenant not in {row["tenant_id"] for row in db.tenants()}:
            raise LookupError(f"there is no tenant '{tenant}'")
        with db.transaction(tenant) as conn:
            yield conn


@app.command()
def panic(
    switch: Annotated[Switch, typer.Argument(help="on, off or status.")] = Switch.status,
    tenant: Tenant = "default",
) -> None:
    """Stop all outbound calls (AWS, notifications), or let them go on.

    What has been downloaded is still processed; files in the bucket wait.

    \b
    cost-pipeline panic on
    """
    with _rows(tenant) as conn:
        if switch is not Switch.status:
            value = switch is Switch.on
            governance.put(conn, tenant_id=tenant, key=governance.PANIC, value=value, by=BY)
        stopped = governance.panicking(conn, tenant_id=tenant)
    out.print("[bold red]PANIC: all outbound calls are stopped.[/]" if stopped else "Calls go out.")


@app.command()
def mode(
    wanted: Annotated[Mode, typer.Argument(help="audit, enforce or status.")] = Mode.status,
    tenant: Tenant = "default",
) -> None:
    """Score and record in silence (audit), or send alerts (enforce).

    \b
    cost-pipeline mode audit
    """
    with _rows(tenant) as conn:
        if wanted is not Mode.status:
            key = governance.MODE
            governance.put(conn, tenant_id=tenant, key=key, value=wanted.value, by=BY)
        now = governance.get(conn, tenant_id=tenant, key=governance.MODE, default="enforce")
    said = {"audit": "nothing is sent", "enforce": "alerts go out"}
    out.print(f"The mode is {now}: {said[now]}.")


@flag.command("set")
def set_flag(
    name: str,
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    days: Annotated[int, typer.Option(min=1, help="How long it holds.")] = 30,
    off: Annotated[bool, typer.Option("--off", help="Switch off instead of on.")] = False,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    tenant: Tenant = "default",
) -> None:
    """Set a flag; after its end the default holds again.

    \b
    cost-pipeline flag set live-alerts --off --owner ada@example.com --days 7
    """
    until = datetime.now(UTC) + timedelta(days=days)
    with _rows(tenant) as conn:
        flags.put(
            conn, tenant_id=tenant, name=name, enabled=not off, owner=owner, expires_at=until,
            note=note, by=BY,
        )  # fmt: skip
    out.print(f"{name} is {'off' if off else 'on'} until {until:%Y-%m-%d}, by {owner}.")


@flag.command("list")
def list_flags(tenant: Tenant = "default") -> None:
    """Show every flag, whose it is and when it ends.

    \b
    cost-pipeline flag list
    """
    with _rows(tenant) as conn:
        found = flags.listing(conn, tenant_id=tenant, now=datetime.now(UTC))
    table = Table("flag", "position", "owner", "until", "note")
    for row in found:
        position = "expired" if row["expired"] else "on" if row["enabled"] else "off"
        table.add_row(
            *(escape(row["name"]), position, escape(row["owner"])),
            *(f"{row['expires_at']:%F}", escape(row["note"])),
        )
    out.print(table if found else "No flags are set.")


@flag.command("remove")
def remove_flag(name: str, tenant: Tenant = "default") -> None:
    """Take a flag away, so that the default holds.

    \b
    cost-pipeline flag remove live-alerts
    """
    with _rows(tenant) as conn:
        if not flags.remove(conn, tenant_id=tenant, name=name, by=BY):
            raise LookupError(f"there is no flag '{name}': cost-pipeline flag list")
    out.print(f"{name} is removed.")


@breaker.command("list")
def list_breakers(tenant: Tenant = "default") -> None:
    """Show every breaker that was ever needed, the open ones first.

    \b
    cost-pipeline breaker list
    """
    with _rows(tenant) as conn:
        found = breakers.listing(conn, tenant_id=tenant)
    table = Table("guards", "name", "state", "tries again", "why")
    for row in found:
        again = f"{row['retry_at']:%F %H:%M} UTC" if row["retry_at"] else ""
        table.add_row(
            row["kind"], escape(row["name"]), row["state"], again, escape(row["reason"] or "")
        )
    out.print(table if found else "Every breaker is closed.")


@breaker.command("open")
def open_breaker(
    kind: BreakerKind,
    name: str,
    minutes: Annotated[int, typer.Option(min=1, help="Until it tries again.")] = 60,
    reason: Annotated[str, typer.Option(help="Why.")] = "opened by hand",
    tenant: Tenant = "default",
) -> None:
    """Leave a channel, an account or a signal alone for a while.

    \b
    cost-pipeline breaker open channel slack --minutes 30 --reason "moving workspaces"
    """
    now = datetime.now(UTC)
    with _rows(tenant) as conn:
        breakers.trip(
            conn, tenant_id=tenant, kind=kind.value, name=name, reason=reason, now=now,
            by=BY, wait=timedelta(minutes=minutes),
        )  # fmt: skip
    out.print(f"{kind} {name} is left alone for {minutes} minutes.")


@breaker.command("close")
def close_breaker(kind: BreakerKind, name: str, tenant: Tenant = "default") -> None:
    """Let a channel, an account or a signal go on at once.

    \b
    cost-pipeline breaker close account 111122223333
    """
    with _rows(tenant) as conn:
        breakers.close(conn, tenant_id=tenant, kind=kind.value, name=name, by=BY)
    out.print(f"{kind} {name} goes on.")
