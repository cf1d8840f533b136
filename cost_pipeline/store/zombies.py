"""What is idle, by day of the sweep; what is new, standing or gone follows from the days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.core.waste import REVIEW
from cost_pipeline.store import governance
from cost_pipeline.store.sweeps import Judged

_COLUMNS = (
    "tenant_id, day, check_name, resource_id, account_id, region, resource_type, title,"
    " idle_since, evidence, monthly_cost, creator, confidence, remediation"
)

_NOT_IGNORED = """
NOT EXISTS (SELECT FROM zombie_ignores i WHERE i.tenant_id = z.tenant_id
  AND i.check_name = z.check_name AND i.resource_id = z.resource_id AND i.until > now())
"""

# Several checks may name one resource, whose bill comes but once: the dearest counts.
COUNTED = f"""
(SELECT DISTINCT ON (z.day, z.account_id, z.region, z.resource_id) z.* FROM zombies z
 WHERE z.tenant_id = %(t)s AND z.confidence <> '{REVIEW}' AND {_NOT_IGNORED}
 ORDER BY z.day, z.account_id, z.region, z.resource_id, z.monthly_cost DESC NULLS LAST)
"""

# A moment after the sweep before at which CloudTrail saw it end: deleted, released, stopped.
ENDED = """(CASE WHEN r.stopped_at >= g.previous_day::timestamp AT TIME ZONE 'UTC'
    THEN r.stopped_at END)"""

_SWEEPS = """
sweeps AS (
  SELECT max(day) AS latest FROM inventory WHERE tenant_id = %(tenant_id)s
), days AS (
  SELECT greatest(max(z.day), (SELECT latest FROM sweeps)) AS latest FROM zombies z
  WHERE z.tenant_id = %(tenant_id)s AND z.day <= coalesce(%(day)s::date, 'infinity')
), chosen AS (
  SELECT coalesce(%(day)s::date, latest) AS latest,
    greatest((SELECT max(day) FROM zombies, days WHERE tenant_id = %(tenant_id)s
        AND day < coalesce(%(day)s::date, latest)),
      (SELECT max(day) FROM inventory, days WHERE tenant_id = %(tenant_id)s
        AND day < coalesce(%(day)s::date, latest))) AS previous
  FROM days
)
"""

# What the day before had and this one has not: why is told by `zombies_gone` and by CloudTrail.
_LISTING = f"""
WITH {_SWEEPS}
SELECT z.*, CASE g.state WHEN 'unseen' THEN 'unseen' WHEN 'left_out' THEN 'left out'
    ELSE CASE WHEN g.state IS NOT NULL THEN 'gone'
    WHEN EXISTS (SELECT FROM zombies p WHERE p.tenant_id = z.tenant_id AND p.day = c.previous
      AND p.check_name = z.check_name AND p.resource_id = z.resource_id) THEN 'standing'
    ELSE 'new' END END AS lifecycle,
  (SELECT min(day) FROM zombies p WHERE p.tenant_id = z.tenant_id
    AND p.check_name = z.check_name AND p.resource_id = z.resource_id) AS first_seen,
  NOT ({_NOT_IGNORED}) AS ignored, g.state AS gone_state, g.reason AS gone_reason,
  {ENDED} AS ended_at, CASE WHEN {ENDED} IS NOT NULL THEN r.stopped_by END AS ended_by,
  CASE WHEN r.last_event_time >= g.previous_day::timestamp AT TIME ZONE 'UTC'
    THEN e.event_name END AS last_call, e.actor AS last_actor
FROM chosen c JOIN zombies z ON z.tenant_id = %(tenant_id)s AND z.day IN (c.latest, c.previous)
LEFT JOIN zombies_gone g ON g.tenant_id = z.tenant_id AND g.day = c.latest
  AND z.day = c.previous AND g.check_name = z.check_name AND g.resource_id = z.resource_id
LEFT JOIN resources r ON g.state IN ('absent', 'present') AND r.tenant_id = z.tenant_id
  AND r.resource_id = z.resource_id
