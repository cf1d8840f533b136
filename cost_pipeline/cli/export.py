"""`cost-pipeline export`: rows on standard output, one a line."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer

from cost_pipeline.cli.main import app, database_url, plain_errors
from cost_pipeline.core.plain_text import spreadsheet_cell
from cost_pipeline.settings import Settings
from cost_pipeline.store import exports
from cost_pipeline.store.database import Database

_DAYS = ["%Y-%m-%d"]
Day = Annotated[datetime | None, typer.Option(formats=_DAYS, metavar="YYYY-MM-DD")]


class Subject(StrEnum):
    """What can be exported."""

    anomalies = "anomalies"
    events = "events"
    zombies = "zombies"
    baselines = "baselines"


class Format(StrEnum):
    """How a row is written."""

    jsonl = "jsonl"
    csv = "csv"


@app.command()
def export(
    subject: Annotated[Subject, typer.Argument(help="What to write.")],
    format: Annotated[Format, typer.Option(help="JSON, one object a line, or CSV.")] = Format.jsonl,
    since: Day = None,
    until: Day = None,
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose rows.")] = "default",
) -> None:
    """Write anomalies, events, zombies or baselines to standard output, one a line.

    Days are UTC and both ends are included. Times are ISO 8601, money is USD.

    \b
    cost-pipeline export anomalies | jq 'select(.severity == "critical")'
    cost-pipeline export events --format csv --since 2026-10-01 > events.csv
    """
    settings = Settings()
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            rows = exports.rows(
                conn,
                subject=subject.value,
                tenant_id=tenant,
                since=since.date() if since else None,
                until=until.date() if until else None,
                burned_at=datetime.now(UTC),
            )
            write = _write_jsonl if format is Format.jsonl else _write_csv
            write(rows)
            sys.stdout.flush()


def _write_jsonl(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        sys.stdout.write(json.dumps(row, default=_plain) + "\n")


def _write_csv(rows: Iterable[dict[str, Any]]) -> None:
    writer = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(sys.stdout, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _cell(value: object) -> object:
    text = json.dumps(value, default=_plain) if isinstance(value, list | dict) else value
    return spreadsheet_cell(text)
