"""Messages of queues that named no log file of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

_MOST_BODY = 65_536


@dataclass(frozen=True, slots=True)
class Reject:
    """A message, and why nothing could be made of it."""

    message_id: str
    reason: str
    body: str


def keep_rejects(
    conn: psycopg.Connection[Any], *, tenant_id: str, trail_id: int, rejects: Sequence[Reject]
) -> None:
    """Keeps messages that are about to be taken off their queue."""
    conn.execute(
        "INSERT INTO queue_rejects (trail_id, tenant_id, message_id, reason, body)"
        " SELECT %s, %s, * FROM unnest(%s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING",
        [
            trail_id,
            tenant_id,
            [reject.message_id for reject in rejects],
            [reject.reason[:1000].replace("\0", "") for reject in rejects],
            [reject.body[:_MOST_BODY].replace("\0", "") for reject in rejects],
        ],
    )


def rejects(
    conn: psycopg.Connection[Any], *, tenant_id: str, limit: int = 100
) -> list[dict[str, Any]]:
    """Kept messages, the newest first: url of the trail, message_id, reason, body, received_at."""
    return conn.execute(
        "SELECT t.url, q.message_id, q.reason, q.body, q.received_at FROM queue_rejects q"
        " JOIN trails t USING (trail_id) WHERE q.tenant_id = %s"
        " ORDER BY q.received_at DESC LIMIT %s",
        [tenant_id, limit],
    ).fetchall()


def reject_count(conn: psycopg.Connection[Any], *, tenant_id: str) -> int:
    """How many messages are kept."""
    row = conn.execute(
        "SELECT count(*) AS kept FROM queue_rejects WHERE tenant_id = %s", [tenant_id]
    ).fetchone()
    return int(row["kept"]) if row else 0
