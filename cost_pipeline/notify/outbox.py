"""Messages on their way out: queued with the anomalies, delivered at least once.

A message is sent and marked in one transaction: only a death between the channel's acceptance
and the commit repeats it, under the same key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypedDict

import psycopg

from cost_pipeline.notify import operator, signal_breakers
from cost_pipeline.notify.channel import Channel, DeliveryError
from cost_pipeline.notify.message import Message
from cost_pipeline.notify.telling import Decisions, message_of
from cost_pipeline.store import (
    alerts,
    breakers,
    channels,
    digests,
    flags,
    governance,
    outbox_rules,
)
from cost_pipeline.store.alerts import QueuedAlert
from cost_pipeline.store.channels import Rules
from cost_pipeline.store.database import Database

LIVE_ALERTS = "live-alerts"
"""The feature flag that keeps alerts in until it ends; digests go out."""
_MOST_AT_ONCE = 500
Conn = psycopg.Connection[Any]


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


@dataclass(frozen=True, slots=True)
class _Round:
    """What stays the same while messages are delivered."""

    database: Database
    tenant_id: str
    channels: dict[str, Channel]
    rules: dict[str, Rules]
    dashboard_url: str
    now: datetime
    decisions: Decisions | None
    report: DeliveryReport


def run(
    database: Database,
    *,
    tenant_id: str,
    channels: Sequence[Channel],
    min_severity: str,
    dashboard_url: str,
    now: datetime,
    leftovers_from: float | None = None,
    rules: Mapping[str, Rules] | None = None,
    decisions: Decisions | None = None,
) -> DeliveryReport:
    """Queues what is new and delivers what is due; nothing goes out in panic or audit mode.

    What calls left behind is told from `leftovers_from` USD a month on; not at all where None.
    A channel without `rules` of its own is told everything from `min_severity` on.
    """
    said = dict(rules or {})
    known = {
        channel.name: said.get(channel.name, Rules(min_severity=min_severity))
        for channel in channels
    }
    round_ = _Round(
        database=database,
        tenant_id=tenant_id,
        channels={channel.name: channel for channel in channels},
        rules=known,
        dashboard_url=dashboard_url,
        now=now,
        decisions=decisions,
        report=DeliveryReport(),
    )
    if _enqueue(round_, leftovers_from):
        _deliver(round_)
        operator.tell(database, tenant_id=tenant_id, channels=channels, now=now)
    return round_.report


def _enqueue(round_: _Round, leftovers_from: float | None) -> bool:
    """Queues what is new; whether anything may go out."""
    report, now, tenant_id = round_.report, round_.now, round_.tenant_id
    told = {name: rules for name, rules in round_.rules.items() if "alerts" in rules.wants}
    with round_.database.transaction(tenant_id) as conn:
        if not governance.may_notify(conn, tenant_id=tenant_id):
            report.silenced = True
            return False
        if not _live(conn, round_):
            report.silenced = True
            return True
        held = signal_breakers.held(conn, tenant_id=tenant_id, now=now)
        report.queued = alerts.enqueue(
            conn, tenant_id=tenant_id, routes=told, now=now, held_signals=held
        )
        if leftovers_from is not None:
            report.queued += alerts.enqueue_leftovers(
                conn, tenant_id=tenant_id, routes=told, min_monthly=leftovers_from, now=now
            )
        resolving = [name for name in told if getattr(round_.channels[name], "resolves", False)]
        if resolving:
            outbox_rules.enqueue_resolutions(conn, tenant_id=tenant_id, channels=resolving, now=now)
        report.held = signal_breakers.watch(conn, tenant_id=tenant_id, now=now)
    return True


def _live(conn: Conn, round_: _Round) -> bool:
    """Whether alerts go out; digests do either way."""
    return flags.enabled(
        conn, tenant_id=round_.tenant_id, name=LIVE_ALERTS, now=round_.now, default=True
    )


def _deliver(round_: _Round) -> None:
    """Delivers all that is due, one message after the other."""
    with round_.database.transaction(round_.tenant_id) as conn:
        _keep_quiet(round_, conn)
    for _ in range(_MOST_AT_ONCE):
        if not _deliver_next(round_):
            break


def _keep_quiet(round_: _Round, conn: Conn) -> None:
    quiet = {name: rules for name, rules in round_.rules.items() if rules.quiet_from is not None}
    if not quiet:
        return
    zone = channels.zone_of(conn, tenant_id=round_.tenant_id)
    for name, rules in quiet.items():
        end = rules.quiet_end(round_.now, zone)
        if end is not None:
            outbox_rules.hold_until(
                conn,
                tenant_id=round_.tenant_id,
                channel=name,
                until=end,
                but_critical=rules.critical_breaks_quiet,
            )


def _deliver_next(round_: _Round) -> bool:
    """Delivers one message; whether there may be another.

    Asks for panic before each one, and leaves a channel that refused alone until the next run:
    a slow one costs a single time limit, not one for every message that waits for it.
    """
    tenant_id, now, report = round_.tenant_id, round_.now, round_.report
    with round_.database.transaction(tenant_id) as conn:
        if not governance.may_notify(conn, tenant_id=tenant_id):
            report.silenced = True
            return False
        shut = breakers.shut(conn, tenant_id=tenant_id, kind="channel", now=now)
        without = [*report.refused_by, *shut]
        alert = alerts.next_due(
            conn,
            tenant_id=tenant_id,
            now=now,
            without=without,
            digests_only=not _live(conn, round_),
        )
        if alert is None:
            return False
        guarded: _Breaker = {"tenant_id": tenant_id, "kind": "channel", "name": alert.channel}
        if not breakers.allows(conn, **guarded, now=now):
            report.refused_by.append(alert.channel)
            return True
        if _folded(round_, conn, alert):
            return True
        channel = round_.channels.get(alert.channel)
        message = _message(round_, conn, alert)
        if channel is None or message is None:
            reason = "the channel is gone" if channel is None else "it is not so any more"
            alerts.mark_folded(conn, alert_id=alert.alert_id, reason=reason)
            return True
        _send(round_, conn, alert, channel, message)
    return True


def _send(
    round_: _Round, conn: Conn, alert: QueuedAlert, channel: Channel, message: Message
) -> None:
    now, report = round_.now, round_.report
    guarded: _Breaker = {"tenant_id": round_.tenant_id, "kind": "channel", "name": alert.channel}
    try:
        _hand_over(channel, message)
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
        if "digest" in alert.payload:
            digests.note_sent(conn, tenant_id=round_.tenant_id, now=now, **alert.payload["digest"])


def _hand_over(channel: Channel, message: Message) -> None:
    """Sends; whatever else goes wrong in a channel is its failure, and holds up no other.

    Raises:
        DeliveryError: it was not taken.
    """
    try:
        channel.send(message)
    except DeliveryError:
        raise
    except Exception as error:  # its words may hold what is secret
        raise DeliveryError(f"the channel failed: {type(error).__name__}") from None


def _folded(round_: _Round, conn: Conn, alert: QueuedAlert) -> bool:
    """Whether the message was over its channel's limit: then it is told with the others."""
    rules = round_.rules.get(alert.channel)
    if rules is None or rules.hourly_limit is None or not alert.single:
        return False
    scope: dict[str, Any] = {"tenant_id": round_.tenant_id, "channel": alert.channel}
    if outbox_rules.sent_lately(conn, **scope, now=round_.now) < rules.hourly_limit:
        return False
    outbox_rules.fold(conn, **scope, now=round_.now)
    return True


def _message(round_: _Round, conn: Conn, alert: QueuedAlert) -> Message | None:
    return message_of(
        conn,
        alert,
        tenant_id=round_.tenant_id,
        dashboard_url=round_.dashboard_url,
        channel=round_.channels.get(alert.channel),
        decisions=round_.decisions,
    )
