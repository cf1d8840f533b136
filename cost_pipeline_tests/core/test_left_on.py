"""What was made by hand and forgotten is told once it has outlived its like."""

from dataclasses import replace
from datetime import timedelta

from cost_pipeline.core.detection_model import DayEvent, DayResult, DetectorState
from cost_pipeline.core.detector_state import Peak
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.core.left_on import life_key
from cost_pipeline_tests.fixtures.detection import DAY, HAND, SETTINGS, USUAL, detect, event

SMALL = 1.5


def past(state: DetectorState, days: int) -> DayResult:
    """The result of a later day, after days on which only the CI did something."""
    for day in range(1, days):
        state = after(state, day).state
    return after(state, days)


def after(state: DetectorState, days: int, *events: DayEvent) -> DayResult:
    """The result of a later day, whose last event is the CI's."""
    last = event(f"ci{days}", 24 * days + 23, 0.1, actor="ci", actor_kind="role")
    day = DAY + timedelta(days=days)
    return detect_day([*events, last], USUAL, state, SETTINGS, (), day)


def stop(name: str, hour: float) -> DayEvent:
    return event(f"stop-{name}", hour, -SMALL, action="stop", resource_ids=(f"i-{name}",))


def test_a_small_machine_is_told_by_its_start_in_the_second_night() -> None:
    started = detect(event("gpu", 5, SMALL))
    assert started.anomalies == ()
    (anomaly,) = after(started.state, 1).anomalies
    assert anomaly.trigger.event_id == "gpu"
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=40)
    assert anomaly.hourly_cost == SMALL


def test_what_ends_in_time_is_not_told() -> None:
    started = detect(event("gpu", 5, SMALL)).state
    assert after(started, 1, stop("gpu", 44)).anomalies == ()


def test_no_event_no_time() -> None:
    started = detect(event("gpu", 9, SMALL)).state
    assert detect_day([], USUAL, started, SETTINGS, (), DAY + timedelta(days=1)).anomalies == ()


def test_a_life_counts_for_what_costs_about_as_much() -> None:
    started = detect(event("gpu", 5, SMALL)).state
    dear, cheap = life_key(HAND, 40.0), life_key(HAND, 14.0)
    started.peaks[cheap] = Peak(160.0, "2026-03-09")
    assert len(after(started, 1).anomalies) == 1
    started.peaks[dear] = Peak(20.0, "2026-03-09")
    assert after(started, 1).anomalies == ()


def test_what_its_maker_is_used_to_counts_for_more_than_what_others_are() -> None:
    started = detect(event("gpu", 5, SMALL)).state
    other = life_key(HAND._replace(who="somebody"), 40.0)
    started.peaks[other] = Peak(39.0, "2026-03-09")
    assert len(after(started, 1).anomalies) == 1
    started.peaks[other] = Peak(50.0, "2026-03-09")
    assert after(started, 1).anomalies == ()


def test_it_is_watched_for_longer_than_it_is_news() -> None:
    state = detect(event("gpu", 9, SMALL)).state
    state.peaks[life_key(HAND, 36.0)] = Peak(32.0, "2026-03-09")
    results = []
    for days in range(1, 5):
        results.append(after(state, days))
        state = results[-1].state
    assert [len(one.anomalies) for one in results] == [0, 0, 0, 1]
    assert results[-1].anomalies[0].hourly_cost == SMALL


def test_a_life_is_learned_when_it_ends() -> None:
    started = detect(event("gpu", 9, SMALL)).state
    assert life_key(HAND, 36.0) not in started.peaks
    ended = after(started, 1, stop("gpu", 33)).state
    assert ended.peaks[life_key(HAND, 36.0)].recent == [("2026-03-11", 24.0)]


def test_what_costs_little_has_over_the_weekend_and_its_like_must_live_far_shorter() -> None:
    tuesday = past(detect(event("small", 5, 0.6)).state, 1).state
    (anomaly,) = after(tuesday, 2).anomalies
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=64)
    tuesday.peaks[life_key(HAND, 14.4)] = Peak(30.0, "2026-03-11")
    assert after(tuesday, 2).anomalies == ()
    friday = past(detect(event("ci", 1, 0.1)).state, 2).state
    started = after(friday, 3, event("small", 72 + 8, 0.6)).state
    for days in (4, 5, 6):
        result = after(started, days)
        assert result.anomalies == ()
        started = result.state
    (anomaly,) = after(started, 7).anomalies
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=88)


def test_a_habit_that_was_told_is_not_told_every_week() -> None:
    state = detect(event("gpu", 5, SMALL)).state
    told = after(state, 1)
    assert len(told.anomalies) == 1
    ended = after(told.state, 2, stop("gpu", 60)).state
    again = after(ended, 6, event("again", 150, SMALL)).state
    assert after(again, 8).anomalies == ()


def test_a_small_machine_that_is_switched_on_again_is_somebodys_own() -> None:
    def told(name: str, hourly: float) -> int:
        off = stop("box", 20)
        state = detect(event("box", 5, hourly), replace(off, hourly_cost=-hourly)).state
        state = after(state, 1, event("on", 29, hourly, resource_ids=(f"i-{name}",))).state
        found = 0
        for days in range(2, 5):
            result = after(state, days)
            state, found = result.state, found + len(result.anomalies)
        return found

    assert (told("box", 0.6), told("another", 0.6), told("box", SMALL)) == (0, 1, 1)
