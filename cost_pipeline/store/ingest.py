"""Cost events into Postgres: COPY into staging, then one transaction that merges all of it.

Staging holds no lock. The merge takes the day's lock, so two runs of one day leave the rows of
one; a file is `done` only in the transaction that wrote its events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg

from cost_pipeline.core.cloudtrail import Quarantined
from cost_pipeline.core.model import CostEvent, RefusedCall
from cost_pipeline.store.copy_text import copy_text
from cost_pipeline.store.locks import lock_day

_EVENT_COLUMNS = (
    "id, tenant_id, event_id, ordinal, event_time, partition_day, account_id, region,"
    " event_source, event_name, service, resource_type, resource_class, action, actor,"
    " actor_kind, actor_principal, actor_session, resource_ids, quantity, hourly_cost,"
    " rate_after, one_time_cost, price_basis, object_id, data"
)
_REFUSED_COLUMNS = (
    "id, tenant_id, event_id, event_time, partition_day, account_id, region, event_source,"
    " event_name, actor, actor_kind, error_code, object_id"
)
_CHANGEABLE = (
    "partition_day, region, service, resource_type, resource_class, action, actor, actor_kind,"
    " actor_principal, actor_session, resource_ids, quantity, hourly_cost, rate_after,"
    " one_time_cost, price_basis, data"
)

_STAGING = """
DROP TABLE IF EXISTS staged_events, staged_refused, staged_quarantined, staged_files;
CREATE TEMPORARY TABLE staged_events (LIKE cost_events) ON COMMIT DROP;
ALTER TABLE staged_events ALTER created_at DROP NOT NULL,
  ALTER id SET STATISTICS 10, ALTER object_id SET STATISTICS 10;
CREATE TEMPORARY TABLE staged_refused (LIKE refused_calls) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_quarantined (LIKE quarantined_records) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_files (
  object_id bigint, records int, matched int, quarantined int, error text) ON COMMIT DROP;
"""

# A statement of its own: the next one sees what another made while this one waited.
_MONTHS = """
SELECT month, CASE WHEN to_regclass('cost_events_' || to_char(month, 'YYYY_MM')) IS NULL
  THEN pg_advisory_xact_lock(hashtext('cost_events_partitions')) END
FROM (SELECT DISTINCT date_trunc('month', event_time AT TIME ZONE 'UTC')::date AS month
  FROM staged_events
  WHERE event_time BETWEEN %(day)s::date - 400 AND %(day)s::date + 2) AS months
"""
_PARTITIONS = "SELECT ensure_cost_events_partition(month) FROM unnest(%s::date[]) AS month"
_MOST_WAITING = 1 << 20


def _merge(table: str, key: str, columns: str, changeable: str) -> str:
    """Upserts the staged rows: an event delivered twice belongs to its earliest day."""
    stored = ", ".join(f"t.{name.strip()}" for name in changeable.split(","))
    fresh = ", ".join(f"excluded.{name.strip()}" for name in changeable.split(","))
    staged = {"cost_events": "staged_events", "refused_calls": "staged_refused"}[table]
    return f"""
INSERT INTO {table} AS t ({columns})
SELECT DISTINCT ON (id) {columns} FROM {staged} ORDER BY id, object_id
ON CONFLICT ({key}) DO UPDATE SET ({changeable}, object_id) =
  ROW ({fresh}, CASE WHEN excluded.partition_day < t.partition_day THEN excluded.object_id
    ELSE least(t.object_id, excluded.object_id) END)
WHERE excluded.partition_day <= t.partition_day AND ({stored}) IS DISTINCT FROM ({fresh})
"""


def _forget(table: str, staged: str) -> str:
    """Removes rows whose file was read again and no longer yields them."""
    return f"""
DELETE FROM {table} t USING staged_files f
WHERE t.tenant_id = %(tenant_id)s AND t.partition_day = %(day)s AND t.object_id = f.object_id
  AND f.error IS NULL AND NOT EXISTS (SELECT FROM {staged} s WHERE s.id = t.id)
"""


_MERGE = (
    _merge("cost_events", "event_time, id", _EVENT_COLUMNS, _CHANGEABLE),
    _merge("refused_calls", "id", _REFUSED_COLUMNS, "partition_day, actor, actor_kind, error_code"),
    """DELETE FROM quarantined_records q USING staged_files f
WHERE q.tenant_id = %(tenant_id)s AND q.object_id = f.object_id""",
    """INSERT INTO quarantined_records (object_id, record_offset, tenant_id, reason, raw)
SELECT DISTINCT ON (object_id, record_offset) object_id, record_offset, tenant_id, reason, raw
FROM staged_quarantined""",
    """UPDATE trail_objects o SET state = 'done', records = f.records, matched = f.matched,
  quarantined = f.quarantined, attempts = o.attempts + 1, error = NULL, retry_at = NULL,
  done_at = now()
FROM staged_files f
WHERE o.tenant_id = %(tenant_id)s AND o.object_id = f.object_id AND f.error IS NULL""",
    """UPDATE trail_objects o SET state = 'failed', attempts = o.attempts + 1, error = f.error,
  retry_at = now() + least(interval '6 hours', interval '1 minute' * 2 ^ least(o.attempts, 9))
