"""Where a bucket's files lie: accounts and regions, how far each is read, and what that cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import psycopg

LIST_USD = 0.005 / 1000
"""USD for one LIST call (S3 standard, most regions)."""

HOT = timedelta(hours=2)
"""A place is hot while its newest file is younger than this."""


class AccountLike(Protocol):
    """An account's prefix in a bucket."""

    @property
    def prefix(self) -> str: ...  # noqa: D102
    @property
    def account_id(self) -> str: ...  # noqa: D102
    @property
    def region(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Remembered:
    """A place and how far it is read.

    Whatever was delivered before `complete_until` is registered. `round_started_at` and
    `round_after` are set while a listing of all its days is under way.
    """

    account_id: str
    region: str
    prefix: str
    complete_until: datetime
    round_started_at: datetime | None
    round_after: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """What one tick learned of a place."""

    prefix: str
    complete_until: datetime
    round_started_at: datetime | None
    round_after: str | None
    last_file_at: datetime | None


_PLACE = "account_id, region, prefix, complete_until, round_started_at, round_after"


def accounts_listed_at(
    conn: psycopg.Connection[Any], *, tenant_id: str, trail_id: int
) -> datetime | None:
    """When the bucket was last asked which accounts it holds."""
    row = conn.execute(
        "SELECT accounts_listed_at FROM trails WHERE tenant_id = %s AND trail_id = %s",
        [tenant_id, trail_id],
    ).fetchone()
    return row["accounts_listed_at"] if row else None


def remember_accounts(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    trail_id: int,
    accounts: Sequence[AccountLike],
    now: datetime,
) -> None:
    """Adds the accounts that are new; `now` is a moment before the listing.

    A new one had delivered nothing when the bucket was last asked for its accounts.
    """
    conn.execute(
        "INSERT INTO trail_accounts"
        " (trail_id, prefix, tenant_id, account_id, region, nothing_before)"
        " SELECT trail_id, prefix, tenant_id, account, new.region, coalesce(accounts_listed_at, %s)"
        " FROM trails, unnest(%s::text[], %s::text[], %s::text[]) AS new (prefix, account, region)"
        " WHERE tenant_id = %s AND trail_id = %s ON CONFLICT DO NOTHING",
        [
            now,
            [a.prefix for a in accounts],
            [a.account_id for a in accounts],
            [a.region for a in accounts],
            tenant_id,
            trail_id,
        ],
    )
    conn.execute(
        "UPDATE trails SET accounts_listed_at = %s WHERE tenant_id = %s AND trail_id = %s",
        [now, tenant_id, trail_id],
    )


def accounts_due(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    trail_id: int,
    before: datetime,
    limit: int,
) -> list[dict[str, Any]]:
    """Accounts not asked for their regions since `before`: new ones first, then the longest ago."""
    return conn.execute(
        "SELECT account_id, prefix, region,"
        " coalesce(regions_listed_at, nothing_before) AS nothing_before FROM trail_accounts"
        " WHERE tenant_id = %s AND trail_id = %s"
        " AND (regions_listed_at IS NULL OR regions_listed_at < %s)"
        " ORDER BY regions_listed_at NULLS FIRST, prefix LIMIT %s",
        [tenant_id, trail_id, before, limit],
    ).fetchall()


def remember_regions(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    trail_id: int,
    accounts: Sequence[str],
    places: Sequence[tuple[AccountLike, datetime]],
    now: datetime,
) -> int:
    """Adds the regions that are new; returns how many.

    Args:
        conn: a transaction of the tenant.
        tenant_id: whose trail.
        trail_id: which trail.
        accounts: the prefixes of the accounts that were asked.
        places: their regions, each with the moment before which it had delivered nothing.
        now: a moment before they were asked.
    """
    new = conn.execute(
        "INSERT INTO trail_places (trail_id, tenant_id, prefix, account_id, region, complete_until)"
        " SELECT %s, %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[])"
        " ON CONFLICT DO NOTHING",
        [
            trail_id,
            tenant_id,
            [p.prefix for p, _ in places],
            [p.account_id for p, _ in places],
            [p.region for p, _ in places],
            [since for _, since in places],
        ],
    ).rowcount
    conn.execute(
        "UPDATE trail_accounts SET regions_listed_at = %s"
        " WHERE tenant_id = %s AND trail_id = %s AND prefix = ANY(%s)",
        [now, tenant_id, trail_id, list(accounts)],
    )
    return new


def rounds_due(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    trail_id: int,
    before: datetime,
    limit: int,
) -> list[Remembered]:
    """Places to list over all their open days: never listed, under way, complete longest ago."""
    rows = conn.execute(
        f"SELECT {_PLACE} FROM trail_places WHERE tenant_id = %s AND trail_id = %s"
        " AND (listed_at IS NULL OR round_started_at IS NOT NULL OR complete_until < %s)"
        " ORDER BY listed_at IS NULL DESC, complete_until, prefix LIMIT %s",
        [tenant_id, trail_id, before, limit],
    )
    return [Remembered(**row) for row in rows]


def hot_places(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    trail_id: int,
    now: datetime,
    limit: int,
) -> list[Remembered]:
    """Places with recent files, those first that were listed the longest ago."""
    rows = conn.execute(
        f"SELECT {_PLACE} FROM trail_places WHERE tenant_id = %s AND trail_id = %s"
        " AND last_file_at > %s AND listed_at IS NOT NULL ORDER BY listed_at, prefix LIMIT %s",
        [tenant_id, trail_id, now - HOT, limit],
    )
    return [Remembered(**row) for row in rows]


def note_progress(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    trail_id: int,
    now: datetime,
    progress: Sequence[Progress],
) -> None:
    """Keeps how far places are read: in the transaction that registered what was found."""
    conn.execute(
        "UPDATE trail_places AS p SET complete_until = n.complete_until,"
        " round_started_at = n.started, round_after = n.after, listed_at = %s,"
        " last_file_at = greatest(p.last_file_at, n.newest)"
        " FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],"
        " %s::timestamptz[]) AS n (prefix, complete_until, started, after, newest)"
        " WHERE p.tenant_id = %s AND p.trail_id = %s AND p.prefix = n.prefix",
        [
            now,
            [p.prefix for p in progress],
            [p.complete_until for p in progress],
            [p.round_started_at for p in progress],
            [p.round_after for p in progress],
            [p.last_file_at for p in progress],
            tenant_id,
            trail_id,
        ],
    )


def note_calls(
    conn: psycopg.Connection[Any], *, tenant_id: str, trail_id: int, now: datetime, calls: int
) -> None:
    """Counts one tick and its LIST calls."""
    conn.execute(
        "INSERT INTO trail_listings (trail_id, hour, tenant_id, ticks, calls, most_calls)"
        " VALUES (%s, date_trunc('hour', %s::timestamptz), %s, 1, %s, %s)"
        " ON CONFLICT (trail_id, hour) DO UPDATE SET ticks = trail_listings.ticks + 1,"
        " calls = trail_listings.calls + excluded.calls,"
        " most_calls = greatest(trail_listings.most_calls, excluded.most_calls)",
        [trail_id, now, tenant_id, calls, calls],
    )


def listing_facts(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """By bucket: url, places, hot, oldest complete_until; calls, ticks, most_calls of a day."""
    return conn.execute(
        "SELECT t.url, p.places, p.hot, p.oldest, coalesce(l.calls, 0) AS calls,"
        " coalesce(l.ticks, 0) AS ticks, coalesce(l.most_calls, 0) AS most_calls FROM trails t"
        " CROSS JOIN LATERAL (SELECT count(*) AS places,"
        "  count(*) FILTER (WHERE last_file_at > now() - %(hot)s::interval) AS hot,"
        "  min(complete_until) AS oldest FROM trail_places WHERE trail_id = t.trail_id) p"
        " CROSS JOIN LATERAL (SELECT sum(calls)::bigint AS calls, sum(ticks)::bigint AS ticks,"
        "  max(most_calls) AS most_calls FROM trail_listings WHERE trail_id = t.trail_id"
        "  AND hour > now() - interval '24 hours') l"
        " WHERE t.tenant_id = %(tenant_id)s AND t.state <> 'paused' AND p.places > 0"
        " ORDER BY t.trail_id",
        {"tenant_id": tenant_id, "hot": HOT},
    ).fetchall()
