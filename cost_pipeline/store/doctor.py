"""An examination of the pipeline: each finding says what is wrong and how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg

from cost_pipeline.store import breakers, flags, governance, health

Level = Literal["ok", "warning", "error"]
_LEAST_FREE_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    level: Level
    subject: str
    text: str
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


def examine(conn: psycopg.Connection[Any], *, tenant_id: str, home: Path) -> list[Finding]:
    """Looks at database, clock, trails, files, runs and disk."""
    facts = health.overview(conn, tenant_id=tenant_id)
    return [
        *_database(conn),
        *_governance(conn, tenant_id),
        *_trails(facts),
        *_files(facts),
        *_runs(facts),
        *_disk(home),
    ]


def _database(conn: psycopg.Connection[Any]) -> Iterator[Finding]:
    row = conn.execute(
        "SELECT current_setting('server_version_num')::int AS version, now() AS now"
    ).fetchone()
    if row is None:
        return
    version = row["version"] // 10_000
    if version < 15:
        yield Finding("error", "Postgres", f"version {version}", "Use Postgres 15 or later.")
    else:
        yield Finding("ok", "Postgres", f"version {version}")
    drift = abs((datetime.now(UTC) - row["now"]).total_seconds())
    if drift > 30:
        mend = "Set both clocks by NTP: events are dated by AWS's."
        yield Finding("warning", "clock", f"differs from the database's by {drift:.0f} s", mend)


def _governance(conn: psycopg.Connection[Any], tenant_id: str) -> Iterator[Finding]:
    if governance.panicking(conn, tenant_id=tenant_id):
        mend = "cost-pipeline panic off"
        yield Finding("warning", "panic", "all outbound calls are stopped", mend)
    for one in breakers.listing(conn, tenant_id=tenant_id):
        if one["state"] != "closed":
            mend = f"Mend it, then: cost-pipeline breaker close {one['kind']} {one['name']}"
            text = f"its breaker is {one['state']}: {one['reason']}"
            yield Finding("warning", f"{one['kind']} {one['name']}", text, mend)
    for flag in flags.listing(conn, tenant_id=tenant_id, now=datetime.now(UTC)):
        if flag["expired"]:
            mend = f"Ask {flag['owner']}, then: cost-pipeline flag remove {flag['name']}"
            yield Finding("warning", f"flag {flag['name']}", "has expired and does nothing", mend)


def _trails(facts: dict[str, Any]) -> Iterator[Finding]:
    if not facts["trails"]:
        yield Finding("error", "trails", "none is known", "cost-pipeline run --trail s3://bucket")
    for trail in facts["trails"]:
        if trail["error"]:
            yield Finding("error", trail["url"], trail["error"], "Mend it; listing goes on.")
        elif trail["last_object_at"] is None:
            mend = "Point it at what holds AWSLogs/."
            yield Finding("warning", trail["url"], "has delivered no file yet", mend)
        elif datetime.now(UTC) - trail["last_object_at"] > timedelta(hours=3):
            mend = "Check that the trail is logging: aws cloudtrail get-trail-status."
            text = f"newest file is of {trail['last_object_at']:%Y-%m-%d %H:%M} UTC"
            yield Finding("warning", trail["url"], text, mend)
        else:
            yield Finding("ok", trail["url"], "delivers")


def _files(facts: dict[str, Any]) -> Iterator[Finding]:
    failed = facts["files"].get("failed", 0)
    if failed:
        mend = "The app's overview shows why; they are tried again with back-off."
        yield Finding("warning", "files", f"{failed:,} could not be read", mend)
    if facts["quarantined"]:
        text = f"{facts['quarantined']:,} records could not be understood"
        yield Finding("warning", "records", text, "See quarantined_records for the reasons.")
    unpriced = sum(row["events"] for row in facts["unpriced"])
    if unpriced:
        mend = "cost-pipeline status names them; refresh the price book."
        yield Finding("warning", "prices", f"{unpriced:,} recent starts have no price", mend)


def _runs(facts: dict[str, Any]) -> Iterator[Finding]:
    for failure in facts["failures"][:5]:
        text = f"run {failure['run_id'][:8]} failed: {failure['message'][:120]}"
        yield Finding("error", failure["asset"] or "run", text, "Look at the run in Dagster.")


def _disk(home: Path) -> Iterator[Finding]:
    there = next((p for p in (home, *home.parents) if p.exists()), Path("/"))
    free = shutil.disk_usage(there).free
    level: Level = "ok" if free > _LEAST_FREE_BYTES else "error"
    mend = "" if level == "ok" else "Make room, or move COST_PIPELINE_HOME."
    yield Finding(level, "disk", f"{free / 1e9:,.1f} GB free at {there}", mend)
