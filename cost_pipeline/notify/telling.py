"""What a queued message tells: made of the rows of the moment in which it goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg

from cost_pipeline.notify import digest
from cost_pipeline.notify.channel import Channel
from cost_pipeline.notify.mail import Mail
from cost_pipeline.notify.message import (
    Message,
    alert_message,
    folded_message,
    leftovers_message,
    resolved_message,
)
from cost_pipeline.store import alerts, leftovers, outbox_rules, prices
from cost_pipeline.store.alerts import QueuedAlert


class Decisions(Protocol):
    """Makes the links by which an alert can be answered without a login."""

    def __call__(
        self, anomaly_id: UUID, *, channel: str, sent_to: str, issued_at: datetime
    ) -> dict[str, str]:
        """Label → address."""


def message_of(
    conn: psycopg.Connection[Any],
    alert: QueuedAlert,
    *,
    tenant_id: str,
    dashboard_url: str,
    channel: Channel | None,
    decisions: Decisions | None,
) -> Message | None:
    """The message, or None where what it would tell is not so any more."""
    said: dict[str, Any] = {"dedup_key": alert.dedup_key, "dashboard_url": dashboard_url}
    scope: dict[str, Any] = {"tenant_id": tenant_id}
    if "leftovers" in alert.payload:
        left = leftovers.of_cause(conn, **scope, cause=alert.anomaly_id)
        return leftovers_message(left, **said, priced=prices.dates(conn)) if left else None
    if "folded" in alert.payload:
        rows = outbox_rules.folded(
            conn, **scope, channel=alert.channel, fold=alert.payload["folded"]
        )
        return folded_message(rows, **said, priced=prices.dates(conn)) if rows else None
    if "digest" in alert.payload:
        return digest.stored_message(conn, **scope, **alert.payload["digest"], **said)
    anomaly = alerts.anomaly(conn, **scope, anomaly_id=alert.anomaly_id)
    if anomaly is None:
        return None
    if "resolved" in alert.payload:
        return resolved_message(anomaly, **said, by=alert.payload["resolved"])
    if anomaly["answered"]:
        return None
    return alert_message(anomaly, **said, decisions=_links(alert, channel, decisions))


def _links(
    alert: QueuedAlert, channel: Channel | None, decisions: Decisions | None
) -> dict[str, str]:
    if decisions is None:
        return {}
    sent_to = ", ".join(channel.recipients) if isinstance(channel, Mail) else alert.channel
    return decisions(
        alert.anomaly_id, channel=alert.channel, sent_to=sent_to, issued_at=alert.created_at
    )
