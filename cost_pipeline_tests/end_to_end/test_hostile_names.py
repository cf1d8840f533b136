"""Names that would be commands, through the whole pipeline: shown as text wherever they show."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from cost_pipeline.cli import app
from cost_pipeline.notify.message import alert_message
from cost_pipeline.notify.slack import slack_blocks
from cost_pipeline.orchestration.run_range import RunSummary
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.hostile import NAMES, STEERING, hostile_records, too_long
from cost_pipeline_tests.fixtures.trail import LogFolder, on, ordinary_day

TODAY = datetime.now(UTC).date()
Runner = Callable[..., RunSummary]


@pytest.fixture
def attacked(folder: LogFolder, run: Runner) -> RunSummary:
    yesterday, now = TODAY - timedelta(days=1), datetime.now(UTC)
    folder.put(ordinary_day(yesterday), on(yesterday, 20))
    folder.put([*hostile_records(now - timedelta(minutes=9)), too_long(now)], now)
    return run()


def _rows(database: Database, query: str) -> list[dict[str, Any]]:
    with database.transaction("default") as conn:
        return conn.execute(query).fetchall()


def _steered(text: str) -> set[str]:
    return set(text) & set(STEERING)


def test_every_name_arrives_and_is_shown_as_text(
    attacked: RunSummary,
    database: Database,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # One whole run takes a second or two, so all that reads its rows is held in one test.
    assert attacked.failures == ()
    assert (attacked.cost_events, attacked.quarantined) == (6 + len(NAMES) - 1, 2)
    reasons = _rows(database, "SELECT reason FROM quarantined_records ORDER BY record_offset")
    assert "JSON is malformed" in reasons[0]["reason"]  # half a surrogate pair is no text
    assert "10,004 characters" in reasons[1]["reason"]
    assert len(_rows(database, "SELECT id FROM anomalies")) == len(NAMES) - 1
    _terminal(database)
    _spreadsheet()
    _messages(database)
    assert _steered(capfd.readouterr().out.replace("\r\n", "\n")) == set()


def _terminal(database: Database) -> None:
    commands = [["status"], ["doctor"], ["trail", "list"], ["breaker", "list"], ["flag", "list"]]
    commands += [["explain", str(r["id"])] for r in _rows(database, "SELECT id FROM anomalies")]
    said = ""
    for command in commands:
        done = CliRunner().invoke(app, command)
        assert done.exception is None or isinstance(done.exception, SystemExit), (command, done)
        assert _steered(done.output) == set(), command
        said += done.output
    assert "[bold red]red[/bold red]" in said
    assert r"\x1b[2J" in said
    assert r"\u202e" in said


def _spreadsheet() -> None:
    for subject in ("anomalies", "events"):
        text = CliRunner().invoke(app, ["export", subject, "--format", "csv"]).output
        rows = list(csv.reader(io.StringIO(text)))
        cells = [cell for row in rows[1:] for cell in row]
        assert _steered(text) == set()
        assert not [c for c in cells if (c[:1] in "=+@\t\r" and c) or re.match(r"-[^\d]", c)]
        assert any(cell.startswith("'=HYPERLINK") for cell in cells)
        lines = CliRunner().invoke(app, ["export", subject]).output.splitlines()
        assert {json.loads(line)["actor"] for line in lines} >= {NAMES["html"], NAMES["ansi"]}
        assert _steered("".join(lines)) == set()


def _messages(database: Database) -> None:
    for row in _rows(database, "SELECT * FROM anomalies"):
        told = alert_message(row, dedup_key="x", dashboard_url="https://cost.example")
        assert "<script" not in told.html
        assert "<img" not in told.html
        assert "mrkdwn" not in json.dumps(slack_blocks(told))  # plain text, which formats nothing
