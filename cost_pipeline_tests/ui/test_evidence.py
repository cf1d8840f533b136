"""Reasons as people read them: of what time they are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ui.anomaly import evidence
from ui.components import session

AT = datetime(2026, 3, 10, 12, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "zone", lambda: UTC)


def _row(*minutes: int | None, **changes: Any) -> dict[str, Any]:
    """An anomaly with a reason of so many minutes after its first call; None, without a time."""
    times = [None if one is None else (AT + timedelta(minutes=one)).isoformat() for one in minutes]
    return {
        "reasons": [{"sentence": "Much.", "as_of": time} for time in times],
        "first_event_time": AT,
        "trigger_event_time": AT,
        "noticed_at": AT,
        "last_event_time": AT,
    } | changes


def test_reasons_are_of_the_first_call_and_say_what_they_leave_out() -> None:
    row = _row(0, 0, None)
    assert evidence.as_of(row) == "As of its first call, 2026-03-10 12:03."
    assert evidence.sentences(row) == ["Much\\.", "Much\\.", "Much\\."]
    grown = row | {"last_event_time": AT + timedelta(hours=2)}
    assert evidence.as_of(grown) == (
        "As of its first call, 2026-03-10 12:03. What came later is in its title and its costs."
    )


def test_a_reason_of_a_later_call_names_its_own_time() -> None:
    row = _row(0, 61, 24 * 60)
    assert evidence.sentences(row)[1:] == [
        "Much\\. (as of 13:04)",
        "Much\\. (as of 2026-03-11 12:03)",
    ]
    assert evidence.as_of(row) == (
        "As of its first call, 2026-03-10 12:03, unless another time is named."
    )


def test_what_was_found_later_is_of_the_time_when_it_stood_out() -> None:
    raised = _row(5, trigger_event_time=AT + timedelta(minutes=5))
    assert evidence.as_of(raised) == "As of the call that raised it, 2026-03-10 12:08."
    began_with_a_sign = _row(None, 7)
    assert evidence.as_of(began_with_a_sign) == "As of 2026-03-10 12:10."
    stayed = _row(600, noticed_at=AT + timedelta(hours=10))
    assert evidence.as_of(stayed) == (
        "As of 2026-03-10 22:03, when it had stayed for long enough to stand out."
    )


def test_rows_of_an_older_version_know_only_the_day() -> None:
    row = _row(None, noticed_at=None)
    del row["reasons"][0]["as_of"]
    assert evidence.as_of(row) == "As of the day that raised it, from 2026-03-10 12:03 on."
    assert evidence.sentences(row) == ["Much\\."]
    assert evidence.as_of(_row()) is None
