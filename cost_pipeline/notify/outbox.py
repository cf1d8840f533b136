"""Alerts on their way out: queued with the anomalies, delivered at least once.

A message is sent and marked in one transaction: only a death between the channel's acceptance
and the commit repeats it, under the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict

from cost_pipeline.notify import operator, signal_breakers
from cost_pipeline.notify.channels import Channel, DeliveryError
from cost_pipeline.notify.message import Message, alert_message, leftovers_message
from cost_pipeline.store import alerts, breakers, flags, governance
from cost_pipeline.store.alerts import QueuedAlert
from cost_pipeline.store.database import Database

LIVE_ALERTS = "live-alerts"
"""The feature flag that keeps alerts in until it ends; digests go out."""
_MOST_AT_ONCE = 500


class _Breaker(TypedDict):
    tenant_id: str
    kind: breakers.Kind
    name: str


@dataclass(slots=True)
class DeliveryReport:
    """What became of the messages that were due."""

    queued: int = 0
    sent: int = 0
    failed: int = 0
    held: int = 0
    silenced: bool = False
    refused_by: list[str] = field(default_factory=list)


def run(
    database: Database,
    *,
    tenant_id: str,
    channels: Sequence[Channel],
    min_severity: str,
    dashboard_url: str,
    now: datetime,
    leftovers_from: float | None = None,
) -> DeliveryReport:
    """Queues what is new and delivers what is due; nothing goes out in panic or audit mode.

    What calls left behind is told from `leftovers_from` USD a month on; not at all where None.
    """
    report = DeliveryReport()
    with database.transaction(tenant_id) as conn:
        if not governance.may_notify(conn, tenant_id=tenant_id) or not flags.enabled(
            conn, tenant_id=tenant_id, name=LIVE_ALERTS, now=now, default=True
        ):
            report.silenced = True
            return report
        report.queued = alerts.enqueue(
            conn,
            tenant_id=tenant_id,
            channels=[channel.name for channel in channels],
            min_severity=min_severity,
            now=now,
            held_signals=signal_breakers.held(conn, tenant_id=tenant_id, now=now),
        )
        if leftovers_from is not None:
            report.queued += alerts.enqueue_leftovers(
                conn,
                tenant_id=tenant_id,
                channels=[channel.name for channel in channels],
                min_monthly=leftovers_from,
                now=now,
            )
        report.held = signal_breakers.watch(conn, tenant_id=tenant_id, now=now)
    by_name = {channel.name: channel for channel in channels}
    for _ in range(_MOST_AT_ONCE):
        if not _deliver_next(database, tenant_id, by_name, dashboard_url, now, report):
            break
    operator.tell(database, tenant_id=tenant_id, channels=channels, now=now)
    return report


def _deliver_next(
    database: Database,
    tenant_id: str,
    channels: dict[str, Channel],
    dashboard_url: str,
    now: datetime,
    report: DeliveryReport,
) -> bool:
    """Delivers one message; whether there may be another.

    Asks for panic before each one, and leaves a channel that refused alone until the next run:
    a slow one costs a single time limit, not one for every message that waits for it.
    """
    with database.transaction(tenant_id) as conn:
        if not governance.may_notify(conn, tenant_id=tenant_id):
            report.silenced = True
            return False
        shut = breakers.shut(conn, tenant_id=tenant_id, kind="channel", now=now)
        without = [*report.refused_by, *shut]
        alert = alerts.next_due(conn, tenant_id=tenant_id, now=now, without=without)
        if alert is None:
            return False
        guarded: _Breaker = {"tenant_id": tenant_id, "kind": "channel", "name": alert.channel}
        if not breakers.allows(conn, **guarded, now=now):
            report.refused_by.append(alert.channel)
            return True
        channel = channels.get(alert.channel)
        message = _message(alert, dashboard_url)
        if channel is None or message is None:
            reason = "the channel is gone" if channel is None else "it was revised away"
            alerts.mark_folded(conn, alert_id=alert.alert_id, reason=reason)
            return True
        try:
            channel.send(message)
        except DeliveryError as error:
            wait = error.retry_after or 30 * 2**alert.attempts
            alerts.mark_failed(
                conn,
                alert_id=alert.alert_id,
                error=str(error),
                retry_at=now + timedelta(seconds=wait),
            )
            breakers.failed(conn, **guarded, reason=str(error), now=now)
            report.failed += 1
            report.refused_by.append(alert.channel)
        else:
            alerts.mark_sent(conn, alert_id=alert.alert_id, now=now)
            breakers.succeeded(conn, **guarded)
            report.sent += 1
    return True


def _message(alert: QueuedAlert, dashboard_url: str) -> Message | None:
    """What is told, or None where it is not so any more."""
    said = {"dedup_key": alert.dedup_key, "dashboard_url": dashboard_url}
    if alert.leftovers:
        return leftovers_message(alert.leftovers, **said)
    return alert_message(alert.anomaly, **said) if alert.anomaly else None
