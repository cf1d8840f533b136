"""Lists in pages, each after the last row of the one before: no page is skipped or seen twice.

`after` holds the ordering columns of that row, in order. A page of a million rows costs what a
page of ten does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from cost_pipeline.store import worst_cases
from cost_pipeline.store.anomalies import Filter, conditions
from cost_pipeline.store.feedback import STATE

_ANOMALIES = f"""
SELECT a.*, {STATE} AS state, d.detected_at, coalesce(d.backfilled, false) AS backfilled
FROM anomalies a LEFT JOIN anomaly_detections d ON d.anomaly_id = a.id
WHERE a.tenant_id = %(tenant_id)s
"""
_EVENT_COLUMNS = (
    "id, event_id, event_time, partition_day, account_id, region, event_source, event_name,"
    " service, resource_type, resource_class, action, actor, actor_kind, resource_ids, quantity,"
    " hourly_cost, one_time_cost, price_basis"
)
_ACCOUNTS = """
SELECT account_id, a.name, a.role_arn, coalesce(a.regions, '{}') AS regions,
  a.keys_cipher IS NOT NULL AS has_keys, a.account_id IS NOT NULL AS configured, s.last_event
FROM (SELECT * FROM accounts WHERE tenant_id = %(tenant_id)s) a FULL JOIN (
  SELECT account_id, max((facts->>'last')::timestamptz) AS last_event
  FROM activity, jsonb_each(regions) AS r(_, facts)
  WHERE tenant_id = %(tenant_id)s AND day > (now() AT TIME ZONE 'UTC')::date - 35 GROUP BY 1
) s USING (account_id)
"""
_LATEST_BASELINES = """
SELECT account_id, resource_type, as_of, event_count, mean_hourly_cost, stddev, max_daily_added,
  days, ARRAY(SELECT jsonb_object_keys(observed_actors) ORDER BY 1) AS actors,
  ARRAY(SELECT jsonb_object_keys(observed_regions) ORDER BY 1) AS regions
FROM baselines WHERE tenant_id = %(tenant_id)s AND as_of =
  (SELECT max(as_of) FROM baselines WHERE tenant_id = %(tenant_id)s)
"""

Rows = list[dict[str, Any]]


def anomalies(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    chosen: Filter,
    after: Sequence[Any] | None,
    limit: int,
) -> Rows:
    """Anomalies, the newest trigger first, with worst case; after (trigger_event_time, id)."""
    where, values = conditions(chosen)
    rows = _page(
        conn,
        f"SELECT * FROM ({_ANOMALIES}) AS a WHERE {where}",
        ("trigger_event_time DESC", "id DESC"),
        {"tenant_id": tenant_id, **values},
        after,
        limit,
    )
    return worst_cases.with_worst_case(conn, rows, tenant_id=tenant_id)


def events(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    since: datetime | None = None,
    until: datetime | None = None,
    equal: dict[str, str] | None = None,
    after: Sequence[Any] | None,
    limit: int,
) -> Rows:
    """Cost events, the newest first, of a range of time; after (event_time, id).

    `equal` asks for values of account_id, region, service, resource_type, actor, action or
    price_basis.
    """
    where = "tenant_id = %(tenant_id)s"
    for name, comparison in (("since", ">="), ("until", "<")):
        if {"since": since, "until": until}[name] is not None:
            where += f" AND event_time {comparison} %({name})s"
    where += _equal(equal, _EVENT_COLUMNS)
    return _page(
        conn,
        f"SELECT {_EVENT_COLUMNS}, data->>'price' AS price, {worst_cases.columns('cost_events')}"
        f" FROM cost_events WHERE {where}",
        ("event_time DESC", "id DESC"),
        {"tenant_id": tenant_id, "since": since, "until": until, **(equal or {})},
        after,
        limit,
    )


def resources(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    running: bool | None = None,
    equal: dict[str, str] | None = None,
    after: Sequence[Any] | None,
    limit: int,
) -> Rows:
    """Resources by id; after (resource_id)."""
    columns = (
        "resource_id, account_id, region, service, resource_type, resource_class, hourly_cost,"
        " created_by, created_at, stopped_at, stopped_by, last_event_time"
    )
    where = "tenant_id = %(tenant_id)s" + _equal(equal, columns)
    if running is not None:
        where += f" AND stopped_at IS {'' if running else 'NOT '}NULL"
    values = {"tenant_id": tenant_id, **(equal or {})}
    query = f"SELECT {columns} FROM resources WHERE {where}"
    return _page(conn, query, ("resource_id",), values, after, limit)


def baselines(
    conn: psycopg.Connection[Any], *, tenant_id: str, after: Sequence[Any] | None, limit: int
) -> Rows:
    """The newest baselines; after (account_id, resource_type)."""
    order = ("account_id", "resource_type")
    return _page(conn, _LATEST_BASELINES, order, {"tenant_id": tenant_id}, after, limit)


def accounts(
    conn: psycopg.Connection[Any], *, tenant_id: str, after: Sequence[Any] | None, limit: int
) -> Rows:
    """Accounts that are configured, or that had events; after (account_id)."""
    query = f"SELECT * FROM ({_ACCOUNTS}) AS a WHERE true"
    return _page(conn, query, ("account_id",), {"tenant_id": tenant_id}, after, limit)


def audit(
    conn: psycopg.Connection[Any], *, tenant_id: str, after: Sequence[Any] | None, limit: int
) -> Rows:
    """The audit log, the newest first; after (id)."""
    query = "SELECT id, at, who, action, details FROM audit_log WHERE tenant_id = %(tenant_id)s"
    return _page(conn, query, ("id DESC",), {"tenant_id": tenant_id}, after, limit)


def _equal(equal: dict[str, str] | None, columns: str) -> str:
    """Conditions on columns, which must be among those of the query."""
    known = set(columns.replace(",", " ").split())
    if unknown := set(equal or {}) - known:
        raise ValueError(f"no such columns: {sorted(unknown)}")
    return "".join(f" AND {column} = %({column})s" for column in equal or {})


def _page(
    conn: psycopg.Connection[Any],
    query: str,
    order: tuple[str, ...],
    values: dict[str, Any],
    after: Sequence[Any] | None,
    limit: int,
) -> Rows:
    """All columns of the order go the same way, so that one row comparison finds the place."""
    if after is not None:
        columns = ", ".join(column.split()[0] for column in order)
        places = ", ".join(f"%(after_{number})s" for number in range(len(order)))
        query += f" AND ({columns}) {'<' if order[0].endswith('DESC') else '>'} ({places})"
        values = values | {f"after_{number}": value for number, value in enumerate(after)}
    query += f" ORDER BY {', '.join(order)} LIMIT %(limit)s"
    return conn.execute(query, {**values, "limit": limit}).fetchall()
