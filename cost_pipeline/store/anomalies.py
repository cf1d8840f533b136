"""Anomalies as people look at them: a list to choose from, and one in full."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import psycopg

from cost_pipeline.store import burning, feedback, worst_cases
from cost_pipeline.store.aliases import current_id
from cost_pipeline.store.feedback import STATE

Sort = Literal["newest", "costliest", "severest", "oldest"]

_RANK = "array_position(ARRAY['low', 'medium', 'high', 'critical'], severity)"
_ORDERS: dict[str, str] = {
    "newest": "trigger_event_time DESC, id",
    "oldest": "trigger_event_time, id",
    "costliest": "projected_monthly_cost DESC, id",
    "severest": f"{_RANK} DESC, projected_monthly_cost DESC, id",
}

_ROWS = f"""
SELECT a.*, {STATE} AS state, d.detected_at, coalesce(d.backfilled, false) AS backfilled
FROM anomalies a LEFT JOIN anomaly_detections d ON d.anomaly_id = a.id
WHERE a.tenant_id = %(tenant_id)s
"""

_EVENTS = f"""
SELECT c.id, c.event_id, c.event_time, c.account_id, c.region, c.event_name, c.service,
  c.resource_type, c.resource_class, c.action, c.actor, c.actor_kind, c.actor_principal,
  c.actor_session, c.resource_ids, c.quantity, c.one_time_cost, c.price_basis, c.data,
  c.data->>'price' AS price,
  coalesce(c.hourly_cost, (SELECT sum(s.delta) FROM resource_spans s
    WHERE s.tenant_id = c.tenant_id AND s.from_event = c.id)) AS hourly_cost,
  {worst_cases.columns("c")}
FROM anomaly_events e JOIN cost_events c ON c.id = e.cost_event_id AND c.event_time = e.event_time
WHERE e.tenant_id = %(tenant_id)s AND e.anomaly_id = %(id)s
ORDER BY c.event_time, c.id LIMIT %(limit)s
"""

_RESOURCES = """
SELECT r.* FROM resources r WHERE r.tenant_id = %(tenant_id)s AND r.resource_id IN (
  SELECT s.resource_id FROM anomaly_events e JOIN resource_spans s
    ON s.tenant_id = e.tenant_id AND s.from_event = e.cost_event_id
  WHERE e.tenant_id = %(tenant_id)s AND e.anomaly_id = %(id)s)
ORDER BY r.hourly_cost DESC NULLS LAST, r.resource_id LIMIT %(limit)s
"""

_REFUSED = """
SELECT r.id, r.event_id, r.event_time, r.account_id, r.region, r.event_name, r.actor, r.error_code
FROM anomalies a JOIN refused_calls r ON r.tenant_id = a.tenant_id AND r.partition_day = a.day
  AND r.account_id = a.account_id AND r.actor = a.actor
WHERE a.tenant_id = %(tenant_id)s AND a.id = %(id)s
  AND a.reasons @> '[{"signal": "refused_calls"}]'
