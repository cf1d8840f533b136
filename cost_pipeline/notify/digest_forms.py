"""The digest in its forms: HTML, text, Markdown, CSV, JSON, a picture, and lines for chats."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from cost_pipeline.core.plain_text import one_line, spreadsheet_cell
from cost_pipeline.core.worst_case import OF_ANOMALY
from cost_pipeline.notify.chart import HEIGHT, WIDTH, chart
from cost_pipeline.notify.message import Attachment, Message, templates
from cost_pipeline.notify.money import aside, usd

MOST_HTML_BYTES = 102 * 1024
"""Gmail cuts off what is longer."""
PICTURE = "chart.png"
_MOST_ROWS = (30, 15, 8, 4, 1)
_SEVERITIES = ("critical", "high", "medium", "low")
_CSV_COLUMNS = (
    "id",
    "day",
    "severity",
    "title",
    "account_id",
    "region",
    "actor",
    "resource_type",
    "hourly_cost",
    "projected_monthly_cost",
    "one_time_cost",
    "spent",
    "burning_hourly",
    "by_month_end",
    "by_monday",
    "first_event_time",
    "why",
    *OF_ANOMALY,
)


def digest_message(
    facts: Mapping[str, Any], *, dedup_key: str, dashboard_url: str, tenant: str = ""
) -> Message:
    """The digest of these facts, in every form that a channel may want."""
    said = _said(facts, dashboard_url, tenant)
    count = len(facts["anomalies"])
    picture = Attachment(PICTURE, _picture(facts), "image/png")
    return Message(
        subject=f"dd0c/cost {said['name']}: {count} {'anomaly' if count == 1 else 'anomalies'}",
        text=templates().get_template("digest.txt").render(said),
        html=_html(said),
        dedup_key=dedup_key,
        kind="digest",
        headline=f"{said['name']}: {count} {'anomaly' if count == 1 else 'anomalies'}",
        fields=(
            ("Added an hour", usd(facts["totals"]["added"])),
            ("Paid once", usd(facts["totals"]["one_time"])),
            ("Idle, a month", _idle(facts["waste"])),
        ),
        lines=_lines(facts),
        buttons={"Open": said["link"], "Anomalies": f"{said['link']}/anomalies"},
        facts={"period": facts["period"], "day": str(facts["until"]), "anomalies": count},
        pictures=(picture,),
        attachments=(
            Attachment("digest.md", _markdown(said), "text/markdown"),
            Attachment("anomalies.csv", _csv(facts["anomalies"]), "text/csv"),
            Attachment("digest.json", _json(facts), "application/json"),
        ),
    )


def files_of(message: Message) -> dict[str, bytes]:
    """The files that are kept: name → bytes. In the page, the picture is part of the page."""
    picture = message.pictures[0].content
    inside = "data:image/png;base64," + base64.b64encode(picture).decode()
    return {
        "digest.html": message.html.replace(f"cid:{PICTURE}", inside).encode(),
        "digest.txt": message.text.encode(),
        PICTURE: picture,
        **{attachment.name: attachment.content for attachment in message.attachments},
    }


def name_of(period: str, since: date, until: date) -> str:
    """What a digest is called.

    >>> name_of("weekly", date(2026, 3, 2), date(2026, 3, 8))
    'week 2026-W10 (2026-03-02 to 2026-03-08)'
    """
    if period == "daily":
        return until.isoformat()
    return f"week {until:%G-W%V} ({since} to {until})"


def _said(facts: Mapping[str, Any], dashboard_url: str, tenant: str) -> dict[str, Any]:
    by_severity = {
        severity: [one for one in facts["anomalies"] if one["severity"] == severity]
        for severity in _SEVERITIES
    }
    return {
        **facts,
        "name": name_of(facts["period"], facts["since"], facts["until"]),
        "tenant": tenant,
        "link": dashboard_url.rstrip("/"),
        "counts": [(name, len(rows)) for name, rows in by_severity.items() if rows],
        "changed": _signed(facts["waste"]),
        "picture": f"cid:{PICTURE}",
        "picture_size": (WIDTH, HEIGHT),
        "most": _MOST_ROWS[0],
    }


def _idle(waste: Mapping[str, Any]) -> str:
    return f"{usd(waste['now'])} ({_signed(waste)})" if waste["swept"] else "no sweep"


def _signed(waste: Mapping[str, Any]) -> str:
    change = waste["change"]
    if not change:
        return "unchanged"
    return f"{'up' if change > 0 else 'down'} {usd(abs(change))}"


def _html(said: dict[str, Any]) -> str:
    """The page with as many rows as fit into a mail that is not cut off."""
    page = ""
    for most in _MOST_ROWS:
        page = templates().get_template("digest.html").render(said | {"most": most})
        if len(page.encode()) <= MOST_HTML_BYTES:
            break
    return page


def _picture(facts: Mapping[str, Any]) -> bytes:
    days = 14 if facts["period"] == "daily" else 28
    return chart(
        {row["day"]: float(row["added"]) for row in facts["by_day"]},
        since=facts["until"] - timedelta(days=days - 1),
        until=facts["until"],
        marked_from=facts["since"],
    )


def _lines(facts: Mapping[str, Any]) -> tuple[str, ...]:
    found = facts["anomalies"]
    lines = [
        f"[{one['severity']}] {one_line(one['title'])}:"
        f" {usd(one['projected_monthly_cost'])} a month if it stays{aside(one)}"
        for one in found[:10]
    ]
    if len(found) > len(lines):
        lines.append(f"and {len(found) - len(lines)} more")
    return tuple(lines or ["Nothing unusual."])


def _markdown(said: dict[str, Any]) -> bytes:
    return templates().get_template("digest.md").render(said).encode()


def _csv(anomalies: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, _CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in anomalies:
        why = " ".join(reason["sentence"] for reason in row["reasons"])
        writer.writerow(
            {name: spreadsheet_cell((row | {"why": why})[name]) for name in _CSV_COLUMNS}
        )
    return text.getvalue().encode()


def _json(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, default=str, indent=2, sort_keys=True).encode()
