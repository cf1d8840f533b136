"""How the pipeline itself is doing."""

from __future__ import annotations

from typing import Any

import psycopg

# Of older days `activity` knows the last event; of the last two, which it may not have yet,
# the events themselves tell.
_LAST_EVENTS = """
SELECT account_id, max(last_event) AS last_event FROM (
  SELECT account_id, event_time AS last_event FROM cost_events
  WHERE tenant_id = %(tenant_id)s AND partition_day >= (now() AT TIME ZONE 'UTC')::date - 1
  UNION ALL
  SELECT account_id, (facts->>'last')::timestamptz FROM activity, jsonb_each(regions) AS r(_, facts)
  WHERE tenant_id = %(tenant_id)s AND day > (now() AT TIME ZONE 'UTC')::date - 35
) AS known GROUP BY account_id ORDER BY account_id
"""


def note_failure(
    conn: psycopg.Connection[Any], *, tenant_id: str, run_id: str, asset: str, message: str
) -> None:
    """Keeps why a tenant's run failed."""
    conn.execute(
        "INSERT INTO pipeline_failures (tenant_id, run_id, asset, message) VALUES (%s, %s, %s, %s)",
        [tenant_id, run_id, asset, message[:4000]],
    )


def overview(conn: psycopg.Connection[Any], *, tenant_id: str) -> dict[str, Any]:
    """Trails with their lag, files by state, failures of the last day, unpriced calls."""
    scope = {"tenant_id": tenant_id}

    def rows(query: str) -> list[dict[str, Any]]:
        return conn.execute(query, scope).fetchall()

    return {
        "trails": rows(
            "SELECT url, state, error, last_object_at, last_listed_at FROM trails"
            " WHERE tenant_id = %(tenant_id)s AND state <> 'paused' ORDER BY trail_id"
        ),
        "files": {
            row["state"]: row["files"]
            for row in rows(
                "SELECT state, count(*) AS files FROM trail_objects"
                " WHERE tenant_id = %(tenant_id)s GROUP BY state"
            )
        },
        "quarantined": rows(
            "SELECT count(*) AS records FROM quarantined_records WHERE tenant_id = %(tenant_id)s"
        )[0]["records"],
        "accounts": rows(_LAST_EVENTS),
        "unpriced": rows(
            "SELECT service, event_name, resource_class, count(*) AS events FROM cost_events"
            " WHERE tenant_id = %(tenant_id)s AND price_basis = 'unpriced'"
            " AND action = 'start' AND event_time > now() - interval '35 days'"
            " GROUP BY 1, 2, 3 ORDER BY events DESC LIMIT 20"
        ),
        "failures": rows(
            "SELECT run_id, asset, message, at FROM pipeline_failures"
            " WHERE tenant_id = %(tenant_id)s AND at > now() - interval '1 day'"
            " ORDER BY at DESC LIMIT 20"
        ),
    }


def lag(conn: psycopg.Connection[Any], *, tenant_id: str) -> dict[str, Any]:
    """How far behind reading is.

    waiting (files registered and unread) and oldest (since when the first of them waits);
    seconds (median from a file's delivery to its events, of those delivered in the last day).
    """
    row = conn.execute(
        "SELECT (SELECT count(*) FROM trail_objects WHERE tenant_id = %(t)s"
        "  AND state = 'pending') AS waiting,"
        " (SELECT min(discovered_at) FROM trail_objects WHERE tenant_id = %(t)s"
        "  AND state = 'pending') AS oldest,"
        " (SELECT percentile_cont(0.5) WITHIN GROUP"
        "   (ORDER BY extract(epoch FROM done_at - last_modified)) FROM trail_objects"
        "  WHERE tenant_id = %(t)s AND day >= (now() AT TIME ZONE 'UTC')::date - 1"
        "  AND state = 'done' AND last_modified > now() - interval '1 day') AS seconds",
        {"t": tenant_id},
    ).fetchone()
    return row or {"waiting": 0, "oldest": None, "seconds": None}
