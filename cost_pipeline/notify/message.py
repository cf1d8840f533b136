"""What channels deliver: a message in every form that they need, made of plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.core.worst_case import OF_ANOMALY
from cost_pipeline.notify.chat_text import chat_markdown, slack_text
from cost_pipeline.notify.money import (
    aside,
    at_worst,
    at_worst_of_many,
    usd,
    worst_case,
)

__all__ = ["Attachment", "Message", "chat_markdown", "one_line", "slack_text", "templates", "usd"]

_TEMPLATES = Path(__file__).with_name("templates")
_MOST_LISTED = 20
_LONGEST_FIELD = 300
Kind = Literal["anomaly", "left_behind", "folded", "resolved", "digest", "breaker", "test"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a message."""

    name: str
    content: bytes
    mime_type: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel delivers; `dedup_key` stays the same when it is delivered again.

    Attributes:
        subject: one line; names in it come from outside.
        text: the whole as plain text.
        html: the whole as HTML, already escaped.
        dedup_key: what the receiver may tell a repetition by.
        severity: low to critical.
        attachments: files that go along by mail.
        kind: what it is about.
        headline: the title of a card in a chat; none, no card.
        fields: names and values under the title.
        lines: sentences under those.
        buttons: label → address.
        facts: the same as data.
        incident: stays the same over all messages about one anomaly.
        pictures: shown inside the HTML, by `cid:` and their name.
    """

    subject: str
    text: str
    html: str
    dedup_key: str
    severity: str = "low"
    attachments: tuple[Attachment, ...] = ()
    kind: Kind = "anomaly"
    headline: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    buttons: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    incident: str | None = None
    pictures: tuple[Attachment, ...] = ()


@cache
def templates() -> Environment:
    """The Jinja environment: HTML is escaped, values are one line, an unknown name is an error."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: one_line(value) if type(value) is str else value,
    )
    for words in (usd, at_worst, at_worst_of_many, aside):
        environment.filters[words.__name__] = words
    environment.filters["markdown"] = chat_markdown
    environment.filters["when"] = lambda time: f"{time:%Y-%m-%d %H:%M} UTC"
    return environment


def alert_message(
    anomaly: Mapping[str, Any],
    *,
    dedup_key: str,
    dashboard_url: str,
    decisions: Mapping[str, str] | None = None,
) -> Message:
    """The message that tells of an anomaly: a row of `anomalies`, and how its price came about.

    `decisions` are links by which whoever gets it can decide without a login.
    """
    link = f"{dashboard_url.rstrip('/')}/anomalies?anomaly={anomaly['id']}"
    priced = {"price": None, **anomaly}
    facts = {"anomaly": priced, "link": link, "decisions": decisions or {}}
    return Message(
        subject=f"[{anomaly['severity']}] {anomaly['title']}",
        text=templates().get_template("alert.txt").render(facts),
        html=templates().get_template("alert.html").render(facts),
        dedup_key=dedup_key,
        severity=anomaly["severity"],
        headline=anomaly["title"],
        fields=_money(anomaly),
        lines=tuple(reason["sentence"] for reason in anomaly["reasons"]),
        buttons={"Open": link, **(decisions or {})},
        facts=_facts(anomaly),
        incident=f"dd0c-cost/{anomaly['tenant_id']}/{anomaly['id']}",
    )


def resolved_message(
    anomaly: Mapping[str, Any], *, dedup_key: str, dashboard_url: str, by: str
) -> Message:
    """The message that somebody has dealt with an anomaly, for channels that keep incidents."""
    link = f"{dashboard_url.rstrip('/')}/anomalies?anomaly={anomaly['id']}"
    text = f"{one_line(anomaly['title'])}: dealt with by {one_line(by)}.\n{link}"
    return Message(
        subject=f"[resolved] {anomaly['title']}",
        text=text,
        html="",
        dedup_key=dedup_key,
        severity=anomaly["severity"],
        kind="resolved",
        buttons={"Open": link},
        facts=_facts(anomaly),
        incident=f"dd0c-cost/{anomaly['tenant_id']}/{anomaly['id']}",
    )


