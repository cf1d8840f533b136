"""`cost-pipeline status`: how it is doing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, health, lookups, objects, places, queues
from cost_pipeline.store.database import Database

_MOST_FAILURES = 5


@app.command()
def status(
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose trails.")] = "default",
) -> None:
    """Show trails and their lag, files by state, accounts, and what could not be priced.

    Of files that could not be read, the newest are named with the reason.

    \b
    cost-pipeline status --tenant acme
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            facts = health.overview(conn, tenant_id=tenant)
            stopped = governance.panicking(conn, tenant_id=tenant)
            sources = {
                "listings": places.listing_facts(conn, tenant_id=tenant),
                "lookups": lookups.lookup_facts(conn, tenant_id=tenant),
                "rejects": queues.rejects(conn, tenant_id=tenant, limit=5),
            }
            kept = queues.reject_count(conn, tenant_id=tenant)
            failed = objects.failures(conn, tenant_id=tenant, limit=_MOST_FAILURES)
    if stopped:
        out.print("[bold red]PANIC: all outbound calls are stopped.[/]")
    trails = Table("trail", "state", "newest file", "listed", title="Trails")
    for row in facts["trails"]:
        state = row["error"] or row["state"]
        trails.add_row(
            escape(row["url"]),
            escape(state),
            _ago(row["last_object_at"]),
            _ago(row["last_listed_at"]),
        )
    out.print(trails if facts["trails"] else "No trail yet: cost-pipeline run --trail …")
    out.print(
        "Files: "
        + (", ".join(f"{n:,} {state}" for state, n in facts["files"].items()) or "none")
        + f"; quarantined records: {facts['quarantined']:,}"
    )
    for row in failed:
        out.print(f"Failed: {escape(row['key'])}: {escape(row['error'])}", soft_wrap=True)
    _print_sources(sources, kept)
    for row in facts["accounts"]:
        out.print(f"Account {escape(row['account_id'])}: last event {_ago(row['last_event'])}")
    for row in facts["unpriced"]:
        what = " ".join(str(row[k]) for k in ("service", "event_name", "resource_class") if row[k])
        out.print(f"Unpriced: {escape(what)} ({row['events']:,} of its events)")


def _print_sources(sources: dict[str, list[dict[str, Any]]], kept: int) -> None:
    """What listing cost, how far LookupEvents is read, and what queues brought besides."""
    for row in sources["listings"]:
        out.print(
            f"{row['url']}: {row['places']:,} account-regions, {row['hot']:,} hot; all listed "
            f"{_ago(row['oldest'])} or later. LIST calls in 24 h: {row['calls']:,} "
            f"(USD {float(row['calls'] * places.LIST_USD):,.2f}) in {row['ticks']:,} ticks, "
            f"at most {row['most_calls']:,} a tick.",
            soft_wrap=True,
        )
    for row in sources["lookups"]:
        where = f"account {row['account_id']}, {row['region']}"
        out.print(f"LookupEvents of {where}: complete as of {_ago(row['complete_until'])}")
    if kept:
        out.print(f"Messages of queues kept aside: {kept:,}, of which the newest:")
    for row in sources["rejects"]:
        reason = escape(row["reason"])
        out.print(f"Kept aside from the queue of {escape(row['url'])}: {reason}", soft_wrap=True)


def _ago(time: datetime | None) -> str:
    if time is None:
        return "never"
    minutes = (datetime.now(UTC) - time).total_seconds() / 60
    if minutes < 120:
        return f"{minutes:.0f} min ago"
    return f"{minutes / 60:.0f} h ago" if minutes < 2880 else f"{minutes / 1440:.0f} days ago"
