"""Circuit breakers: what fails, or floods, is left alone for a while, and then tried once.

closed → everything passes. open → nothing does, until `retry_at`. half-open → one attempt is on
its way; it closes the breaker or opens it for twice as long. There is one for each channel, AWS
account (or trail) and scoring signal; all of it is in Postgres, so every process sees the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg

from cost_pipeline.store import governance

Kind = Literal["channel", "account", "signal"]
KINDS: tuple[Kind, ...] = ("channel", "account", "signal")
PIPELINE = "pipeline"
_PROBE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a breaker opens by itself, and for how long.

    `failures` in a row open it, for `first_wait`, then twice as long each time up to `longest`.
    """

    failures: int
    first_wait: timedelta
    longest_wait: timedelta

    def wait(self, trips: int) -> timedelta:
        """How long it stays open after it has opened so often without closing.

        >>> Limits(3, timedelta(minutes=5), timedelta(hours=1)).wait(2)
        datetime.timedelta(seconds=600)
        """
        return min(self.first_wait * (1 << min(max(trips - 1, 0), 20)), self.longest_wait)


LIMITS: dict[Kind, Limits] = {
    "channel": Limits(5, timedelta(minutes=5), timedelta(hours=1)),
    "account": Limits(3, timedelta(hours=1), timedelta(hours=20)),
    "signal": Limits(1, timedelta(hours=1), timedelta(hours=8)),
}

_FAILED = """
INSERT INTO breakers AS b (tenant_id, kind, name, failures, reason)
VALUES (%(tenant_id)s, %(kind)s, %(name)s, 1, %(reason)s)
ON CONFLICT (tenant_id, kind, name) DO UPDATE SET failures = b.failures + 1,
  reason = CASE WHEN b.state = 'open' THEN b.reason ELSE excluded.reason END, updated_at = now()
RETURNING state, failures, trips
"""


def allows(
    conn: psycopg.Connection[Any], *, tenant_id: str, kind: Kind, name: str, now: datetime
) -> bool:
    """Whether an attempt may be made; of one that has waited long enough, by one caller alone."""
    scope = {"tenant_id": tenant_id, "kind": kind, "name": name, "now": now}
    row = conn.execute(
        "SELECT state FROM breakers WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s"
        " AND name = %(name)s",
        scope,
    ).fetchone()
    if row is None or row["state"] == "closed":
        return True
    probing = conn.execute(
        "UPDATE breakers SET state = 'half-open', retry_at = %(now)s + %(probe)s,"
        " updated_at = now() WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s"
        " AND name = %(name)s AND state <> 'closed' AND retry_at <= %(now)s",
        scope | {"probe": _PROBE},
    ).rowcount
    return bool(probing)


def shut(conn: psycopg.Connection[Any], *, tenant_id: str, kind: Kind, now: datetime) -> list[str]:
    """The names of a kind that let nothing pass now; asking changes nothing."""
    rows = conn.execute(
        "SELECT name FROM breakers WHERE tenant_id = %s AND kind = %s AND state <> 'closed'"
        " AND (retry_at IS NULL OR retry_at > %s) ORDER BY name",
        [tenant_id, kind, now],
    )
    return [row["name"] for row in rows]


def failed(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    kind: Kind,
    name: str,
    reason: str,
    now: datetime,
    limits: Limits | None = None,
) -> bool:
    """Counts a failure; whether that opened the breaker. `limits` instead of those of the kind."""
    known = limits or LIMITS[kind]
    scope = {"tenant_id": tenant_id, "kind": kind, "name": name, "reason": reason[:500]}
    row = conn.execute(_FAILED, scope).fetchone()
    if row is None or row["state"] == "open":
        return False
    if row["state"] == "closed" and row["failures"] < known.failures:
        return False
    wait = known.wait(row["trips"] + 1)
    trip(conn, tenant_id=tenant_id, kind=kind, name=name, reason=reason, now=now, wait=wait)
    return True


