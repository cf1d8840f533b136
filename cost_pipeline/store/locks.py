"""Advisory locks, held until the transaction ends; always a day before its tenant."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def lock_day(conn: psycopg.Connection[Any], tenant_id: str, day: date) -> None:
    """Waits for, and keeps, the right to write the cost events of one day."""
    conn.execute(_LOCK, [f"day {tenant_id} {day}"])


def lock_folding(conn: psycopg.Connection[Any], tenant_id: str) -> None:
    """Waits for, and keeps, the right to write what is derived from the cost events."""
    conn.execute(_LOCK, [f"folding {tenant_id}"])
