"""Under which id an anomaly is known: messages and bookmarks keep the one that it had then."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg


def current_id(conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID) -> UUID:
    """The id under which an anomaly is known now: a later file may have given it another."""
    row = conn.execute(
        "SELECT anomaly_id FROM anomaly_aliases WHERE tenant_id = %s AND alias_id = %s",
        [tenant_id, anomaly_id],
    ).fetchone()
    return row["anomaly_id"] if row else anomaly_id