LEFT JOIN cost_events e ON e.tenant_id = r.tenant_id AND e.id = r.last_event
  AND e.event_time = r.last_event_time
WHERE (z.day = c.latest OR g.state IS NOT NULL)
"""
_DEAREST_FIRST = " ORDER BY z.day DESC, z.monthly_cost DESC NULLS LAST, z.check_name, z.resource_id"


class Finding(Judged, Protocol):
    """An idle resource, as `zombies.model.Finding` has it."""

    @property
    def resource_id(self) -> str: ...  # noqa: D102
    @property
    def resource_type(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def idle_since(self) -> datetime | None: ...  # noqa: D102
    @property
    def evidence(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def monthly_cost(self) -> Decimal | None: ...  # noqa: D102
    @property
    def creator(self) -> str | None: ...  # noqa: D102
    @property
    def confidence(self) -> str: ...  # noqa: D102
    @property
    def remediation(self) -> str: ...  # noqa: D102


def replace_day(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date, findings: Iterable[Finding]
) -> int:
    """Puts the day's findings in place of those it had; returns how many there are."""
    conn.execute("DELETE FROM zombies WHERE tenant_id = %s AND day = %s", [tenant_id, day])
    rows = {
        (f.check_name, f.resource_id): (
            *(tenant_id, day, f.check_name, f.resource_id, f.account_id, f.region),
            *(f.resource_type, f.title, f.idle_since, Jsonb(f.evidence), f.monthly_cost),
            *(f.creator, f.confidence, f.remediation),
        )
        for f in findings
    }
    places = ", ".join(["%s"] * len(_COLUMNS.split(",")))
    conn.cursor().executemany(
        f"INSERT INTO zombies ({_COLUMNS}) VALUES ({places})", list(rows.values())
    )
    return len(rows)


def listing(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date | None = None, limit: int = 5_000
) -> list[dict[str, Any]]:
    """The zombies of the latest sweep, or of a day's, and those gone since the one before.

    Beside the table's columns: lifecycle (new, standing, gone, left out, unseen), why (for what
    is not there any more), ended_by, first_seen, ignored.
    """
    rows = conn.execute(
        f"{_LISTING} {_DEAREST_FIRST} LIMIT %(limit)s",
        {"tenant_id": tenant_id, "day": day, "limit": limit},
    ).fetchall()
    return [row | {"why": why(row)} for row in rows]


def page(
    conn: psycopg.Connection[Any], *, tenant_id: str, after: Sequence[str] | None, limit: int
) -> list[dict[str, Any]]:
    """The same of the latest sweep in pages, by check and resource; after (check, resource)."""
    scope = {"tenant_id": tenant_id, "day": None, "limit": limit}
    where = ""
    if after is not None:
        where = " AND (z.check_name, z.resource_id) > (%(check)s, %(resource)s)"
        scope |= dict(zip(("check", "resource"), after, strict=True))
    return conn.execute(
        f"{_LISTING}{where} ORDER BY z.check_name, z.resource_id LIMIT %(limit)s", scope
    ).fetchall()


def is_found(
    conn: psycopg.Connection[Any], *, tenant_id: str, check_name: str, resource_id: str
) -> bool:
    """Whether the latest sweep, or the one before, found this idle."""
    scope = {"tenant_id": tenant_id, "day": None, "check": check_name, "resource": resource_id}
    where = " AND z.check_name = %(check)s AND z.resource_id = %(resource)s"
    return conn.execute(f"{_LISTING}{where}", scope).fetchone() is not None


def why(row: Mapping[str, Any]) -> str | None:
    """Why a finding of the sweep before is not one any more.

    >>> told = {"gone_reason": None, "ended_by": None, "last_call": None, "last_actor": None}
    >>> why(told | {"gone_state": "present", "last_call": "AttachVolume", "last_actor": "maya"})
    'in use again: AttachVolume by maya'
    >>> why(told | {"gone_state": "unseen", "gone_reason": "access was denied"})
    'check failed: access was denied'
    """
    state = row["gone_state"]
    if state == "unseen":
        return f"check failed: {row['gone_reason']}"
    if state == "left_out":
        return f"left out: {row['gone_reason']}"
    if state is None:
        return None
    call = f": {row['last_call']} by {row['last_actor']}" if row["last_call"] else ""
    if row["ended_by"]:
        return f"ended{call or ' by ' + row['ended_by']} on {row['ended_at']:%Y-%m-%d %H:%M} UTC"
    if state == "present":
        return f"in use again{call}"
    return "deleted, and CloudTrail did not tell by whom"


