"""What a range of days came to, for the summary that closes a run."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg


def range_facts(
    conn: psycopg.Connection[Any], *, tenant_id: str, since: date, until: date
) -> dict[str, int]:
    """Counts: files read, records, cost_events, unpriced, quarantined, anomalies."""
    row = conn.execute(
        "SELECT f.*, e.*, a.* FROM"
        " (SELECT count(*) FILTER (WHERE state = 'done') AS files,"
        "  coalesce(sum(records), 0)::bigint AS records,"
        "  coalesce(sum(quarantined), 0)::bigint AS quarantined FROM trail_objects"
        "  WHERE tenant_id = %(t)s AND day BETWEEN %(since)s AND %(until)s) f,"
        " (SELECT count(*) AS cost_events, count(*) FILTER (WHERE price_basis = 'unpriced'"
        "  AND action = 'start') AS unpriced FROM cost_events"
        "  WHERE tenant_id = %(t)s AND partition_day BETWEEN %(since)s AND %(until)s) e,"
        " (SELECT count(*) AS anomalies FROM anomalies"
        "  WHERE tenant_id = %(t)s AND day BETWEEN %(since)s AND %(until)s) a",
        {"t": tenant_id, "since": since, "until": until},
    ).fetchone()
    return row or {}
