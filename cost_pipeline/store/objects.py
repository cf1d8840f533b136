"""Trails and the log files in them: what there is, what has been read, what could not be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import psycopg

_STAGE = """
CREATE TEMPORARY TABLE listed_objects (
  key text, account_id text, region text, day date, etag text, size bigint,
  last_modified timestamptz) ON COMMIT DROP
"""

# A file that was rewritten under its key is read again.
_REGISTER = """
INSERT INTO trail_objects (
  trail_id, tenant_id, key, account_id, region, day, etag, size, last_modified)
SELECT DISTINCT ON (key) %(trail_id)s, %(tenant_id)s, key, account_id, region, day, etag, size,
  last_modified
FROM listed_objects ORDER BY key
ON CONFLICT (trail_id, key) DO UPDATE SET
  state = 'pending', etag = excluded.etag, size = excluded.size, attempts = 0, retry_at = NULL,
  last_modified = excluded.last_modified
WHERE excluded.etag IS NOT NULL AND trail_objects.etag IS DISTINCT FROM excluded.etag
"""

_TRAILS = """
SELECT t.trail_id, t.url, t.endpoint_url, t.region, t.queue_url, a.role_arn, a.external_id,
  a.keys_cipher, t.tenant_id, t.account_id
FROM trails t LEFT JOIN accounts a ON a.tenant_id = t.tenant_id AND a.account_id = t.account_id
WHERE t.tenant_id = %(tenant_id)s AND {} ORDER BY {}
"""

_DUE = "(state = 'pending' OR state = 'failed' AND retry_at <= now())"


class ListedObject(Protocol):
    """What a trail says about one of its files."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def account_id(self) -> str: ...  # noqa: D102
    @property
    def region(self) -> str: ...  # noqa: D102
    @property
    def day(self) -> date: ...  # noqa: D102
    @property
    def etag(self) -> str | None: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def last_modified(self) -> datetime | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Trail:
    """A place that CloudTrail delivers to, the queue of its notices, and how it is entered.

    That is by a role, or by keys (encrypted here), or as boto3 finds its way.
    """

    trail_id: int
    url: str
    endpoint_url: str | None = None
    region: str | None = None
    queue_url: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    keys_cipher: str | None = field(default=None, repr=False)
    tenant_id: str = "default"
    account_id: str | None = None

    @property
    def calls_aws(self) -> bool:
        """Whether reading it calls AWS, which panic forbids."""
        return self.url.startswith(("s3://", "sqs://", "lookup://"))


@dataclass(frozen=True, slots=True)
class TrailObject:
    """A registered log file."""

    object_id: int
    trail_id: int
    key: str
    size: int
    state: str


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day with files to read, their highest id and attempts so far: they name the work."""

    day: date
    files: int
    highest_object_id: int
    attempts: int


def tenant_exists(conn: psycopg.Connection[Any], *, tenant_id: str) -> bool:
    """Whether there is such a tenant."""
    row = conn.execute("SELECT FROM tenants WHERE tenant_id = %s", [tenant_id]).fetchone()
    return row is not None


def keep_role(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    account_id: str,
    role_arn: str,
    external_id: str | None,
) -> None:
    """Keeps the role that is taken to read in an account."""
    conn.execute(
        "INSERT INTO accounts (tenant_id, account_id, role_arn, external_id)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT (tenant_id, account_id) DO UPDATE SET"
        " role_arn = excluded.role_arn, external_id = excluded.external_id",
        [tenant_id, account_id, role_arn, external_id],
    )


def ensure_trail(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    url: str,
    endpoint_url: str | None = None,
    region: str | None = None,
    queue_url: str | None = None,
    account_id: str | None = None,
    resumed: bool = False,
) -> Trail:
    """The trail at `url`, registered when it is new; a queue or account given replaces the old.

    One that was removed stays so, unless it is `resumed`: where somebody names it again.
    """
    if resumed:
        conn.execute(
            "UPDATE trails SET state = 'active'"
            " WHERE tenant_id = %s AND url = %s AND state = 'paused'",
            [tenant_id, url],
        )
    conn.execute(
        "INSERT INTO trails (tenant_id, url, endpoint_url, region, queue_url, account_id)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (tenant_id, url) DO UPDATE SET"
        " endpoint_url = excluded.endpoint_url, region = excluded.region,"
        " queue_url = coalesce(excluded.queue_url, trails.queue_url),"
        " account_id = coalesce(excluded.account_id, trails.account_id)"
        " WHERE (trails.endpoint_url, trails.region, trails.queue_url, trails.account_id)"
        " IS DISTINCT FROM (excluded.endpoint_url, excluded.region,"
        " coalesce(excluded.queue_url, trails.queue_url),"
        " coalesce(excluded.account_id, trails.account_id))",
        [tenant_id, url, endpoint_url, region, queue_url, account_id],
    )
    row = conn.execute(
        _TRAILS.format("t.url = %(url)s", "1"), {"tenant_id": tenant_id, "url": url}
    ).fetchone()
    return Trail(**(row or {}))


def trails(
    conn: psycopg.Connection[Any], *, tenant_id: str, longest_unlisted_first: bool = False
) -> list[Trail]:
    """The tenant's trails that are not paused, oldest first, or listed the longest ago first."""
    order = "t.last_listed_at NULLS FIRST" if longest_unlisted_first else "t.trail_id"
    rows = conn.execute(_TRAILS.format("t.state <> 'paused'", order), {"tenant_id": tenant_id})
    return [Trail(**row) for row in rows]


