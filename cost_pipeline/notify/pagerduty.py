"""PagerDuty's Events API v2: an incident for each anomaly, closed when somebody has dealt with it.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.channel import TIMEOUT_SECONDS
from cost_pipeline.notify.message import Message
from cost_pipeline.notify.posting import post

EVENTS_URL = "https://events.pagerduty.com/v2/enqueue"
_SEVERITIES = {"critical": "critical", "high": "error", "medium": "warning", "low": "info"}
_MOST_SUMMARY = 1024


@dataclass(frozen=True)
class PagerDuty:
    """A service's integration key."""

    key: str = field(repr=False)
    url: str = EVENTS_URL
    name: str = "pagerduty"
    timeout_seconds: float = TIMEOUT_SECONDS
    resolves: bool = True

    def send(self, message: Message) -> None:
        """Triggers the incident, or resolves it."""
        event = pagerduty_event(message, self.key)
        post(
            self.url, json.dumps(event, default=str).encode(), timeout_seconds=self.timeout_seconds
        )


def pagerduty_event(message: Message, key: str) -> dict[str, Any]:
    """The message as an event; every revision of an anomaly has the same `dedup_key`."""
    event: dict[str, Any] = {
        "routing_key": key,
        "event_action": "resolve" if message.kind == "resolved" else "trigger",
        "dedup_key": (message.incident or message.dedup_key)[:255],
    }
    if message.kind == "resolved":
        return event
    facts = message.facts
    return event | {
        "client": "dd0c/cost",
        "client_url": message.buttons.get("Open", ""),
        "links": [{"href": url, "text": label} for label, url in message.buttons.items()],
        "payload": {
            "summary": one_line(message.subject)[:_MOST_SUMMARY],
            "source": str(facts.get("account_id") or "dd0c/cost"),
            "severity": _SEVERITIES.get(message.severity, "warning"),
            "component": str(facts.get("resource_type") or ""),
            "group": str(facts.get("region") or ""),
            "class": message.kind,
            "custom_details": dict(facts) | {"why": list(message.lines)},
        },
    }
