"""Thresholds, what others would have raised, and changes announced, as people type them."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.detection_model import DetectionSettings
from cost_pipeline.core.model import CostEvent
from cost_pipeline.orchestration.folding import ensure_folded, score
from cost_pipeline.store.database import Database
from cost_pipeline_tests.cli.conftest import Cli
from cost_pipeline_tests.store.conftest import Loader, event  # noqa: F401 - a fixture

TENANT, DAY = "default", date(2026, 3, 20)
PLAN = {
    "resource_changes": [
        {
            "type": "aws_instance",
            "change": {"actions": ["create"], "after": {"instance_type": "p4d.24xlarge"}},
        }
    ]
}
COSTS = {
    "projects": [
        {
            "diff": {
                "resources": [
                    {"name": "aws_instance.gpu", "monthlyCost": "80000", "resourceType": ""}
                ]
            }
        }
    ]
}


@pytest.fixture
def days(database: Database, event: Callable[..., CostEvent]) -> Loader:  # noqa: F811
    """A small machine sixteen days ago, then two large ones that Eve starts."""
    loader = Loader(database)
    long_ago = DAY - timedelta(days=16)
    old = event("old", 9, "0.1", partition_day=long_ago, resource_ids=("i-0",))
    loader.load("old", old, day=long_ago)
    eve = {"partition_day": DAY, "actor": Actor("eve", "user"), "resource_class": "p4d.24xlarge"}
    first = event("first", 9, "98", resource_ids=("i-1",), **eve)
    second = event("second", 11, "98", resource_ids=("i-2",), **eve)
    loader.load("last", first, second, day=DAY)
    with database.admin() as conn:
        conn.execute("UPDATE trail_objects SET state = 'done', done_at = now()")
    return loader


def told(loader: Loader) -> list[dict[str, Any]]:
    """What the last day raises now."""
    ensure_folded(loader.database, TENANT, DAY - timedelta(days=1), DetectionSettings())
    score(loader.database, TENANT, DAY, DetectionSettings(), backfilled=True)
    return loader.rows("SELECT id, trigger_event_id FROM anomalies WHERE withdrawn_at IS NULL")


def test_a_threshold_is_set_shown_and_given_back(cli: Cli) -> None:
    assert "ratio = 3" in cli("settings", "set", "ratio=3").output
    shown = next(line for line in cli("settings", "show").output.splitlines() if " ratio " in line)
    assert re.search(r"ratio\s+│\s+3\s+│\s+times\s+│\s+2", shown)
    assert "ratio = default" in cli("settings", "set", "ratio=").output
    refused = cli("settings", "set", "ratoi=2")
    assert refused.exit_code != 0
    assert "there is no setting 'ratoi'" in " ".join(refused.output.split())


def test_a_backtest_says_how_many_fewer_and_changes_nothing(cli: Cli, days: Loader) -> None:
    assert len(told(days)) == 1
    ensure_folded(days.database, TENANT, DAY, DetectionSettings())
    tried = cli("backtest", "--set", "floor_hand_passing=90000", "--set", "floor_account=90000")
    assert "1 anomalies as it is, 0 under the other thresholds: 1 fewer, 0 more." in tried.output
    assert len(days.rows("SELECT id FROM anomalies")) == 1
    assert "is not NAME=VALUE" in cli("backtest", "--set", "ratio").output


@pytest.mark.parametrize("document", [PLAN, COSTS], ids=["terraform", "infracost"])
def test_a_plan_silences_what_it_explains_and_nothing_more(
    cli: Cli, days: Loader, tmp_path: Path, document: dict[str, Any]
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(document))
    since = ("--since", "2026-03-20T08:00:00", "--hours", "12")
    announced = cli("expect", "plan", str(plan), "--account", "111122223333", *since)
    assert announced.exit_code == 0, announced.output
    assert [row["trigger_event_id"] for row in told(days)] == ["second"]
    assert "plan.json" in cli("expect", "list").output
    assert "explains nothing" in cli("expect", "cancel", "1").output
    assert [row["trigger_event_id"] for row in told(days)] == ["first"]


def test_a_change_window_ends_when_it_says(cli: Cli, days: Loader) -> None:
    window = ("expect", "window", "--actor", "eve", "--since", "2026-03-20T08:00:00")
    assert cli(*window, "--hours", "2").exit_code == 0
    assert [row["trigger_event_id"] for row in told(days)] == ["second"]
    assert cli(*window, "--hours", "4").exit_code == 0
    assert told(days) == []
    assert "silence everything" in cli("expect", "window", "--hours", "2").output


def test_the_export_tells_what_an_anomaly_burns(cli: Cli, days: Loader) -> None:
    assert len(told(days)) == 1
    (row,) = map(json.loads, cli("export", "anomalies").stdout.splitlines())
    assert row["burning_hourly"] == 196
    assert row["spent"] > 196
    assert row["by_monday"] > row["spent"]
