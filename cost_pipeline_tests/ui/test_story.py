"""An anomaly in a sentence: when, who, how many calls, and where."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ui.anomaly import story
from ui.components import session

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An anomaly that refusals announced a minute before anything was started."""
    monkeypatch.setattr(session, "zone", lambda: UTC)
    return {
        "first_event_time": AT - timedelta(minutes=1),
        "last_event_time": AT + timedelta(minutes=9),
        "actor": "ada",
        "account_id": "1",
        "region": "sa-east-1",
    }


def _call(minutes: int, region: str) -> dict[str, Any]:
    return {"event_time": AT + timedelta(minutes=minutes), "region": region}


def test_calls_are_told_from_the_first_to_the_last_and_of_every_region(row: dict[str, Any]) -> None:
    calls = [_call(0, "sa-east-1"), _call(4, "ap-south-1")]
    assert story.sentence(row, calls, [_call(-1, "sa-east-1")]) == (
        "From 2026-03-10 09:00 until 2026-03-10 09:04, **ada** made 2 calls in account **1**,"
        " ap-south-1 and sa-east-1, that changed the bill."
    )
    many = [_call(1, f"region-{number}") for number in range(4)]
    assert "**1**, 4 regions, that" in story.sentence(row, many, [])
    assert "**1**, region-0, region-1 and region-2, that" in story.sentence(row, many[:3], [])


def test_one_call_has_a_moment_and_what_is_not_kept_the_anomaly_s(row: dict[str, Any]) -> None:
    assert story.sentence(row, [_call(0, "eu-west-1")], []).startswith(
        "On 2026-03-10 09:00, **ada** made one call in account **1**, eu-west-1, that changed"
    )
    assert story.sentence(row, [], []).startswith(
        "From 2026-03-10 08:59 until 2026-03-10 09:09, **ada** made 0 calls"
    )