def ignore(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    check_name: str,
    resource_id: str,
    until: datetime,
    by: str,
) -> None:
    """Leaves a zombie in peace until a moment; it stays listed, and out of the sums."""
    conn.execute(
        "INSERT INTO zombie_ignores (tenant_id, check_name, resource_id, until, by)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (tenant_id, check_name, resource_id)"
        " DO UPDATE SET until = excluded.until, by = excluded.by, at = now()",
        [tenant_id, check_name, resource_id, until, by],
    )


def ignore_all(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    found: Sequence[tuple[str, str]],
    until: datetime,
    by: str,
) -> None:
    """Leaves zombies, as (check, resource), in peace until a moment, with a line in the log."""
    conn.execute(
        "INSERT INTO zombie_ignores (tenant_id, check_name, resource_id, until, by)"
        " SELECT %(t)s, check_name, resource_id, %(until)s, %(by)s"
        " FROM unnest(%(checks)s::text[], %(resources)s::text[]) AS chosen(check_name, resource_id)"
        " ON CONFLICT (tenant_id, check_name, resource_id)"
        " DO UPDATE SET until = excluded.until, by = excluded.by, at = now()",
        {
            "t": tenant_id,
            "until": until,
            "by": by,
            "checks": [check for check, _ in found],
            "resources": [resource for _, resource in found],
        },
    )
    details = {"until": until.isoformat(), "zombies": [" ".join(one) for one in found]}
    governance.audit(conn, tenant_id=tenant_id, who=by, action="zombie ignored", details=details)


def waste(conn: psycopg.Connection[Any], *, tenant_id: str) -> dict[str, Any]:
    """Of the latest sweep, without what is ignored: day, zombies, monthly_cost, unpriced.

    Each resource counts once, however many checks name it.
    """
    found = conn.execute(
        "SELECT max(day) AS day FROM (SELECT max(day) AS day FROM zombies WHERE tenant_id = %(t)s"
        "  UNION ALL SELECT max(day) FROM inventory WHERE tenant_id = %(t)s) AS sweeps",
        {"t": tenant_id},
    ).fetchone()
    scope = {"t": tenant_id, "day": found and found["day"]}
    row = conn.execute(
        "SELECT count(*) AS zombies, coalesce(sum(z.monthly_cost), 0) AS monthly_cost,"
        " count(*) FILTER (WHERE z.monthly_cost IS NULL) AS unpriced"
        f" FROM {COUNTED} z WHERE z.day = %(day)s",
        scope,
    ).fetchone()
    return {"day": scope["day"], **(row or {})}


def swept(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> bool:
    """Whether anybody looked for what is idle on a day."""
    row = conn.execute(
        "SELECT EXISTS (SELECT FROM zombies WHERE tenant_id = %(t)s AND day = %(day)s) OR"
        " EXISTS (SELECT FROM inventory WHERE tenant_id = %(t)s AND day = %(day)s) AS swept",
        {"t": tenant_id, "day": day},
    ).fetchone()
    return bool(row and row["swept"])


def waste_by_day(
    conn: psycopg.Connection[Any], *, tenant_id: str, since: date
) -> list[dict[str, Any]]:
    """By day of a sweep, without what is ignored now: day, zombies, monthly_cost."""
    return conn.execute(
        "SELECT z.day, count(*) AS zombies, coalesce(sum(z.monthly_cost), 0) AS monthly_cost"
        f" FROM {COUNTED} z WHERE z.day >= %(since)s GROUP BY z.day ORDER BY z.day",
        {"t": tenant_id, "since": since},
    ).fetchall()
