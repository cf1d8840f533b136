"""Word to whoever runs this: a breaker opened, and what it now holds back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.channel import Channel, DeliveryError
from cost_pipeline.notify.message import Message
from cost_pipeline.store import breakers, governance
from cost_pipeline.store.database import Database

_HELD = {
    "channel": "Messages for it wait in the outbox.",
    "account": "It is not called; what is known of it stays.",
    "signal": "Its anomalies are still found and listed; only critical ones are alerted.",
}


def tell(database: Database, *, tenant_id: str, channels: Sequence[Channel], now: datetime) -> int:
    """Tells of breakers that opened since the last time, once each; how many there were.

    Through every channel that still takes something; where none does, the next run tries again.
    """
    with database.transaction(tenant_id) as conn:
        if not governance.may_notify(conn, tenant_id=tenant_id):
            return 0
        opened = breakers.untold(conn, tenant_id=tenant_id)
        if not opened:
            return 0
        shut = breakers.shut(conn, tenant_id=tenant_id, kind="channel", now=now)
        shut += [one["name"] for one in opened if one["kind"] == "channel"]
        message = _message(opened, tenant_id)
        took = [_sent(channel, message) for channel in channels if channel.name not in shut]
        if any(took):
            breakers.mark_told(conn, tenant_id=tenant_id, told=opened, now=now)
    return len(opened)


def _sent(channel: Channel, message: Message) -> bool:
    try:
        channel.send(message)
    except DeliveryError:
        return False
    return True


def _message(opened: Sequence[dict[str, Any]], tenant_id: str) -> Message:
    lines = [
        one_line(
            f"The breaker of {one['kind']} {one['name']} opened: {one['reason']}. "
            f"{_HELD[one['kind']]} It tries again at {one['retry_at']:%Y-%m-%d %H:%M} UTC."
        )
        for one in opened
    ]
    mend = "To let it go on at once: cost-pipeline breaker close KIND NAME"
    first = opened[0]
    more = f" and {len(opened) - 1} more" if len(opened) > 1 else ""
    return Message(
        subject=f"dd0c/cost: breaker of {first['kind']} {first['name']} opened{more}",
        text="\n".join([*lines, "", mend]),
        html="".join(f"<p>{escape(line)}</p>" for line in [*lines, mend]),
        dedup_key=f"breaker/{tenant_id}/{first['kind']}/{first['name']}/{first['opened_at']}",
        severity="high",
    )
