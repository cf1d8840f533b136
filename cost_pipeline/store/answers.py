"""What somebody answers by a link in a message: it decides once, whatever is opened again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import psycopg

from cost_pipeline.store import feedback, governance
from cost_pipeline.store.aliases import current_id

Answer = Literal["mine", "expected", "not-mine"]
Outcome = Literal["done", "again", "gone"]
EXPECTED_FOR = timedelta(days=30)


def shown(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID, link: str
) -> dict[str, Any] | None:
    """The anomaly that a link is about, with `used_at` where the link has decided; None: gone."""
    anomaly_id = current_id(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    return conn.execute(
        "SELECT a.title, a.severity, a.account_id, a.region, a.actor, a.hourly_cost,"
        " a.projected_monthly_cost, a.first_event_time, u.used_at FROM anomalies a"
        " LEFT JOIN used_links u ON u.tenant_id = a.tenant_id AND u.link = %s"
        " WHERE a.tenant_id = %s AND a.id = %s AND a.withdrawn_at IS NULL",
        [link, tenant_id, anomaly_id],
    ).fetchone()


def answer(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    anomaly_id: UUID,
    said: Answer,
    link: str,
    by: str,
    now: datetime,
) -> Outcome:
    """Takes an answer, once for each link.

    `mine` and `expected` (for 30 days) are decisions. `not-mine` takes `mine` back where that was
    the last word, and is a comment otherwise: the anomaly stays open, and people see who denied.
    """
    anomaly_id = current_id(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    known = conn.execute(
        "SELECT FROM anomalies WHERE tenant_id = %s AND id = %s AND withdrawn_at IS NULL",
        [tenant_id, anomaly_id],
    ).fetchone()
    if known is None:
        return "gone"
    first = conn.execute(
        "INSERT INTO used_links (tenant_id, link, anomaly_id, decision, used_at)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [tenant_id, link, anomaly_id, said, now],
    ).rowcount
    if not first:
        return "again"
    feedback.decide(
        conn,
        tenant_id=tenant_id,
        anomaly_id=anomaly_id,
        decision=_decision(conn, tenant_id, anomaly_id, said),
        by=by,
        until=now + EXPECTED_FOR if said == "expected" else None,
        comment="Not mine." if said == "not-mine" else None,
    )
    governance.audit(
        conn,
        tenant_id=tenant_id,
        who=by,
        action=f"answered '{said}' by a link",
        details={"anomaly": str(anomaly_id)},
    )
    return "done"


def _decision(
    conn: psycopg.Connection[Any], tenant_id: str, anomaly_id: UUID, said: Answer
) -> feedback.Kind:
    if said != "not-mine":
        return said
    words = feedback.history(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    last = next((word["decision"] for word in words if word["decision"] != "comment"), None)
    return "reopened" if last == "mine" else "comment"
