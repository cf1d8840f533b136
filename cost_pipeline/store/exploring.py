"""Cost events by any two of account, region, service, type, actor, call and day, added up in SQL.

What a call changes an hour comes from the history of what it touched, which knows what the
record itself does not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, get_args

import psycopg

from cost_pipeline.store import worst_cases

Dimension = Literal["account_id", "region", "service", "resource_type", "actor", "event_name"]
Columns = Literal["day", "account_id", "region", "service", "resource_type", "actor", "event_name"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

Where = Mapping[Dimension, Sequence[str]]

_NAMED_SPANS = """
(SELECT s.*, e.event_name FROM resource_spans s
JOIN cost_events e ON e.id = s.from_event AND e.event_time = s.from_time
WHERE e.tenant_id = %(tenant_id)s AND e.partition_day BETWEEN %(since)s AND %(until)s) AS named
"""
_RANGE = "tenant_id = %(tenant_id)s AND partition_day BETWEEN %(since)s AND %(until)s"


def pivot(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    rows: Dimension,
    columns: Columns,
    since: date,
    until: date,
    where: Where | None = None,
    limit: int = 5_000,
) -> list[dict[str, Any]]:
    """One row for each pair: name, col, events, added and removed (USD an hour), one_time.

    Of more pairs than `limit`, those that added the most.
    """
    narrowed = where or {}
    conditions = _conditions(narrowed)
    names = {str(rows), str(columns), *map(str, narrowed)}
    spans = _NAMED_SPANS if "event_name" in names else "resource_spans"
    pair = f"{rows} AS name, {'partition_day' if columns == 'day' else columns} AS col"
    # One index holds all that is added up; planners of spinning disks would read the table.
    conn.execute("SET LOCAL random_page_cost = 1.1")
    return conn.execute(
        "SELECT name, col::text, events, coalesce(added, 0) AS added,"
        " coalesce(removed, 0) AS removed, one_time"
        f" FROM (SELECT {pair}, count(*) AS events, sum(one_time_cost) AS one_time"
        f"  FROM cost_events WHERE {_RANGE}{conditions} GROUP BY 1, 2) AS counted"
        f" LEFT JOIN (SELECT {pair}, sum(delta) FILTER (WHERE delta > 0) AS added,"
        f"  sum(delta) FILTER (WHERE delta < 0) AS removed FROM {spans}"
        f"  WHERE {_RANGE}{conditions} GROUP BY 1, 2) AS summed USING (name, col)"
        " ORDER BY 4 DESC, events DESC, name, col LIMIT %(limit)s",
        _values(tenant_id, since, until, narrowed) | {"limit": limit},
    ).fetchall()


def events(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    since: date,
    until: date,
    where: Where | None = None,
    limit: int = 500,
) -> list[dict[str, Any]]:
    """The calls behind a sum, the newest first: what each changes an hour, and allows at most."""
    narrowed = where or {}
    return conn.execute(
        "SELECT e.event_time, e.event_name, e.resource_class, e.quantity, coalesce(e.hourly_cost,"
        "  (SELECT sum(s.delta) FROM resource_spans s WHERE s.tenant_id = e.tenant_id"
        "   AND s.from_event = e.id)) AS hourly_cost,"
        f" {worst_cases.columns('e')}, e.one_time_cost, e.actor, e.account_id, e.region,"
        " e.resource_type, e.action, e.price_basis, e.data->>'price' AS price, e.resource_ids"
        f" FROM (SELECT * FROM cost_events WHERE {_RANGE}{_conditions(narrowed)}"
        "  ORDER BY partition_day DESC, event_time DESC, id LIMIT %(limit)s) AS e"
        " ORDER BY e.event_time DESC, e.id",
        _values(tenant_id, since, until, narrowed) | {"limit": limit},
    ).fetchall()


def choices(
    conn: psycopg.Connection[Any], *, tenant_id: str, since: date, until: date
) -> dict[str, list[str]]:
    """What may be narrowed by: account_id, region, resource_type and actor of those days."""
    row = conn.execute(
        "SELECT array_agg(DISTINCT account_id ORDER BY account_id) AS account_id,"
        " array_agg(DISTINCT resource_type ORDER BY resource_type) AS resource_type,"
        " ARRAY(SELECT DISTINCT jsonb_object_keys(regions) FROM activity WHERE"
        "  tenant_id = %(t)s AND day BETWEEN %(since)s AND %(until)s ORDER BY 1) AS region,"
        " ARRAY(SELECT DISTINCT jsonb_object_keys(actors) FROM activity WHERE"
        "  tenant_id = %(t)s AND day BETWEEN %(since)s AND %(until)s ORDER BY 1) AS actor"
        " FROM activity WHERE tenant_id = %(t)s AND day BETWEEN %(since)s AND %(until)s",
        {"t": tenant_id, "since": since, "until": until},
    ).fetchone()
    return {name: values or [] for name, values in (row or {}).items()}


def _conditions(where: Where) -> str:
    unknown = set(where) - set(DIMENSIONS)
    if unknown:
        raise ValueError(f"no such dimension: {', '.join(sorted(unknown))}")
    return "".join(f" AND {name} = ANY(%({name})s)" for name in where)


def _values(tenant_id: str, since: date, until: date, where: Where) -> dict[str, Any]:
    scope: dict[str, Any] = {"tenant_id": tenant_id, "since": since, "until": until}
    return scope | {str(name): list(values) for name, values in where.items()}
