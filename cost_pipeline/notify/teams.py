"""Microsoft Teams: an Adaptive Card to a workflow's webhook."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.channel import TIMEOUT_SECONDS
from cost_pipeline.notify.message import Message
from cost_pipeline.notify.posting import post

_COLOURS = {"critical": "Attention", "high": "Warning", "medium": "Accent", "low": "Default"}
_MOST_LINES = 20
_MOST_TEXT = 12_000  # a card may have 28 kB


@dataclass(frozen=True)
class Teams:
    """A workflow ("Post to a channel when a webhook request is received")."""

    url: str = field(repr=False)
    name: str = "teams"
    timeout_seconds: float = TIMEOUT_SECONDS

    def send(self, message: Message) -> None:
        """Posts the card."""
        body = json.dumps(teams_payload(message)).encode()
        post(self.url, body, timeout_seconds=self.timeout_seconds)


def teams_payload(message: Message) -> dict[str, Any]:
    """The message as an Adaptive Card; its text runs know no Markdown, so that names are names."""
    body = [_text(message.headline or message.subject, 300, size="Large", weight="Bolder",
                  color=_COLOURS.get(message.severity, "Default"))]  # fmt: skip
    for name, value in message.fields:
        body.append(
            {
                "type": "RichTextBlock",
                "inlines": [
                    {"type": "TextRun", "text": f"{name}: ", "isSubtle": True},
                    {"type": "TextRun", "text": one_line(value)[:300]},
                ],
            }
        )
    lines = message.lines[:_MOST_LINES]
    body += [_text(f"• {line}", _MOST_TEXT // len(lines)) for line in lines]
    actions = [
        {"type": "Action.OpenUrl", "title": label, "url": url}
        for label, url in message.buttons.items()
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": actions,
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": content_type, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _text(text: str, most: int, **style: str) -> dict[str, Any]:
    run = {"type": "TextRun", "text": one_line(text)[:most], **style}
    return {"type": "RichTextBlock", "inlines": [run]}
