"""A day that was folded is not judged again to be scored, unless something has changed since."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cost_pipeline.core.detection_model import DetectionSettings
from cost_pipeline.core.model import CostEvent
from cost_pipeline.orchestration import folding
from cost_pipeline.store import expectations

TENANT = "default"
DAY = date(2026, 3, 10)
SETTINGS = DetectionSettings(learning_days=0, joining_days=0)


@pytest.fixture
def folded(loader: Any, event: Callable[..., CostEvent], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A day with a machine for 98 USD an hour, folded; `loader.judged` tells what is judged."""
    loader.load("a", event("gpu", rate="98"))
    detect, loader.judged = folding.detect, []

    def noted(*scope: Any) -> Any:
        loader.judged.append(scope)
        return detect(*scope)

    monkeypatch.setattr(folding, "detect", noted)
    with loader.database.transaction(TENANT) as conn:
        folding.fold(conn, TENANT, DAY, SETTINGS)
    return loader


def _triggers(loader: Any) -> list[str]:
    folding.score(loader.database, TENANT, DAY, SETTINGS, backfilled=True)
    return [row["trigger_event_id"] for row in loader.rows("SELECT * FROM anomalies")]


def test_what_was_folded_is_scored_without_being_judged_again(folded: Any) -> None:
    assert _triggers(folded) == ["gpu"]
    assert len(folded.judged) == 1


def test_scored_again_it_is_judged_again_and_comes_to_the_same(folded: Any) -> None:
    assert _triggers(folded) == _triggers(folded)
    assert len(folded.judged) == 2


def test_a_file_that_came_since_is_judged(folded: Any, event: Callable[..., CostEvent]) -> None:
    folded.load("b", event("first", hour=8, rate="98", resource_ids=("i-2",)))
    assert _triggers(folded) == ["first"]


def test_what_was_announced_since_is_minded(folded: Any) -> None:
    with folded.database.transaction(TENANT) as conn:
        expectations.register(
            conn,
            tenant_id=TENANT,
            since=datetime(2026, 3, 10, 8, tzinfo=UTC),
            until=datetime(2026, 3, 10, 10, tzinfo=UTC),
            by="ada",
            actor="ada",
            resources=1,
        )
    assert _triggers(folded) == []


def test_other_thresholds_are_minded(folded: Any) -> None:
    strict = SETTINGS.changed({"floor_hand_passing": 500_000, "floor_least": 500_000})
    folding.score(folded.database, TENANT, DAY, strict, backfilled=True)
    assert len(folded.judged) == 2
