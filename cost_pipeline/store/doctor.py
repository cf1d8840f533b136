"""An examination of the pipeline: each finding says what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import psycopg

from cost_pipeline.core.wording import counted
from cost_pipeline.store import (
    breakers,
    delivery,
    flags,
    governance,
    health,
    places,
    prices,
    queues,
)
from cost_pipeline.store.database import known_revisions

Level = Literal["ok", "warning", "error"]
MOST_DRIFT_SECONDS = 30
_LEAST_POSTGRES = 15
_SILENT = timedelta(hours=24)
_LISTING_BEHIND = timedelta(hours=6)
_OLD_PRICES_DAYS = 60


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


def examine(
    conn: psycopg.Connection[Any], *, tenant_id: str, now: datetime | None = None
) -> list[Finding]:
    """Looks at clock, trails, delivery, files, prices, runs, queues and switches of a tenant."""
    facts, now = health.overview(conn, tenant_id=tenant_id), now or datetime.now(UTC)
    return [
        *_clock(conn),
        *_governance(conn, tenant_id),
        *_trails(facts),
        *_delivery(conn, tenant_id, now),
        *_sources(conn, tenant_id, now),
        *_files(facts),
        *_prices(conn, now),
        *_runs(facts),
    ]


def examine_schema(conn: psycopg.Connection[Any]) -> list[Finding]:
    """Looks at the server's version and the tables' revision, as the tables' owner."""
    version = conn.info.server_version // 10_000
    findings = [Finding("ok", "Postgres", f"version {version}")]
    if version < _LEAST_POSTGRES:
        findings = [Finding("error", "Postgres", f"version {version}", "Use Postgres 15 or later.")]
    there = conn.execute("SELECT to_regclass('alembic_version') AS name").fetchone()
    row = None
    if there and there["name"]:
        row = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    known, mend = known_revisions(), "cost-pipeline migrate"
    if row is None:
        findings.append(Finding("error", "migrations", "there are no tables yet", mend))
    elif row["version_num"] not in known:
        text = f"the tables are of a newer version ({row['version_num']})"
        findings.append(Finding("error", "migrations", text, "Install the version they are of."))
    elif row["version_num"] != known[-1]:
        text = f"the tables are at {row['version_num']}, {known[-1]} is known"
        findings.append(Finding("error", "migrations", text, mend))
    else:
        findings.append(Finding("ok", "migrations", f"at {known[-1]}, the newest"))
    return findings


def _clock(conn: psycopg.Connection[Any]) -> Iterator[Finding]:
    row = conn.execute("SELECT clock_timestamp() AS now").fetchone()
    if row is None:
        return
    drift = abs((datetime.now(UTC) - row["now"]).total_seconds())
    if drift > MOST_DRIFT_SECONDS:
        mend = "Set both clocks by NTP: events are dated by AWS's."
        yield Finding("warning", "clock", f"differs from the database's by {drift:.0f} s", mend)
    else:
        yield Finding("ok", "clock", "agrees with the database's")


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
        mend = "cost-pipeline status says why; they are tried again with back-off."
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


def _delivery(conn: psycopg.Connection[Any], tenant_id: str, now: datetime) -> Iterator[Finding]:
    """How far each account is behind, and what usually comes and did not."""
    for row in delivery.by_account(conn, tenant_id=tenant_id):
        subject, newest = f"account {row['account_id']}", row["newest"]
        waiting = f", {row['waiting']:,} files wait" if row["waiting"] else ""
        if newest is None or now - newest > _SILENT:
            text = f"newest file is of {newest:%Y-%m-%d %H:%M} UTC" if newest else "has no time"
            mend = "Check that its trail logs: aws cloudtrail get-trail-status --name …"
            yield Finding("warning", subject, text + waiting, mend)
        else:
            minutes = (now - newest).total_seconds() / 60
            yield Finding("ok", subject, f"newest file {minutes:.0f} min ago{waiting}")
    for row in delivery.missing_hours(conn, tenant_id=tenant_id, now=now):
        ends = row["until"] + timedelta(hours=1)
        text = (
            f"{counted(row['hours'], 'hour')} without files where there usually are, "
            f"{row['since']:%Y-%m-%d %H:00} to {ends:%Y-%m-%d %H:00} UTC"
        )
        yield Finding("warning", f"account {row['account_id']}", text, _GAP)
    gaps: dict[str, list[str]] = {}
    for row in delivery.missing_days(conn, tenant_id=tenant_id, now=now):
        gaps.setdefault(row["account_id"], []).append(f"{row['day']}")
    for account, days in gaps.items():
        yield Finding("warning", f"account {account}", f"no file on {', '.join(days)}", _GAP)


def _sources(conn: psycopg.Connection[Any], tenant_id: str, now: datetime) -> Iterator[Finding]:
    """Queues, LookupEvents, and listings that fall behind."""
    kept = queues.reject_count(conn, tenant_id=tenant_id)
    if kept:
        mend = "cost-pipeline status names them: the queue gets messages that are no notices."
        yield Finding("warning", "queue", f"{kept:,} messages are kept aside", mend)
    for row in places.listing_facts(conn, tenant_id=tenant_id):
        if row["oldest"] and now - row["oldest"] > _LISTING_BEHIND:
            text = f"its slowest place was listed completely at {row['oldest']:%Y-%m-%d %H:%M} UTC"
            mend = "Raise LIST_CALLS_PER_TICK, or give the trail a queue."
            yield Finding("warning", row["url"], text, mend)


def _prices(conn: psycopg.Connection[Any], now: datetime) -> Iterator[Finding]:
    newest = [row["newest"] for row in prices.sources(conn) if row["newest"]]
    if not newest:
        mend = "cost-pipeline prices refresh; `run` and `up` load the packaged ones."
        yield Finding("warning", "price book", "is empty", mend)
        return
    days = (now.date() - max(newest)).days
    if days > _OLD_PRICES_DAYS:
        text = f"newest price is {days} days old"
        yield Finding("warning", "price book", text, "cost-pipeline prices refresh")
    else:
        yield Finding("ok", "price book", f"newest price is of {max(newest)}")


_GAP = "cost-pipeline verify --trail … says whether CloudTrail's own digests miss them too."
