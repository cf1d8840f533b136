"""What a sweep came to: its calls and their price, what failed, and what it left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

import psycopg
from psycopg.types.json import Jsonb


class Judged(Protocol):
    """Something that a check of the sweep says of a place."""

    @property
    def check_name(self) -> str: ...  # noqa: D102
    @property
    def account_id(self) -> str: ...  # noqa: D102
    @property
    def region(self) -> str: ...  # noqa: D102


class Failure(Judged, Protocol):
    """A check that could not be judged, as `zombies.model.Failure` has it."""

    @property
    def api(self) -> str: ...  # noqa: D102
    @property
    def permission(self) -> str | None: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102


class LeftOut(Judged, Protocol):
    """A suspect that was not reported, as `zombies.model.LeftOut` has it."""

    @property
    def resource_id(self) -> str: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


def note_usage(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    day: date,
    account_id: str,
    region: str,
    calls: Mapping[str, int],
    metrics: int,
    usd: Decimal,
    seconds: float,
    now: datetime,
) -> None:
    """Remembers what asking one place took, in place of what it took before that day."""
    conn.execute(
        "INSERT INTO sweeps (tenant_id, day, account_id, region, calls, metrics, usd, seconds,"
        " fetched_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (tenant_id, day, account_id, region) DO UPDATE SET calls = excluded.calls,"
        " metrics = excluded.metrics, usd = excluded.usd, seconds = excluded.seconds,"
        " fetched_at = excluded.fetched_at",
        [tenant_id, day, account_id, region, Jsonb(dict(calls)), metrics, usd, seconds, now],
    )


def usage(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date | None = None
) -> dict[str, Any]:
    """Of the latest sweep, or a day's: day, places, calls, metrics, usd."""
    row = conn.execute(
        "SELECT s.day, count(*) AS places, coalesce(sum(s.metrics), 0)::int AS metrics,"
        " coalesce(sum(s.usd), 0) AS usd, coalesce(sum((SELECT sum(n::int) FROM"
        " jsonb_each_text(s.calls) AS c(api, n))), 0)::int AS calls FROM sweeps s"
        " WHERE s.tenant_id = %(t)s AND s.day = coalesce(%(day)s::date,"
        " (SELECT max(day) FROM sweeps WHERE tenant_id = %(t)s)) GROUP BY s.day",
        {"t": tenant_id, "day": day},
    ).fetchone()
    return row or {"day": day, "places": 0, "calls": 0, "metrics": 0, "usd": Decimal(0)}


def replace_day(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    day: date,
    failures: Iterable[Failure],
    left_out: Iterable[LeftOut],
) -> None:
    """Puts what could not be judged, and what was left out, in place of what the day had."""
    scope = [tenant_id, day]
    conn.execute("DELETE FROM zombie_failures WHERE tenant_id = %s AND day = %s", scope)
    conn.execute("DELETE FROM zombie_left_out WHERE tenant_id = %s AND day = %s", scope)
    failed = {
        (f.check_name, f.account_id, f.region): (
            *(tenant_id, day, f.check_name, f.account_id, f.region),
            *(f.api, f.permission, f.message),
        )
        for f in failures
    }
    out = {
        (one.check_name, one.resource_id): (
            *(tenant_id, day, one.check_name, one.resource_id),
            *(one.account_id, one.region, one.reason),
        )
        for one in left_out
    }
    cursor = conn.cursor()
    cursor.executemany(
        "INSERT INTO zombie_failures (tenant_id, day, check_name, account_id, region, api,"
        " permission, message) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        list(failed.values()),
    )
    cursor.executemany(
        "INSERT INTO zombie_left_out (tenant_id, day, check_name, resource_id, account_id, region,"
        " reason) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        list(out.values()),
    )


def failures(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date | None = None
) -> list[dict[str, Any]]:
    """Checks that could not be judged in the latest sweep, or a day's.

    One row for each check and cause: check_name, api, permission (to grant, if one is missing),
    message, places (how many accounts and regions), and one of them.
    """
    return conn.execute(
        "SELECT check_name, api, permission, message, count(*)::int AS places,"
        " min(account_id) AS account_id, min(region) AS region FROM zombie_failures"
        " WHERE tenant_id = %(t)s AND day = coalesce(%(day)s::date,"
        " (SELECT max(day) FROM inventory WHERE tenant_id = %(t)s))"
        " GROUP BY 1, 2, 3, 4 ORDER BY places DESC, check_name, api",
        {"t": tenant_id, "day": day},
    ).fetchall()


def left_out(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date | None = None, limit: int = 2_000
) -> list[dict[str, Any]]:
    """Suspects of the latest sweep, or a day's, that were left out, and why."""
    return conn.execute(
        "SELECT check_name, resource_id, account_id, region, reason FROM zombie_left_out"
        " WHERE tenant_id = %(t)s AND day = coalesce(%(day)s::date,"
        " (SELECT max(day) FROM inventory WHERE tenant_id = %(t)s))"
        " ORDER BY check_name, resource_id LIMIT %(limit)s",
        {"t": tenant_id, "day": day, "limit": limit},
    ).fetchall()
