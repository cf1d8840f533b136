"""What people decide about anomalies: an append-only log, of which the last word counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.store import governance
from cost_pipeline.store.aliases import current_id

Kind = Literal["acknowledged", "expected", "mine", "snoozed", "resolved", "reopened", "comment"]
_PATTERNED = ("expected", "snoozed", "reopened")
_FIELDS = ("account_id", "actor", "resource_type", "region")

# Who is named together ("everybody in 1111") is in no event, so the pattern leaves them out.
_PATTERN = """
jsonb_strip_nulls(jsonb_build_object('account_id', account_id,
  'actor', CASE WHEN actor_kind <> 'account' THEN coalesce(who, actor) END,
  'resource_type', resource_type, 'region', region,
  'refused', CASE WHEN reasons @> '[{"signal": "refused_calls"}]' THEN true END))
"""

STATE = """
coalesce((SELECT CASE
    WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn'
    WHEN f.until IS NOT NULL AND f.until < now() THEN 'open'
    WHEN f.decision = 'reopened' THEN 'open' ELSE f.decision END
  FROM feedback f WHERE f.tenant_id = a.tenant_id AND f.anomaly_id = a.id
    AND f.decision <> 'comment' ORDER BY f.feedback_id DESC LIMIT 1),
  CASE WHEN a.withdrawn_at IS NULL THEN 'open' ELSE 'withdrawn' END)
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
    fields: Collection[str] = _FIELDS,
) -> None:
    """Adds a decision.

    `expected` and `snoozed` mute the anomaly's pattern until a date: what agrees with it in all
    of `fields` (any of account_id, actor, resource_type, region); where it tells of calls that
    AWS refused, also the warning about such calls of the actor, whatever they are. `mine` says
    that somebody answers for this one anomaly: it is told no more, and others like it are.

    Raises:
        LookupError: there is no such anomaly.
        ValueError: the pattern would cover everything, or names an unknown field.
    """
    if not fields or not set(fields) <= set(_FIELDS):
        raise ValueError(f"a pattern is made of at least one of {', '.join(_FIELDS)}")
    anomaly_id = current_id(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    anomaly = conn.execute(
        f"SELECT {_PATTERN} AS pattern FROM anomalies WHERE tenant_id = %s AND id = %s",
        [tenant_id, anomaly_id],
    ).fetchone()
    if anomaly is None:
        raise LookupError(f"there is no anomaly {anomaly_id}")
    pattern = None
    if decision in _PATTERNED:
        wanted = {*fields, "refused"}
        known = {name: value for name, value in anomaly["pattern"].items() if name in wanted}
        if not known.keys() & set(fields):
            raise ValueError(f"it would cover everything: this has no {' or '.join(fields)}")
        pattern = Jsonb(known)
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


def decide_all(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    anomaly_ids: Sequence[UUID],
    decision: Kind,
    by: str,
    until: datetime | None = None,
    comment: str | None = None,
) -> int:
    """The same decision about many anomalies at once; how many there were of them."""
    found = conn.execute(
        "INSERT INTO feedback (tenant_id, anomaly_id, pattern, decision, comment, decided_by,"
        f" until) SELECT tenant_id, id, CASE WHEN %(patterned)s THEN {_PATTERN} END,"
        "  %(decision)s, %(comment)s, %(by)s, %(until)s"
        " FROM anomalies WHERE tenant_id = %(tenant_id)s AND id = ANY(%(ids)s)"
        " RETURNING anomaly_id",
        {
            "tenant_id": tenant_id,
            "ids": list(anomaly_ids),
            "patterned": decision in _PATTERNED,
            "decision": decision,
            "comment": comment,
            "by": by,
            "until": until,
        },
    ).fetchall()
    governance.audit(
        conn,
        tenant_id=tenant_id,
        who=by,
        action=f"anomaly {decision}",
        details={
            "anomalies": [str(row["anomaly_id"]) for row in found],
            "until": until.isoformat() if until else None,
        },
    )
    return len(found)


def history(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID
) -> list[dict[str, Any]]:
    """Everything said about an anomaly, the newest first."""
    return conn.execute(
        "SELECT decision, comment, decided_by, decided_at, until FROM feedback"
        " WHERE tenant_id = %s AND anomaly_id = %s ORDER BY feedback_id DESC",
        [tenant_id, anomaly_id],
    ).fetchall()
