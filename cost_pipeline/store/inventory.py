"""What AWS answered on the day of a sweep, compressed: a past day can be judged again."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Archived:
    """One account and region of one day: answers by API, and why others have none."""

    answers: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    fetched_at: datetime | None = None


def replace(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    account_id: str,
    region: str,
    day: date,
    archived: Archived,
    now: datetime,
) -> int:
    """Puts what was answered in place of what the day had; returns the bytes it takes."""
    conn.execute(
        "DELETE FROM inventory"
        " WHERE tenant_id = %s AND account_id = %s AND region = %s AND day = %s",
        [tenant_id, account_id, region, day],
    )
    packed = {api: _pack(answer) for api, answer in archived.answers.items()}
    conn.cursor().executemany(
        "INSERT INTO inventory (tenant_id, account_id, region, day, api, answer, error,"
        " fetched_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (tenant_id, account_id, region, day, api, packed.get(api), error, now)
            for api, error in (dict.fromkeys(packed) | archived.errors).items()
        ],
    )
    return sum(map(len, packed.values()))


def load(
    conn: psycopg.Connection[Any], *, tenant_id: str, account_id: str, region: str, day: date
) -> Archived:
    """What AWS answered for one account and region; empty when it was not asked."""
    rows = conn.execute(
        "SELECT api, answer, error, fetched_at FROM inventory"
        " WHERE tenant_id = %s AND account_id = %s AND region = %s AND day = %s ORDER BY api",
        [tenant_id, account_id, region, day],
    ).fetchall()
    return Archived(
        {row["api"]: json.loads(zlib.decompress(row["answer"])) for row in rows if row["answer"]},
        {row["api"]: row["error"] for row in rows if row["error"] is not None},
        min((row["fetched_at"] for row in rows), default=None),
    )


def places(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> list[tuple[str, str]]:
    """The (account, region) pairs that were asked on a day."""
    rows = conn.execute(
        "SELECT DISTINCT account_id, region FROM inventory"
        " WHERE tenant_id = %s AND day = %s ORDER BY 1, 2",
        [tenant_id, day],
    )
    return [(row["account_id"], row["region"]) for row in rows]


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


def _pack(answer: Any) -> bytes:
    return zlib.compress(json.dumps(answer, separators=(",", ":"), default=str).encode(), 6)