def succeeded(conn: psycopg.Connection[Any], *, tenant_id: str, kind: Kind, name: str) -> None:
    """Forgets failures, and closes a breaker that was trying."""
    row = conn.execute(
        "SELECT state FROM breakers WHERE tenant_id = %s AND kind = %s AND name = %s"
        " AND (state <> 'closed' OR failures > 0)",
        [tenant_id, kind, name],
    ).fetchone()
    if row is not None:
        close(conn, tenant_id=tenant_id, kind=kind, name=name, by=PIPELINE)


def trip(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    kind: Kind,
    name: str,
    reason: str,
    now: datetime,
    by: str = PIPELINE,
    wait: timedelta | None = None,
) -> None:
    """Opens a breaker, for `wait` or for as long as its limits say."""
    known = conn.execute(
        "SELECT trips FROM breakers WHERE tenant_id = %s AND kind = %s AND name = %s",
        [tenant_id, kind, name],
    ).fetchone()
    trips = (known["trips"] if known else 0) + 1
    retry_at = now + (wait if wait is not None else LIMITS[kind].wait(trips))
    conn.execute(
        "INSERT INTO breakers (tenant_id, kind, name, state, trips, reason, opened_at, retry_at,"
        " updated_by) VALUES (%s, %s, %s, 'open', %s, %s, %s, %s, %s)"
        " ON CONFLICT (tenant_id, kind, name) DO UPDATE SET state = 'open',"
        " trips = excluded.trips, reason = excluded.reason, opened_at = excluded.opened_at,"
        " retry_at = excluded.retry_at, updated_by = excluded.updated_by, updated_at = now(),"
        " told_at = CASE WHEN breakers.state = 'half-open' THEN breakers.told_at END",
        [tenant_id, kind, name, trips, reason[:500], now, retry_at, by],
    )
    details = {"reason": reason[:500], "until": retry_at.isoformat()}
    _audit(conn, tenant_id, by, f"opened breaker {kind} {name}", details)


def close(conn: psycopg.Connection[Any], *, tenant_id: str, kind: Kind, name: str, by: str) -> None:
    """Lets everything pass again; what was counted before it opened is not counted again."""
    before = conn.execute(
        "SELECT state FROM breakers WHERE tenant_id = %s AND kind = %s AND name = %s FOR UPDATE",
        [tenant_id, kind, name],
    ).fetchone()
    if before is None:
        return
    conn.execute(
        "UPDATE breakers SET state = 'closed', failures = 0, trips = 0, reason = NULL,"
        " retry_at = NULL, told_at = NULL, updated_by = %s, updated_at = now()"
        " WHERE tenant_id = %s AND kind = %s AND name = %s",
        [by, tenant_id, kind, name],
    )
    if before["state"] != "closed":
        _audit(conn, tenant_id, by, f"closed breaker {kind} {name}", {})


def listing(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """Every breaker that was ever needed: kind, name, state, failures, reason, retry_at."""
    return conn.execute(
        "SELECT kind, name, state, failures, trips, reason, opened_at, retry_at, updated_by,"
        " updated_at FROM breakers WHERE tenant_id = %s ORDER BY state <> 'open', kind, name",
        [tenant_id],
    ).fetchall()


def untold(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """Breakers that opened without anybody being told."""
    return conn.execute(
        "SELECT kind, name, reason, opened_at, retry_at FROM breakers"
        " WHERE tenant_id = %s AND state <> 'closed' AND told_at IS NULL ORDER BY opened_at"
        " FOR UPDATE SKIP LOCKED",
        [tenant_id],
    ).fetchall()


def mark_told(
    conn: psycopg.Connection[Any], *, tenant_id: str, told: Sequence[dict[str, Any]], now: datetime
) -> None:
    """The operator knows of these."""
    for one in told:
        conn.execute(
            "UPDATE breakers SET told_at = %s WHERE tenant_id = %s AND kind = %s AND name = %s",
            [now, tenant_id, one["kind"], one["name"]],
        )


def _audit(
    conn: psycopg.Connection[Any], tenant_id: str, by: str, action: str, details: dict[str, Any]
) -> None:
    governance.audit(conn, tenant_id=tenant_id, who=by, action=action, details=details)
