"""Slack's incoming webhook, and whatever takes its payload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.channel import TIMEOUT_SECONDS
from cost_pipeline.notify.chat_text import slack_text
from cost_pipeline.notify.message import Message
from cost_pipeline.notify.posting import post

_MARKS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "⚪"}
_MOST_LINES = 20
_MOST_TEXT = 2900


@dataclass(frozen=True)
class Slack:
    """An incoming webhook that takes Slack's payload: `text` and Block Kit's `blocks`."""

    url: str = field(repr=False)
    name: str = "slack"
    timeout_seconds: float = TIMEOUT_SECONDS

    def send(self, message: Message) -> None:
        """Posts the message."""
        payload: dict[str, Any] = {"text": slack_text(one_line(message.subject)), "mrkdwn": False}
        blocks = slack_blocks(message)
        if blocks:
            payload["blocks"] = blocks
        post(self.url, json.dumps(payload).encode(), timeout_seconds=self.timeout_seconds)


def slack_blocks(message: Message) -> list[dict[str, Any]]:
    """The message in Block Kit. Everything in it is plain text: a name formats nothing."""
    if not message.headline:
        return []
    mark = _MARKS.get(message.severity, "")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(f"{mark} {one_line(message.headline)}".strip()[:150])}
    ]
    if message.fields:
        shown = [_plain(f"{name}\n{value}"[:2000]) for name, value in message.fields[:10]]
        blocks.append({"type": "section", "fields": shown})
    if message.lines:
        blocks.append(_list(message.lines))
    buttons = [_button(label, url) for label, url in message.buttons.items()]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons[:25]})
    return blocks


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text or "-", "emoji": False}


def _list(lines: tuple[str, ...]) -> dict[str, Any]:
    """Bullets of rich text, which Slack does not search for formatting or mentions."""
    most = _MOST_TEXT // min(len(lines), _MOST_LINES)
    return {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [{"type": "text", "text": one_line(line)[:most] or "-"}],
                    }
                    for line in lines[:_MOST_LINES]
                ],
            }
        ],
    }


def _button(label: str, url: str) -> Mapping[str, Any]:
    return {"type": "button", "text": _plain(label), "url": url}
