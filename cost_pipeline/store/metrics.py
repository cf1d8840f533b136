"""Numbers about one tenant's pipeline, for whoever watches it."""

from __future__ import annotations

from typing import Any

import psycopg

_QUERIES = {
    "files": "SELECT state AS label, count(*) AS value FROM trail_objects"
    " WHERE tenant_id = %(t)s GROUP BY 1",
    "anomalies": "SELECT severity AS label, count(*) AS value FROM anomalies"
    " WHERE tenant_id = %(t)s GROUP BY 1",
    "alerts": "SELECT state AS label, count(*) AS value FROM alerts"
    " WHERE tenant_id = %(t)s GROUP BY 1",
    "breakers": "SELECT state AS label, count(*) AS value FROM breakers"
    " WHERE tenant_id = %(t)s GROUP BY 1",
    "lag": "SELECT url AS label, extract(epoch FROM now() - last_object_at)::float8 AS value"
    " FROM trails WHERE tenant_id = %(t)s AND last_object_at IS NOT NULL AND state <> 'paused'",
    "events": "SELECT 'matched' AS label, coalesce(sum(matched), 0)::bigint AS value"
    " FROM trail_objects WHERE tenant_id = %(t)s UNION ALL"
    " SELECT 'records', coalesce(sum(records), 0)::bigint FROM trail_objects"
    " WHERE tenant_id = %(t)s UNION ALL"
    " SELECT 'quarantined', coalesce(sum(quarantined), 0)::bigint FROM trail_objects"
    " WHERE tenant_id = %(t)s",
    "last_event": "SELECT 'age' AS label, extract(epoch FROM now() - max(event_time))::float8"
    " AS value FROM cost_events WHERE tenant_id = %(t)s"
    " AND event_time > now() - interval '35 days' HAVING max(event_time) IS NOT NULL",
}


def collect(conn: psycopg.Connection[Any], *, tenant_id: str) -> dict[str, dict[str, float]]:
    """By subject, a value for each label: files, anomalies, alerts, breakers by state; and so on.

    `lag` is in seconds by trail, `last_event` the age of the newest event in seconds.
    """
    return {
        subject: {
            row["label"]: float(row["value"]) for row in conn.execute(query, {"t": tenant_id})
        }
        for subject, query in _QUERIES.items()
    }


def failed_runs(conn: psycopg.Connection[Any]) -> int:
    """How many failures of runs are kept."""
    row = conn.execute("SELECT count(*) AS failures FROM pipeline_failures").fetchone()
    return row["failures"] if row else 0


def runs_by_state(url: str) -> dict[str, int]:
    """Dagster's runs by state, from its own storage; empty where it does not answer.

    Args:
        url: of Dagster's Postgres, which belongs to the whole installation.
    """
    try:
        with psycopg.connect(url, connect_timeout=2) as conn:
            rows = conn.execute("SELECT status, count(*) FROM runs GROUP BY status").fetchall()
    except psycopg.Error:
        return {}
    return {str(status).lower(): int(count) for status, count in rows}
