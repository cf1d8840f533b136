"""Nothing lost, nothing twice: whatever is delivered, however often, in whatever order."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from cost_pipeline.core.cloudtrail import Quarantined
from cost_pipeline.core.model import CostEvent

MakeEvent = Callable[..., CostEvent]
IDS = "SELECT event_id, partition_day FROM cost_events ORDER BY event_id"


def test_a_file_is_done_with_its_events(loader: Any, event: MakeEvent) -> None:
    loader.load("a", event("one"), records=3)
    (row,) = loader.rows("SELECT state, records, matched, attempts FROM trail_objects")
    assert row == {"state": "done", "records": 3, "matched": 1, "attempts": 1}
    assert len(loader.rows(IDS)) == 1


def test_the_same_event_in_two_files_is_one_row(loader: Any, event: MakeEvent) -> None:
    loader.load("a", event("one"), event("one"))
    loader.load("b", event("one"))
    assert len(loader.rows(IDS)) == 1


def test_an_event_delivered_twice_belongs_to_its_earliest_day(
    loader: Any, event: MakeEvent
) -> None:
    tenth, eleventh = date(2026, 3, 10), date(2026, 3, 11)
    early = event("one")
    late = event("one", partition_day=eleventh, event_time=early.event_time)
    loader.load("late", late, day=eleventh)
    loader.load("early", early, day=tenth)
    loader.load("late", late, day=eleventh, replace=True)
    assert [row["partition_day"] for row in loader.rows(IDS)] == [tenth]


def test_the_file_of_the_earliest_day_answers_for_the_event(loader: Any, event: MakeEvent) -> None:
    tenth, eleventh = date(2026, 3, 10), date(2026, 3, 11)
    early = event("one")
    late = event("one", partition_day=eleventh, event_time=early.event_time)
    loader.load("late", late, day=eleventh)
    loader.load("early", early, day=tenth)
    loader.load("late", day=eleventh, replace=True)
    assert len(loader.rows(IDS)) == 1
    loader.load("early", day=tenth, replace=True)
    assert loader.rows(IDS) == []
    loader.load("late", late, day=eleventh, replace=True)
    assert [row["partition_day"] for row in loader.rows(IDS)] == [eleventh]


def test_reading_again_removes_only_what_the_file_no_longer_yields(
    loader: Any, event: MakeEvent
) -> None:
    loader.load("a", event("one"), event("two"))
    loader.load("b", event("three"))
    loader.load("a", event("two"), replace=True)
    assert [row["event_id"] for row in loader.rows(IDS)] == ["three", "two"]


def test_a_price_that_was_corrected_replaces_the_old_one(loader: Any, event: MakeEvent) -> None:
    loader.load("a", event("one", rate="1"))
    loader.load("a", event("one", rate="2"), replace=True)
    assert [float(r["hourly_cost"]) for r in loader.rows("SELECT * FROM cost_events")] == [2.0]


def test_a_bad_file_fails_alone_and_is_tried_again_later(loader: Any, event: MakeEvent) -> None:
    loader.load("bad", error="truncated gzip")
    loader.load("good", event("one"))
    states = loader.rows(
        "SELECT key, state, error, retry_at > now() AS waits FROM trail_objects ORDER BY key"
    )
    assert states == [
        {"key": "bad", "state": "failed", "error": "truncated gzip", "waits": True},
        {"key": "good", "state": "done", "error": None, "waits": None},
    ]


def test_a_bad_file_does_not_remove_what_it_yielded_before(loader: Any, event: MakeEvent) -> None:
    loader.load("a", event("one"))
    loader.load("a", error="truncated gzip", replace=True)
    assert len(loader.rows(IDS)) == 1


def test_bad_records_are_kept_with_their_reason(loader: Any) -> None:
    for _ in range(2):
        loader.load("a", quarantined=[Quarantined(4, "no eventTime", b'{"a":"\x00"}')])
    (row,) = loader.rows("SELECT record_offset, reason, raw FROM quarantined_records")
    assert row["reason"] == "no eventTime"


def test_two_runs_of_a_day_at_once_leave_the_rows_of_one(loader: Any, event: MakeEvent) -> None:
    events = [event(f"e{n}", resource_ids=(f"i-{n}",)) for n in range(200)]
    loader.load("a")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: loader.load("a", *events, replace=True), range(4)))
    assert len(loader.rows(IDS)) == 200


def test_the_first_days_of_new_months_may_be_loaded_at_once(loader: Any, event: MakeEvent) -> None:
    days = [date(2026, month, 10) for month in range(1, 9)]

    def load(day: date) -> None:
        name = day.isoformat()
        made = event(name, partition_day=day, resource_ids=(f"i-{name}",))
        loader.load(name, made, day=day, replace=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(load, days))
    assert len(loader.rows(IDS)) == len(days)
    with loader.database.admin() as conn:
        assert conn.execute("SELECT count(*) AS n FROM cost_events_other").fetchone() == {"n": 0}


def test_a_death_before_the_commit_leaves_nothing_half_written(
    loader: Any, event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cost_pipeline.store.resources.rebuild", die)
        with pytest.raises(KeyboardInterrupt):
            loader.load("a", event("one"))
    assert loader.rows(IDS) == []
    assert loader.rows("SELECT state FROM trail_objects") == [{"state": "pending"}]


def test_odd_times_have_a_place_too(loader: Any, event: MakeEvent) -> None:
    ancient = event("old").event_time.replace(year=1975)
    loader.load("a", event("old", event_time=ancient), event("new"))
    assert len(loader.rows(IDS)) == 2