def remove_trail(conn: psycopg.Connection[Any], *, tenant_id: str, url: str) -> bool:
    """Reads a trail no longer; what was read of it stays. Whether there was such a trail."""
    changed = conn.execute(
        "UPDATE trails SET state = 'paused', error = NULL"
        " WHERE tenant_id = %s AND url = %s AND state <> 'paused'",
        [tenant_id, url],
    )
    return changed.rowcount > 0


def trail(conn: psycopg.Connection[Any], *, tenant_id: str, trail_id: int) -> Trail | None:
    """One of the tenant's trails, paused or not."""
    scope = {"tenant_id": tenant_id, "trail_id": trail_id}
    row = conn.execute(_TRAILS.format("t.trail_id = %(trail_id)s", "1"), scope).fetchone()
    return Trail(**row) if row else None


def note_listing(
    conn: psycopg.Connection[Any], *, tenant_id: str, trail_id: int, error: str | None
) -> None:
    """Remembers when a trail was last listed, and why that failed if it did."""
    conn.execute(
        "UPDATE trails SET last_listed_at = now(), error = %s,"
        " state = CASE WHEN %s::text IS NULL THEN 'active' ELSE 'failed' END"
        " WHERE tenant_id = %s AND trail_id = %s AND state <> 'paused'",
        [error, error, tenant_id, trail_id],
    )


def register(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    trail_id: int,
    objects: Iterable[ListedObject],
) -> int:
    """Registers what is not known yet as pending, whatever the order of keys; returns how many."""
    conn.execute("DROP TABLE IF EXISTS listed_objects")
    conn.execute(_STAGE)
    with conn.cursor() as cursor, cursor.copy("COPY listed_objects FROM STDIN") as copy:
        for o in objects:
            copy.write_row((o.key, o.account_id, o.region, o.day, o.etag, o.size, o.last_modified))
    return conn.execute(_REGISTER, {"tenant_id": tenant_id, "trail_id": trail_id}).rowcount


def due(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date, limit: int = 100_000
) -> list[TrailObject]:
    """The day's files that wait to be read, or to be tried again."""
    return _objects(conn, _DUE, tenant_id, day, limit)


def of_day(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> list[TrailObject]:
    """Every file of the day, read or not."""
    return _objects(conn, "true", tenant_id, day, None)


def bytes_of_days(conn: psycopg.Connection[Any], *, tenant_id: str, days: Sequence[date]) -> int:
    """How much the files of some days are together, compressed."""
    row = conn.execute(
        "SELECT coalesce(sum(size), 0)::bigint AS bytes FROM trail_objects"
        " WHERE tenant_id = %s AND day = ANY(%s)",
        [tenant_id, list(days)],
    ).fetchone()
    return int(row["bytes"]) if row else 0


def _objects(
    conn: psycopg.Connection[Any], where: str, tenant_id: str, day: date, limit: int | None
) -> list[TrailObject]:
    rows = conn.execute(
        "SELECT object_id, trail_id, key, size, state FROM trail_objects"
        f" WHERE tenant_id = %s AND day = %s AND {where} ORDER BY object_id LIMIT %s",
        [tenant_id, day, limit],
    )
    return [TrailObject(**row) for row in rows]


def due_days(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[DueDay]:
    """The days that have files to read, oldest first."""
    rows = conn.execute(
        "SELECT day, count(*) AS files, max(object_id) AS highest_object_id,"
        " sum(attempts)::int AS attempts FROM trail_objects"
        f" WHERE tenant_id = %s AND state <> 'done' AND {_DUE} GROUP BY day ORDER BY day",
        [tenant_id],
    )
    return [DueDay(**row) for row in rows]


def read_after(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date, moment: datetime
) -> bool:
    """Whether a file of the day was read after a moment."""
    found = conn.execute(
        "SELECT 1 FROM trail_objects WHERE tenant_id = %s AND day = %s AND done_at > %s LIMIT 1",
        [tenant_id, day, moment],
    )
    return found.fetchone() is not None


def day_states(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> dict[str, Any]:
    """Counts of the day: files, done, pending, failed, records, matched, quarantined, bytes."""
    row = conn.execute(
        "SELECT count(*) AS files, count(*) FILTER (WHERE state = 'done') AS done,"
        " count(*) FILTER (WHERE state = 'pending') AS pending,"
        " count(*) FILTER (WHERE state = 'failed') AS failed,"
        " coalesce(sum(records), 0)::bigint AS records,"
        " coalesce(sum(matched), 0)::bigint AS matched,"
        " coalesce(sum(quarantined), 0)::bigint AS quarantined,"
        " coalesce(sum(size), 0)::bigint AS bytes"
        " FROM trail_objects WHERE tenant_id = %s AND day = %s",
        [tenant_id, day],
    ).fetchone()
    return row or {}


def failures(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    since: date | None = None,
    until: date | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Files that could not be read: key, day, error, attempts, retry_at; the newest first.

    Of all days, or of those from `since` to `until`, both included.
    """
    return conn.execute(
        "SELECT key, day, account_id, region, error, attempts, retry_at FROM trail_objects"
        " WHERE tenant_id = %(tenant_id)s AND state = 'failed'"
        " AND day BETWEEN coalesce(%(since)s::date, '-infinity')"
        "  AND coalesce(%(until)s::date, 'infinity')"
        " ORDER BY object_id DESC LIMIT %(limit)s",
        {"tenant_id": tenant_id, "since": since, "until": until, "limit": limit},
    ).fetchall()