ORDER BY r.event_time, r.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which anomalies: empty fields let everything through; both days are included."""

    since: date | None = None
    until: date | None = None
    severities: Collection[str] = ()
    accounts: Collection[str] = ()
    actors: Collection[str] = ()
    resource_types: Collection[str] = ()
    states: Collection[str] = ()
    text: str = ""
    regions: Collection[str] = ()
    least_monthly: float = 0.0


def listing(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    chosen: Filter | None = None,
    sort: Sort = "newest",
    limit: int = 200,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """The anomalies that a filter lets through: state, detected_at, backfilled, worst case."""
    where, values = conditions(chosen or Filter())
    rows = conn.execute(
        f"SELECT * FROM ({_ROWS}) AS a WHERE {where} ORDER BY {_ORDERS[sort]}"
        " LIMIT %(limit)s OFFSET %(offset)s",
        {"tenant_id": tenant_id, "limit": limit, "offset": offset, **values},
    ).fetchall()
    return worst_cases.with_worst_case(conn, rows, tenant_id=tenant_id)


def count(conn: psycopg.Connection[Any], *, tenant_id: str, chosen: Filter | None = None) -> int:
    """How many anomalies a filter lets through."""
    where, values = conditions(chosen or Filter())
    row = conn.execute(
        f"SELECT count(*) AS anomalies FROM ({_ROWS}) AS a WHERE {where}",
        {"tenant_id": tenant_id, **values},
    ).fetchone()
    return row["anomalies"] if row else 0


def choices(conn: psycopg.Connection[Any], *, tenant_id: str) -> dict[str, list[str]]:
    """What may be filtered by: the accounts, actors, regions and types of all anomalies."""
    row = conn.execute(
        "SELECT array_agg(DISTINCT account_id ORDER BY account_id) AS accounts,"
        " array_agg(DISTINCT actor ORDER BY actor) AS actors,"
        " array_agg(DISTINCT region ORDER BY region) AS regions,"
        " array_agg(DISTINCT resource_type ORDER BY resource_type) AS resource_types"
        " FROM anomalies WHERE tenant_id = %s",
        [tenant_id],
    ).fetchone()
    return {name: values or [] for name, values in (row or {}).items()}


def detail(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    anomaly_id: UUID,
    now: datetime,
    most_bounds: int = 10,
) -> dict[str, Any] | None:
    """One anomaly: state, burn meter, worst cases, history of decisions, and what was usual.

    Of `worst_cases` there are at most `most_bounds`, the costliest also in the row, as in lists.
    """
    anomaly_id = current_id(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    scope = {"tenant_id": tenant_id, "id": anomaly_id}
    row = conn.execute(f"{_ROWS} AND a.id = %(id)s", scope).fetchone()
    if row is None:
        return None
    meter = burning.meters(conn, tenant_id=tenant_id, anomaly_ids=[anomaly_id], at=now)[anomaly_id]
    usual = conn.execute(
        "SELECT event_count, mean_hourly_cost, stddev, max_daily_added, days, as_of"
        " FROM baselines WHERE tenant_id = %s AND account_id = %s AND resource_type = %s"
        " AND as_of = %s",
        [tenant_id, row["account_id"], row["resource_type"], row["day"] - timedelta(days=1)],
    ).fetchone()
    bounds = worst_cases.worst_cases(
        conn, tenant_id=tenant_id, anomaly_id=anomaly_id, limit=most_bounds
    )
    return {
        **row,
        **worst_cases.costliest(bounds),
        "worst_cases": bounds,
        "spent": meter.spent,
        "burn": meter,
        "baseline": usual,
        "feedback": feedback.history(conn, tenant_id=tenant_id, anomaly_id=anomaly_id),
    }


def events(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID, limit: int = 500
) -> list[dict[str, Any]]:
    """The cost events behind an anomaly, in order of time: their cost resolved, and at most."""
    current = current_id(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    scope = {"tenant_id": tenant_id, "id": current, "limit": limit}
    return conn.execute(_EVENTS, scope).fetchall()


def refused(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID, limit: int = 500
) -> list[dict[str, Any]]:
    """The actor's calls of the day that AWS refused, where an anomaly tells of them."""
    current = current_id(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    scope = {"tenant_id": tenant_id, "id": current, "limit": limit}
    return conn.execute(_REFUSED, scope).fetchall()


def files(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID, limit: int = 20
) -> list[dict[str, Any]]:
    """The log files that hold an anomaly's records: url of the trail, and key."""
    current = current_id(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    return conn.execute(
        "SELECT DISTINCT t.url, o.key FROM anomaly_events e JOIN cost_events c"
        " ON c.id = e.cost_event_id AND c.event_time = e.event_time"
        " JOIN trail_objects o ON o.object_id = c.object_id JOIN trails t USING (trail_id)"
        " WHERE e.tenant_id = %s AND e.anomaly_id = %s ORDER BY 1, 2 LIMIT %s",
        [tenant_id, current, limit],
    ).fetchall()


def resources(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID, limit: int = 500
) -> list[dict[str, Any]]:
    """The resources that an anomaly touches, as they are now, the costliest first."""
    current = current_id(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    scope = {"tenant_id": tenant_id, "id": current, "limit": limit}
    return conn.execute(_RESOURCES, scope).fetchall()


def spent(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    anomaly_ids: Sequence[UUID],
    at: datetime,
) -> dict[UUID, Decimal]:
    """USD that each anomaly has cost until `at`, with what was paid once."""
    found = burning.meters(conn, tenant_id=tenant_id, anomaly_ids=anomaly_ids, at=at)
    return {anomaly_id: meter.spent for anomaly_id, meter in found.items()}


def usual_days(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    account_id: str,
    resource_type: str,
    since: date,
    until: date,
) -> list[dict[str, Any]]:
    """What each day added of one resource type in one account: day, hourly_added, event_count."""
    return conn.execute(
        "SELECT day, hourly_added, event_count, mean FROM activity"
        " WHERE tenant_id = %s AND account_id = %s AND resource_type = %s"
        " AND day BETWEEN %s AND %s ORDER BY day",
        [tenant_id, account_id, resource_type, since, until],
    ).fetchall()


def conditions(chosen: Filter) -> tuple[str, dict[str, Any]]:
    """A filter as SQL over the columns of `anomalies` and state, with its values."""
    sets = {
        "severity": chosen.severities,
        "account_id": chosen.accounts,
        "actor": chosen.actors,
        "resource_type": chosen.resource_types,
        "state": chosen.states,
        "region": chosen.regions,
    }
    values: dict[str, Any] = {column: list(wanted) for column, wanted in sets.items() if wanted}
    parts = [f"{column} = ANY(%({column})s)" for column in values]
    for name, comparison in (("since", ">="), ("until", "<=")):
        if (bound := getattr(chosen, name)) is not None:
            values[name] = bound
            parts.append(f"day {comparison} %({name})s")
    if chosen.least_monthly > 0:
        values["least_monthly"] = chosen.least_monthly
        parts.append("projected_monthly_cost >= %(least_monthly)s")
    if chosen.text.strip():
        values["text"] = chosen.text.strip()
        parts.append(
            "strpos(lower(concat_ws(' ', title, actor, account_id, resource_type, region)),"
            " lower(%(text)s)) > 0"
        )
    return " AND ".join(parts) or "true", values
