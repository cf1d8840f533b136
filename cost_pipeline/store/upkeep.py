"""Partitions made ahead of time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import psycopg


def ensure_partitions(conn: psycopg.Connection[Any], *, since: date, months: int) -> None:
    """Makes the monthly partitions of `cost_events` from a day on."""
    conn.execute(
        "SELECT ensure_cost_events_partition((date_trunc('month', %s::date)"
        " + n * interval '1 month')::date) FROM generate_series(0, %s) AS n",
        [since, months],
    )


def forget_failures(conn: psycopg.Connection[Any], *, before: datetime) -> int:
    """Drops the reasons of runs that failed before a moment; returns how many."""
    return conn.execute("DELETE FROM pipeline_failures WHERE at < %s", [before]).rowcount