def folded_message(
    rows: Sequence[Mapping[str, Any]], *, dedup_key: str, dashboard_url: str, priced: str
) -> Message:
    """The message that tells of several at once: title, severity, monthly_cost and id of each."""
    link = f"{dashboard_url.rstrip('/')}/anomalies"
    known = [Decimal(row["monthly_cost"]) for row in rows if row["monthly_cost"] is not None]
    said = {
        "rows": rows[:_MOST_LISTED],
        "count": len(rows),
        "monthly": sum(known),
        "link": link,
        "priced": priced,
    }
    worst = rows[0]["severity"] if rows else "low"
    lines = [
        f"[{row['severity']}] {one_line(row['title'])}: {usd(row['monthly_cost'])} a month"
        f"{aside(row)}"
        for row in rows[:_MOST_LISTED]
    ]
    if len(rows) > _MOST_LISTED:
        lines.append(f"and {len(rows) - _MOST_LISTED} more")
    return Message(
        subject=f"[{worst}] {len(rows)} more, {usd(sum(known))} a month together",
        text=templates().get_template("folded.txt").render(said),
        html=templates().get_template("folded.html").render(said),
        dedup_key=dedup_key,
        severity=worst,
        kind="folded",
        headline=f"{len(rows)} more within the hour",
        fields=(("A month, together", usd(sum(known))),),
        lines=tuple(lines),
        buttons={"Open": link},
        facts={"anomalies": [_strings(row) for row in rows]},
    )


def leftovers_message(
    rows: Sequence[Mapping[str, Any]], *, dedup_key: str, dashboard_url: str, priced: str
) -> Message:
    """The message that tells what one call left behind: rows of `leftovers`."""
    known = [row["monthly_cost"] for row in rows if row["monthly_cost"] is not None]
    facts = {
        "rows": rows,
        "first": rows[0],
        "monthly": sum(known) if known else None,
        "link": f"{dashboard_url.rstrip('/')}/zombies",
        "priced": priced,
    }
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    return Message(
        subject=f"[left behind] {rows[0]['title']}{more}",
        text=templates().get_template("leftovers.txt").render(facts),
        html=templates().get_template("leftovers.html").render(facts),
        dedup_key=dedup_key,
        kind="left_behind",
        headline=f"Left behind: {rows[0]['title']}{more}",
        fields=(("A month", usd(facts["monthly"])), ("Who", str(rows[0]["actor"]))),
        lines=tuple(f"{row['title']}: {usd(row['monthly_cost'])} a month" for row in rows),
        buttons={"Open": str(facts["link"])},
        facts={
            "account_id": rows[0]["account_id"],
            "region": rows[0]["region"],
            "actor": rows[0]["actor"],
            "resources": [
                {"id": row["resource_id"], "monthly_cost": _number(row["monthly_cost"])}
                for row in rows
            ],
        },
    )


def _money(anomaly: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    shown = [
        ("An hour", usd(anomaly["hourly_cost"])),
        ("A month, if it stays", usd(anomaly["projected_monthly_cost"])),
        ("Who", one_line(str(anomaly["actor"]))),
        ("Where", f"{anomaly['account_id']}, {anomaly['region']}"),
    ]
    if may_come_to := at_worst(anomaly):
        shown.append(("At worst", may_come_to))
    if anomaly["one_time_cost"]:
        shown.append(("Once", usd(anomaly["one_time_cost"])))
    if anomaly.get("price"):
        shown.append(("Price", one_line(str(anomaly["price"]))[:_LONGEST_FIELD]))
    return tuple(shown)


def _facts(anomaly: Mapping[str, Any]) -> dict[str, Any]:
    """The anomaly as data: what a receiver may route and count by."""
    names = ("id", "tenant_id", "account_id", "region", "actor", "resource_type", "severity")
    money = ("hourly_cost", "projected_monthly_cost", "one_time_cost")
    return {
        **{name: str(anomaly[name]) for name in names},
        **{name: _number(anomaly[name]) for name in money},
        "title": anomaly["title"],
        "since": anomaly["first_event_time"].isoformat(),
        "reasons": anomaly["reasons"],
        **{
            name: _number(value) if isinstance(value, Decimal) else value
            for name, value in worst_case(anomaly).items()
        },
    }


def _strings(row: Mapping[str, Any]) -> dict[str, str]:
    """One of several as text; its worst case only where there is one."""
    kept = {name: row[name] for name in row if name not in OF_ANOMALY} | worst_case(row)
    return {name: str(value) for name, value in kept.items()}


def _number(amount: object) -> float | None:
    return None if amount is None else float(str(amount))
