"""What a day leaves behind: what was told, and who made it has ended, is usual from then on."""

from datetime import timedelta
from typing import Any

from cost_pipeline.core.detection_model import DayEvent, DayResult, DetectorState
from cost_pipeline.core.detector_state import Peak
from cost_pipeline.core.incidents import detect_day
from cost_pipeline_tests.fixtures.detection import (
    ACCOUNT,
    DAY,
    SETTINGS,
    USUAL,
    detect,
    event,
    known_account,
)

DEAR = 150.0


def stop(hour: float, **changes: Any) -> DayEvent:
    return event("stop", hour, -DEAR, action="stop", resource_ids=("i-gpu",), **changes)


def day(number: int, state: DetectorState, *events: DayEvent) -> DayResult:
    return detect_day(events, USUAL, state, SETTINGS, (), DAY + timedelta(days=number))


def again(state: DetectorState, usd_an_hour: float = DEAR, **changes: Any) -> DayResult:
    """The same a week later."""
    between = day(2, day(1, state).state).state
    return day(7, between, event("again", 7 * 24 + 9, usd_an_hour, **changes))


def test_what_its_maker_ends_is_told_once() -> None:
    first = detect(event("gpu", 9, DEAR), stop(13))
    assert len(first.anomalies) == 1
    assert again(first.state).anomalies == ()


def test_what_its_maker_ends_a_day_later_may_have_been_forgotten() -> None:
    first = detect(event("gpu", 9, DEAR))
    assert len(again(day(1, first.state, stop(40)).state).anomalies) == 1


def test_what_stays_and_its_maker_ends_is_told_once() -> None:
    cluster: dict[str, Any] = {"resource_type": "redshift_cluster", "resource_class": "ra3.4xlarge"}
    first = detect(event("gpu", 9, DEAR, **cluster))
    ended = day(1, first.state, stop(40, **cluster)).state
    assert again(ended, **cluster).anomalies == ()


def test_more_than_was_told_is_told() -> None:
    first = detect(event("gpu", 9, DEAR), stop(13))
    assert len(again(first.state, 3 * DEAR).anomalies) == 1


def test_what_somebody_else_ends_is_told_again() -> None:
    first = detect(event("gpu", 9, DEAR), stop(13, actor="ci", actor_kind="role"))
    assert len(again(first.state).anomalies) == 1


def test_what_runs_on_is_told_again() -> None:
    first = detect(event("gpu", 9, DEAR))
    ended = day(4, day(1, first.state).state, stop(4 * 24 + 9)).state
    later = day(9, day(5, ended).state, event("again", 9 * 24 + 9, DEAR))
    assert len(later.anomalies) == 1


def test_what_is_told_after_midnight_does_not_train_either() -> None:
    evening = day(0, known_account(), event("small", 15, 0.5), event("gpu", 16, 20.0))
    assert evening.anomalies == ()
    morning = day(1, evening.state, event("clock", 30, 0.001, actor="ci", actor_kind="role"))
    (told,) = morning.anomalies
    assert told.trigger.event_id == "gpu"
    peaks = day(2, morning.state).state.peaks
    for name in (f"type|{ACCOUNT}|ada|ec2_instance", f"hand|{ACCOUNT}|ec2_instance"):
        assert peaks.get(name, Peak()).value <= 12.0, name


def test_nobody_else_is_excused_by_it() -> None:
    first = detect(event("gpu", 9, DEAR), stop(13))
    assert f"hand|{ACCOUNT}|ec2_instance" not in first.state.peaks
    assert len(again(first.state, actor="bob").anomalies) == 1


def test_where_the_account_does_not_work_nothing_is_meant() -> None:
    away: dict[str, Any] = {"region": "sa-east-1"}
    first = detect(event("gpu", 9, DEAR, **away), stop(13, **away))
    assert len(again(first.state, **away).anomalies) == 1


def test_what_a_service_made_for_a_job_is_told_once() -> None:
    emr: dict[str, Any] = {"actor": "EMR_DefaultRole", "actor_kind": "role"}
    flow = emr | {"workload": "emr/j-1A", "invoked_by": "elasticmapreduce.amazonaws.com"}
    first = detect(event("gpu", 9, DEAR, **flow), stop(13, **emr))
    assert len(first.anomalies) == 1
    assert again(first.state, **(flow | {"workload": "emr/j-2B"})).anomalies == ()


GROUP: dict[str, Any] = {"actor": "autoscaling", "actor_kind": "service", "workload": "asg/web"}


def grown(name: str, hour: float, count: int) -> DayEvent:
    machines = tuple(f"i-{name}-{n}" for n in range(count))
    return event(name, hour, 2.0 * count, resource_ids=machines, quantity=float(count), **GROUP)


def narrowed(hour: float, *starts: DayEvent) -> DayEvent:
    machines = tuple(one for start in starts for one in start.resource_ids)
    ended = {"action": "stop", "resource_ids": machines, "quantity": float(len(machines))}
    return event("end", hour, -2.0 * len(machines), **(GROUP | ended))


def known_group() -> DetectorState:
    state = known_account()
    state.peaks[f"type|{ACCOUNT}|asg/web|ec2_instance"] = Peak(20.0, "2026-03-01")
    return state


def test_a_group_that_was_widened_and_narrowed_within_a_day_is_told_once() -> None:
    start = grown("wide", 9, 60)
    first = day(0, known_group(), start, narrowed(13, start))
    assert len(first.anomalies) == 1
    later = grown("again", 7 * 24 + 9, 60)
    assert day(7, day(1, first.state).state, later).anomalies == ()
    kept = day(1, day(0, known_group(), start).state, narrowed(40, start)).state
    assert len(day(7, kept, later).anomalies) == 1


def test_a_group_that_grew_again_and_again_ran_away_though_it_came_back() -> None:
    rounds = [grown(f"r{n}", 9 + n / 10, 20) for n in range(6)]
    state = known_group()
    state.seen[f"own|{ACCOUNT}|asg/web|ec2_instance"] = ("2026-01-01", "2026-03-09")
    first = day(0, state, *rounds, narrowed(13, *rounds))
    assert len(first.anomalies) == 1
    later = [grown(f"s{n}", 7 * 24 + 9 + n / 10, 20) for n in range(6)]
    assert len(day(7, day(1, first.state).state, *later).anomalies) == 1


def test_what_was_given_back_is_usual_the_day_after() -> None:
    first = detect(event("gpu", 9, DEAR), stop(13))
    assert len(first.anomalies) == 1
    assert day(1, first.state, event("again", 33, DEAR)).anomalies == ()
