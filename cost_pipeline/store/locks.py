"""Advisory locks, held until the transaction ends; prices before a day before its tenant."""

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


def lock_prices(conn: psycopg.Connection[Any], *, change: bool) -> None:
    """Waits until nobody changes prices, or to `change` them, until nobody commits events either.

    So what was priced with old prices is committed before these change, and is then queued to
    be priced again, or notices at its commit that they have changed.
    """
    shared = "" if change else "_shared"
    conn.execute(f"SELECT pg_advisory_xact_lock{shared}(hashtextextended('prices', 0))")
