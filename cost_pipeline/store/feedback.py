"""What people decide about anomalies: an append-only log, of which the last word counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.store import governance

Kind = Literal["acknowledged", "expected", "snoozed", "resolved", "reopened", "comment"]
_PATTERNED = ("expected", "snoozed", "reopened")

STATE = """
coalesce((SELECT CASE
    WHEN f.until IS NOT NULL AND f.until < now() THEN 'open'
    WHEN f.decision = 'reopened' THEN 'open' ELSE f.decision END
  FROM feedback f WHERE f.tenant_id = a.tenant_id AND f.anomaly_id = a.id
    AND f.decision <> 'comment' ORDER BY f.feedback_id DESC LIMIT 1), 'open')
"""
"""SQL for the state of the anomaly `a`, as people left it."""


def decide(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    anomaly_id: UUID,
    decision: Kind,
    by: str,
    until: datetime | None = None,
    comment: str | None = None,
) -> None:
    """Adds a decision; `expected` and `snoozed` mute the anomaly's pattern until a date.

    Raises:
        LookupError: there is no such anomaly.
    """
    anomaly = conn.execute(
        "SELECT account_id, actor, resource_type, region FROM anomalies"
        " WHERE tenant_id = %s AND id = %s",
        [tenant_id, anomaly_id],
    ).fetchone()
    if anomaly is None:
        raise LookupError(f"there is no anomaly {anomaly_id}")
    pattern = Jsonb(anomaly) if decision in _PATTERNED else None
    conn.execute(
        "INSERT INTO feedback (tenant_id, anomaly_id, pattern, decision, comment, decided_by,"
        " until) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [tenant_id, anomaly_id, pattern, decision, comment, by, until],
    )
    governance.audit(
        conn,
        tenant_id=tenant_id,
        who=by,
        action=f"anomaly {decision}",
        details={"anomaly": str(anomaly_id), "until": until.isoformat() if until else None},
    )


def history(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID
) -> list[dict[str, Any]]:
    """Everything said about an anomaly, the newest first."""
    return conn.execute(
        "SELECT decision, comment, decided_by, decided_at, until FROM feedback"
        " WHERE tenant_id = %s AND anomaly_id = %s ORDER BY feedback_id DESC",
        [tenant_id, anomaly_id],
    ).fetchall()
