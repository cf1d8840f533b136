"""How long rows are kept, by tenant, and an end to those that nobody keeps any longer.

Events lie in monthly partitions. A month that no tenant keeps is dropped whole; of the month
that some keep, only the rows of the others are deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.core.ready import ready
from cost_pipeline.store.database import Database

_KEY = "retention"


@ready
class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how many days a tenant's rows are kept.

    `events` covers cost events, refused calls, activity, baselines and the spans, links and
    leftovers of resources that ended; `objects` which files were read, and what that took;
    `anomalies` with their events, alerts and what people decided; `inventory` what AWS answered
    to the zombie sweep, and records that somebody read; `zombies` its findings, and what it
    took, left out or failed at.
    """

    events: int = 400
    objects: int = 400
    anomalies: int = 1100
    inventory: int = 35
    zombies: int = 400

    def __post_init__(self) -> None:
        """Refuses periods that the pipeline itself would miss.

        Raises:
            ValueError: a period is shorter than the baseline's window or the sweep's memory.
        """
        if min(self.events, self.objects, self.anomalies) < _LEAST_DAYS:
            raise ValueError(
                f"events, objects and anomalies are kept for {_LEAST_DAYS} days at least"
            )
        if min(self.inventory, self.zombies) < 2:
            raise ValueError("inventory and zombies are kept for 2 days at least")


_LEAST_DAYS = 60


@dataclass(frozen=True, slots=True)
class Dropped:
    """What went: whole months of events, and single rows of any table."""

    months: int
    rows: int


# What an unfinished story still needs stays: the spans of what runs, and of what ended since.
_ENDED_SPANS = """
DELETE FROM resource_spans s USING resources r
WHERE s.tenant_id = %(tenant_id)s AND r.tenant_id = s.tenant_id
  AND r.resource_id = s.resource_id AND r.stopped_at < %(events)s
"""
_ENDED_RESOURCES = """
DELETE FROM resources WHERE tenant_id = %(tenant_id)s AND stopped_at < %(events)s
"""
# Only resources that run, or ended lately, are left by now: what is linked to one of them stays.
_ENDED_LINKS = """
DELETE FROM resource_links l WHERE l.tenant_id = %(tenant_id)s AND l.event_time < %(events)s
  AND NOT EXISTS (SELECT FROM resources r WHERE r.tenant_id = l.tenant_id
    AND r.resource_id IN (l.parent_id, l.child_id))
"""
_ENDED_LEFTOVERS = """
DELETE FROM leftovers l WHERE l.tenant_id = %(tenant_id)s AND l.event_time < %(events)s
  AND NOT EXISTS (SELECT FROM resources r WHERE r.tenant_id = l.tenant_id
    AND r.resource_id = l.resource_id)
"""
_OLD_ANOMALIES = """
WITH old AS (
  DELETE FROM anomalies WHERE tenant_id = %(tenant_id)s AND last_event_time < %(anomalies)s
  RETURNING id
), events AS (
  DELETE FROM anomaly_events e USING old WHERE e.tenant_id = %(tenant_id)s AND e.anomaly_id = old.id
), days AS (
  DELETE FROM anomaly_days d USING old WHERE d.tenant_id = %(tenant_id)s AND d.anomaly_id = old.id
), aliases AS (
  DELETE FROM anomaly_aliases n USING old
  WHERE n.tenant_id = %(tenant_id)s AND n.anomaly_id = old.id
), detections AS (
  DELETE FROM anomaly_detections d USING old
  WHERE d.tenant_id = %(tenant_id)s AND d.anomaly_id = old.id
), told AS (
  DELETE FROM alerts a USING old WHERE a.tenant_id = %(tenant_id)s AND a.anomaly_id = old.id
)
DELETE FROM feedback f USING old WHERE f.tenant_id = %(tenant_id)s AND f.anomaly_id = old.id
"""


def _older(table: str, column: str, period: str) -> str:
    return f"DELETE FROM {table} WHERE tenant_id = %(tenant_id)s AND {column} < %({period})s"


_STATEMENTS = (
    _ENDED_SPANS,
    _ENDED_RESOURCES,
    _ENDED_LINKS,
    _ENDED_LEFTOVERS,
    _OLD_ANOMALIES,
    _older("alerts", "created_at", "anomalies") + " AND payload ?| ARRAY['digest', 'folded']",
    _older("used_links", "used_at", "anomalies"),
    _older("cost_events", "event_time", "events"),
    _older("refused_calls", "event_time", "events"),
    _older("activity", "day", "events"),
    _older("activity_trained", "day", "events"),
    _older("baselines", "as_of", "events"),
    _older("detector_state", "as_of", "events"),
    _older("trail_objects", "day", "objects"),
    _older("trail_listings", "hour", "objects"),
    _older("queue_rejects", "received_at", "objects"),
    _older("inventory", "day", "inventory"),
    _older("requests", "asked_at", "inventory") + " AND kind = 'record'",
    _older("requests", "asked_at", "objects"),
    _older("zombies", "day", "zombies"),
    _older("zombies_gone", "day", "zombies"),
    _older("zombie_failures", "day", "zombies"),
    _older("zombie_left_out", "day", "zombies"),
    _older("sweeps", "day", "zombies"),
)


def of_tenant(settings: dict[str, Any]) -> Retention:
    """The retention in a tenant's settings; defaults where they say nothing.

    Raises:
        ValueError: the settings are not a retention.
    """
    try:
        return msgspec.convert(settings.get(_KEY, {}), Retention)
    except msgspec.ValidationError as error:
        raise ValueError(f"the tenant's retention cannot be read: {error}") from error


def keep(conn: psycopg.Connection[Any], *, tenant_id: str, changes: Mapping[str, int]) -> Retention:
    """Changes some of a tenant's periods, and says what holds now; takes the owner's rights.

    Raises:
        LookupError: there is no such tenant.
        ValueError: a period is too short, or there is none of that name.
    """
    row = conn.execute(
        "SELECT settings FROM tenants WHERE tenant_id = %s FOR UPDATE", [tenant_id]
    ).fetchone()
    if row is None:
        raise LookupError(f"there is no tenant {tenant_id}")
    wanted = {**row["settings"].get(_KEY, {}), **changes}
    kept = of_tenant({_KEY: wanted})
    conn.execute(
        "UPDATE tenants SET settings = settings || %s WHERE tenant_id = %s",
        [Jsonb({_KEY: wanted}), tenant_id],
    )
    return kept


def enforce(database: Database, *, now: datetime, dry_run: bool = False) -> Dropped:
    """Ends what every tenant's retention says is over; with `dry_run` says what that would be."""
    tenants = {row["tenant_id"]: of_tenant(row["settings"]) for row in database.tenants()}
    longest = max(kept.events for kept in tenants.values())
    with database.admin() as conn:
        months = _drop_months(conn, now - timedelta(days=longest))
        if dry_run:
            conn.rollback()
    rows = 0
    for tenant_id, kept in tenants.items():
        horizons = {
            name: now - timedelta(days=days) for name, days in msgspec.structs.asdict(kept).items()
        }
        with database.transaction(tenant_id) as conn:
            for statement in _STATEMENTS:
                rows += conn.execute(statement, horizons | {"tenant_id": tenant_id}).rowcount
            if dry_run:
                conn.rollback()
    return Dropped(months, rows)


def _drop_months(conn: psycopg.Connection[Any], horizon: datetime) -> int:
    row = conn.execute("SELECT drop_cost_events_before(%s) AS months", [horizon]).fetchone()
    return int(row["months"]) if row else 0