FROM staged_files f
WHERE o.tenant_id = %(tenant_id)s AND o.object_id = f.object_id AND f.error IS NOT NULL""",
    """UPDATE trails t SET last_object_at = greatest(t.last_object_at, o.newest)
FROM (SELECT trail_id, max(last_modified) AS newest FROM trail_objects
  JOIN staged_files USING (object_id) GROUP BY trail_id) o
WHERE t.tenant_id = %(tenant_id)s AND t.trail_id = o.trail_id
  AND o.newest > coalesce(t.last_object_at, '-infinity')""",
)
_REPLACE = (
    _forget("cost_events", "staged_events"),
    _forget("refused_calls", "staged_refused"),
)


@dataclass(slots=True)
class IngestedFile:
    """What one log file yielded, or why it could not be read (`error`)."""

    object_id: int
    events: list[CostEvent] = field(default_factory=list)
    refused: list[RefusedCall] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    records: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """What some files yielded, as text for COPY: made in any process, handed on as it is."""

    events: bytes
    refused: bytes
    quarantined: bytes
    files: bytes

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.events) + len(self.refused) + len(self.quarantined) + len(self.files)

    @classmethod
    def of(cls, file: IngestedFile, *, tenant_id: str) -> Staged:
        """What a file yielded: made into text at once, its events need not stay in memory."""
        return cls(
            copy_text(_event_rows(file)),
            copy_text(_refused_rows(file)),
            copy_text(_quarantined_rows(file, tenant_id)),
            copy_text([_file_row(file)]),
        )

    @classmethod
    def together(cls, files: Iterable[Staged]) -> Staged:
        """What several files yielded, to be copied at once."""
        found = list(files)
        return cls(
            b"".join([one.events for one in found]),
            b"".join([one.refused for one in found]),
            b"".join([one.quarantined for one in found]),
            b"".join([one.files for one in found]),
        )


_NOTHING = Staged(b"", b"", b"", b"")


class Staging:
    """Files on their way into one day of one tenant, within the transaction of `conn`."""

    def __init__(self, conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> None:
        self._conn = conn
        self._tenant_id = tenant_id
        self._day = day
        self._rest = _NOTHING
        conn.execute(_STAGING)

    def add(self, files: Iterable[IngestedFile]) -> None:
        """Copies what the files yielded into staging."""
        self.copy(Staged.together(Staged.of(one, tenant_id=self._tenant_id) for one in files))

    def copy(self, staged: Staged) -> None:
        """Copies what was made ready elsewhere into staging: the little beside events, seldom."""
        self._copy(f"staged_events ({_EVENT_COLUMNS})", staged.events)
        rest = Staged(b"", staged.refused, staged.quarantined, staged.files)
        self._rest = Staged.together((self._rest, rest))
        if self._rest.size > _MOST_WAITING:
            self._copy_rest()

    def merge(self, *, replace: bool = False) -> None:
        """Writes all that is staged, and marks its files done or failed.

        Args:
            replace: the files are read again; rows they no longer yield go.
        """
        scope = {"tenant_id": self._tenant_id, "day": self._day}
        self._copy_rest()
        self._conn.execute("ANALYZE staged_events (id, object_id)")  # what is joined by
        lock_day(self._conn, self._tenant_id, self._day)
        # First of all: making a partition locks the default one, which the rest reads.
        months = [row["month"] for row in self._conn.execute(_MONTHS, scope)]
        self._conn.execute(_PARTITIONS, [months])
        for statement in (*_REPLACE, *_MERGE) if replace else _MERGE:
            self._conn.execute(statement, scope)

    def _copy_rest(self) -> None:
        self._copy(f"staged_refused ({_REFUSED_COLUMNS})", self._rest.refused)
        self._copy("staged_quarantined", self._rest.quarantined)
        self._copy("staged_files", self._rest.files)
        self._rest = _NOTHING

    def _copy(self, into: str, text: bytes) -> None:
        if text:
            with self._conn.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
                copy.write(text)


def _event_rows(file: IngestedFile) -> Iterable[tuple[Any, ...]]:
    for e in file.events:
        yield (
            *(e.id, e.tenant_id, e.event_id, e.ordinal, e.event_time, e.partition_day),
            *(e.account_id, e.region, e.event_source, e.event_name, e.service),
            *(e.resource_type, e.resource_class, e.action, e.actor.name, e.actor.kind),
            *(e.actor.principal, e.actor.session, list(e.resource_ids), e.quantity),
            *(e.hourly_cost, e.rate_after, e.one_time_cost, e.price_basis),
            *(file.object_id, e.data),
        )


def _refused_rows(file: IngestedFile) -> Iterable[tuple[Any, ...]]:
    for r in file.refused:
        yield (
            *(r.id, r.tenant_id, r.event_id, r.event_time, r.partition_day, r.account_id),
            *(r.region, r.event_source, r.event_name, r.actor.name, r.actor.kind),
            *(r.error_code, file.object_id),
        )


def _quarantined_rows(file: IngestedFile, tenant_id: str) -> Iterable[tuple[Any, ...]]:
    for q in file.quarantined:
        raw = q.raw.decode(errors="replace")
        yield (file.object_id, q.offset, tenant_id, q.reason, raw)


def _file_row(file: IngestedFile) -> tuple[Any, ...]:
    counts = (file.records, len(file.events), len(file.quarantined))
    return (file.object_id, *counts, file.error)
