"""The digest of a day: HTML, text, Markdown, CSV and JSON files, and a mail with the same.

The same day gives the same files; it is mailed once.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from cost_pipeline.notify.message import Attachment, Message, templates
from cost_pipeline.store import digests
from cost_pipeline.store.database import Database

_MOST_IN_HTML = 50
_CSV_COLUMNS = (
    "id",
    "severity",
    "title",
    "account_id",
    "region",
    "actor",
    "resource_type",
    "hourly_cost",
    "projected_monthly_cost",
    "one_time_cost",
    "first_event_time",
)


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as it was written."""

    day: date
    folder: Path
    anomalies: int
    message: Message


def write_digest(
    database: Database, *, tenant_id: str, day: date, folder: Path, dashboard_url: str
) -> Digest:
    """Writes the digest of a day under `folder`/tenant/day."""
    with database.transaction(tenant_id) as conn:
        facts = digests.facts(conn, tenant_id=tenant_id, day=day)
        target = folder / tenant_id / day.isoformat()
        message = _message(facts, tenant_id, day, dashboard_url)
        _write(target, message)
        digests.note_written(conn, tenant_id=tenant_id, period="daily", day=day, path=str(target))
    return Digest(day, target, len(facts["anomalies"]), message)


def stored_message(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    period: digests.Period,
    day: str,
    dedup_key: str,
    dashboard_url: str,
) -> Message:
    """The digest as it is sent, from the same rows as its files."""
    chosen = date.fromisoformat(day)
    facts = digests.facts(conn, tenant_id=tenant_id, day=chosen)
    return replace(_message(facts, tenant_id, chosen, dashboard_url), dedup_key=dedup_key)


def _message(facts: dict[str, Any], tenant_id: str, day: date, dashboard_url: str) -> Message:
    said = facts | {"day": day.isoformat(), "link": dashboard_url.rstrip("/")}
    count = len(facts["anomalies"])
    said["more"] = max(0, count - _MOST_IN_HTML)
    return Message(
        subject=f"dd0c/cost {day}: {count} {'anomaly' if count == 1 else 'anomalies'}",
        text=templates().get_template("digest.txt").render(said),
        html=templates().get_template("digest.html").render(said),
        dedup_key=f"digest {tenant_id} {day}",
        attachments=(
            Attachment("digest.md", _markdown(said), "text/markdown"),
            Attachment("anomalies.csv", _csv(facts["anomalies"]), "text/csv"),
            Attachment("digest.json", _json(facts), "application/json"),
        ),
    )


def _write(target: Path, message: Message) -> None:
    target.mkdir(parents=True, exist_ok=True)
    (target / "digest.html").write_text(message.html, encoding="utf-8")
    (target / "digest.txt").write_text(message.text, encoding="utf-8")
    for attachment in message.attachments:
        (target / attachment.name).write_bytes(attachment.content)


def _markdown(said: dict[str, Any]) -> bytes:
    return templates().get_template("digest.md").render(said).encode()


def _csv(anomalies: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, _CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(row[name]) for name in _CSV_COLUMNS} for row in anomalies)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets a quote before it."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _json(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, default=str, indent=2, sort_keys=True).encode()
