"""An anomaly as a message: subject, plain text, HTML, and Slack's blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_TEMPLATES = Path(__file__).with_name("templates")
_SLACK_MARKS = {"critical": ":red_circle:", "high": ":large_orange_circle:"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a message."""

    name: str
    content: bytes
    mime_type: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel delivers; `dedup_key` stays the same when it is delivered again."""

    subject: str
    text: str
    html: str
    dedup_key: str
    severity: str = "low"
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: tuple[Attachment, ...] = ()


@cache
def templates() -> Environment:
    """The Jinja environment: HTML is escaped, an unknown name is an error."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["usd"] = usd
    environment.filters["markdown"] = markdown_text
    environment.filters["when"] = lambda time: f"{time:%Y-%m-%d %H:%M} UTC"
    return environment


def markdown_text(text: object) -> str:
    r"""Text that stays one table cell of plain words in Markdown.

    >>> print(markdown_text("a|b <i>[c]"))
    a\|b &lt;i>\[c\]
    """
    plain = " ".join(str(text).split()).replace("\\", "\\\\").replace("<", "&lt;")
    for mark in "|[]*_`":
        plain = plain.replace(mark, f"\\{mark}")
    return plain


def usd(amount: object) -> str:
    """Money as people read it.

    >>> usd(1234.5), usd(0.0123), usd(None)
    ('$1,234.50', '$0.0123', 'unknown')
    """
    if amount is None:
        return "unknown"
    value = float(str(amount))
    return f"${value:,.2f}" if abs(value) >= 0.1 or value == 0 else f"${value:,.4f}"


def alert_message(anomaly: dict[str, Any], *, dedup_key: str, dashboard_url: str) -> Message:
    """The message that tells of an anomaly: a row of `anomalies`."""
    link = f"{dashboard_url.rstrip('/')}/anomalies?anomaly={anomaly['id']}"
    facts = {"anomaly": anomaly, "link": link}
    subject = f"[{anomaly['severity']}] {anomaly['title']}"
    return Message(
        subject=subject,
        text=templates().get_template("alert.txt").render(facts),
        html=templates().get_template("alert.html").render(facts),
        dedup_key=dedup_key,
        severity=anomaly["severity"],
        blocks=_slack_blocks(anomaly, link),
    )


def leftovers_message(rows: list[dict[str, Any]], *, dedup_key: str, dashboard_url: str) -> Message:
    """The message that tells what one call left behind: rows of `leftovers`."""
    known = [row["monthly_cost"] for row in rows if row["monthly_cost"] is not None]
    facts = {
        "rows": rows,
        "first": rows[0],
        "monthly": sum(known) if known else None,
        "link": f"{dashboard_url.rstrip('/')}/zombies",
    }
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    lines = "\n".join(
        f"• {slack_text(row['title'])}: {usd(row['monthly_cost'])} a month" for row in rows[:20]
    )
    return Message(
        subject=f"[left behind] {rows[0]['title']}{more}",
        text=templates().get_template("leftovers.txt").render(facts),
        html=templates().get_template("leftovers.html").render(facts),
        dedup_key=dedup_key,
        blocks=[
            {"type": "section", "text": {"type": "mrkdwn", "text": lines[:3000]}},
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Open"},
                        "url": facts["link"],
                    }
                ],
            },
        ],
    )


def slack_text(text: str) -> str:
    """Text that Slack shows as it is: names come from outside, and could mention a channel.

    >>> slack_text("<!channel> R&D")
    '&lt;!channel&gt; R&amp;D'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slack_blocks(anomaly: dict[str, Any], link: str) -> list[dict[str, Any]]:
    mark = _SLACK_MARKS.get(anomaly["severity"], ":large_yellow_circle:")
    reasons = "\n".join(f"• {slack_text(reason['sentence'])}" for reason in anomaly["reasons"])
    money = [
        f"*An hour*\n{usd(anomaly['hourly_cost'])}",
        f"*A month, if it stays*\n{usd(anomaly['projected_monthly_cost'])}",
        f"*Account*\n{anomaly['account_id']}",
        f"*Region*\n{anomaly['region']}",
    ]
    return [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": anomaly["title"][:150], "emoji": True},
        },
        {"type": "section", "fields": [{"type": "mrkdwn", "text": text} for text in money]},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"{mark} {reasons}"[:3000]}},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Open"},
                    "url": link,
                }
            ],
        },
    ]
