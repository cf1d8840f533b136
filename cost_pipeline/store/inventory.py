"""What AWS answered on the day of a sweep, compressed: a past day can be judged again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gave: its items (a mapping of series, for metrics), or why there are none."""

    api: str
    items: Any = None
    error: str | None = None


def replace(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    account_id: str,
    region: str,
    day: date,
    answers: Iterable[Answer],
    now: datetime,
) -> int:
    """Puts what was answered in place of what the day had; returns the bytes it takes."""
    conn.execute(
        "DELETE FROM inventory"
        " WHERE tenant_id = %s AND account_id = %s AND region = %s AND day = %s",
        [tenant_id, account_id, region, day],
    )
    rows = [
        (tenant_id, account_id, region, day, a.api, _pack(a.items), a.error, now) for a in answers
    ]
    conn.cursor().executemany(
        "INSERT INTO inventory (tenant_id, account_id, region, day, api, answer, error,"
        " fetched_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        rows,
    )
    return sum(len(row[5] or b"") for row in rows)


def load(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    account_id: str,
    region: str,
    day: date,
    apis: Sequence[str] | None = None,
) -> list[Answer]:
    """What AWS answered for one account and region, to all calls or to some of them."""
    rows = conn.execute(
        "SELECT api, answer, error FROM inventory"
        " WHERE tenant_id = %s AND account_id = %s AND region = %s AND day = %s"
        " AND (%s::text[] IS NULL OR api = ANY(%s)) ORDER BY api",
        [tenant_id, account_id, region, day, apis, apis],
    )
    return [Answer(row["api"], _unpack(row["answer"]), row["error"]) for row in rows]


def places(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> list[dict[str, Any]]:
    """What was asked on a day: account_id, region, and when (fetched_at)."""
    return conn.execute(
        "SELECT account_id, region, min(fetched_at) AS fetched_at FROM inventory"
        " WHERE tenant_id = %s AND day = %s GROUP BY 1, 2 ORDER BY 1, 2",
        [tenant_id, day],
    ).fetchall()


def failures(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date | None = None
) -> list[dict[str, Any]]:
    """Calls that were not answered in the latest sweep, or a day's: account, region, api, error."""
    return conn.execute(
        "SELECT account_id, region, api, error, day FROM inventory"
        " WHERE tenant_id = %(t)s AND error IS NOT NULL AND day = coalesce(%(day)s::date,"
        " (SELECT max(day) FROM inventory WHERE tenant_id = %(t)s))"
        " ORDER BY account_id, region, api",
        {"t": tenant_id, "day": day},
    ).fetchall()


def forget_before(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> int:
    """Removes what is older than `day`; returns how many answers."""
    return conn.execute(
        "DELETE FROM inventory WHERE tenant_id = %s AND day < %s", [tenant_id, day]
    ).rowcount


def _pack(items: Any) -> bytes | None:
    if items is None:
        return None
    return zlib.compress(json.dumps(items, separators=(",", ":"), default=str).encode(), 6)


def _unpack(packed: bytes | None) -> Any:
    return None if packed is None else json.loads(zlib.decompress(packed))
