"""What is usual for each (tenant, account, resource type), as of the end of a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg

from cost_pipeline.core.detection_model import Baseline
from cost_pipeline.core.statistics import Moments

WINDOW_DAYS = 30


def _observed(column: str, name: str) -> str:
    """The CTE `name`: what was seen in `column` over the window, first and last, how much."""
    return f"""{name} AS (
  SELECT account_id, resource_type, jsonb_object_agg(seen, jsonb_build_object(
      'events', events, 'hourly_added', added, 'days', days,
      'first', first_seen, 'last', last_seen)) AS {name}
  FROM (
    SELECT account_id, resource_type, seen, sum((facts->>'events')::bigint) AS events,
      sum((facts->>'hourly_added')::numeric) AS added, count(*) AS days,
      min((facts->>'first')::timestamptz) AS first_seen,
      max((facts->>'last')::timestamptz) AS last_seen
    FROM learned, jsonb_each({column}) AS entry(seen, facts) GROUP BY 1, 2, 3
  ) AS merged GROUP BY 1, 2
)"""


# Chan, Golub and LeVeque's pairwise formula for all days at once:
# M2 = sum of m2_i + sum of n_i (mean_i - mean)^2.
_REBUILD = f"""
WITH learned AS MATERIALIZED (
  SELECT a.account_id, a.resource_type, a.day,
    coalesce(t.event_count, a.event_count) AS n, coalesce(t.mean, a.mean)::numeric AS mean_i,
    coalesce(t.m2, a.m2)::numeric AS m2_i, coalesce(t.hourly_added, a.hourly_added) AS added,
    coalesce(t.actors, a.actors) AS actors, coalesce(t.regions, a.regions) AS regions,
    coalesce(t.classes, a.classes) AS classes
  FROM activity a LEFT JOIN activity_trained t USING (tenant_id, account_id, resource_type, day)
  WHERE a.tenant_id = %(tenant_id)s AND a.day > %(after)s AND a.day <= %(day)s
), means AS (
  SELECT account_id, resource_type, sum(n) AS n,
    coalesce(sum(n * mean_i) / nullif(sum(n), 0), 0) AS mean,
    max(added) AS max_daily_added, count(*) FILTER (WHERE n > 0) AS days
  FROM learned GROUP BY 1, 2
), spread AS (
  SELECT account_id, resource_type, sum(m2_i + l.n * (mean_i - mean) ^ 2) AS m2
  FROM learned l JOIN means USING (account_id, resource_type) GROUP BY 1, 2
), {_observed("actors", "observed_actors")}, {_observed("regions", "observed_regions")},
{_observed("classes", "observed_classes")}
INSERT INTO baselines (tenant_id, account_id, resource_type, as_of, event_count,
  mean_hourly_cost, m2, stddev, observed_actors, observed_regions, observed_classes,
  max_daily_added, days)
SELECT %(tenant_id)s, account_id, resource_type, %(day)s, n, mean::float8, m2::float8,
  CASE WHEN n > 1 THEN sqrt(m2 / (n - 1))::float8 ELSE 0 END,
  coalesce(observed_actors, '{{}}'), coalesce(observed_regions, '{{}}'),
  coalesce(observed_classes, '{{}}'), max_daily_added, days
FROM means JOIN spread USING (account_id, resource_type)
LEFT JOIN observed_actors USING (account_id, resource_type)
LEFT JOIN observed_regions USING (account_id, resource_type)
LEFT JOIN observed_classes USING (account_id, resource_type)
"""


def rebuild(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date, window_days: int = WINDOW_DAYS
) -> int:
    """Replaces the baselines as of `day`, from the activity of the window that ends on it.

    A day of which something was left out of training counts as `activity_trained` has it.

    Returns:
        How many baselines there are.
    """
    scope = {"tenant_id": tenant_id, "day": day, "after": day - timedelta(days=window_days)}
    conn.execute("DELETE FROM baselines WHERE tenant_id = %(tenant_id)s AND as_of = %(day)s", scope)
    return conn.execute(_REBUILD, scope).rowcount


def load(
    conn: psycopg.Connection[Any], *, tenant_id: str, as_of: date
) -> dict[tuple[str, str], Baseline]:
    """The baselines as of a day, by (account_id, resource_type)."""
    rows = conn.execute(
        "SELECT account_id, resource_type, event_count, mean_hourly_cost, m2, days,"
        " max_daily_added, ARRAY(SELECT jsonb_object_keys(observed_actors)) AS actors,"
        " ARRAY(SELECT jsonb_object_keys(observed_regions)) AS regions,"
        " ARRAY(SELECT jsonb_object_keys(observed_classes)) AS classes"
        " FROM baselines WHERE tenant_id = %s AND as_of = %s",
        [tenant_id, as_of],
    )
    return {(row["account_id"], row["resource_type"]): _baseline(row) for row in rows}


def latest(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """The newest baselines, the most active first."""
    return conn.execute(
        "SELECT * FROM baselines WHERE tenant_id = %s AND as_of ="
        " (SELECT max(as_of) FROM baselines WHERE tenant_id = %s)"
        " ORDER BY event_count DESC, account_id, resource_type",
        [tenant_id, tenant_id],
    ).fetchall()


def trained_on(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    account_id: str,
    resource_type: str,
    since: date,
    until: date,
) -> list[dict[str, Any]]:
    """The days a baseline was learned from: day, learned and left_out (USD an hour), events."""
    return conn.execute(
        "SELECT a.day, coalesce(t.hourly_added, a.hourly_added) AS learned,"
        " a.hourly_added - coalesce(t.hourly_added, a.hourly_added) AS left_out,"
        " coalesce(t.event_count, a.event_count) AS events FROM activity a"
        " LEFT JOIN activity_trained t USING (tenant_id, account_id, resource_type, day)"
        " WHERE a.tenant_id = %s AND a.account_id = %s AND a.resource_type = %s"
        " AND a.day BETWEEN %s AND %s ORDER BY a.day",
        [tenant_id, account_id, resource_type, since, until],
    ).fetchall()


def _baseline(row: dict[str, Any]) -> Baseline:
    return Baseline(
        Moments(row["event_count"], row["mean_hourly_cost"], row["m2"]),
        frozenset(row["actors"]),
        frozenset(row["regions"]),
        frozenset(row["classes"]),
        float(row["max_daily_added"]),
        row["days"],
    )
