"""A day's events become its anomalies: found, explained, told once, in any order."""

import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from cost_pipeline.core.detection_model import (
    Baseline,
    DayEvent,
    DayResult,
    Decision,
    DetectionSettings,
    DetectorState,
    Position,
)
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.core.statistics import Moments

DAY = date(2026, 3, 10)
ACCOUNT = "111122223333"
SETTINGS = DetectionSettings()
USUAL = {
    (ACCOUNT, "ec2_instance"): Baseline(
        Moments.of([0.1, 0.2, 0.1, 0.2, 0.1, 0.2]),
        actors=frozenset({"ada", "ci"}),
        regions=frozenset({"eu-west-1"}),
        classes=frozenset({"m5.large"}),
        days=20,
    )
}


def _event(name: str, hour: float, hourly: float, **changes: object) -> DayEvent:
    fields: dict[str, object] = {
        "id": uuid5(UUID(int=7), name),
        "event_id": name,
        "event_time": datetime(2026, 3, 10, tzinfo=UTC) + timedelta(hours=hour),
        "account_id": ACCOUNT,
        "region": "eu-west-1",
        "service": "ec2",
        "resource_type": "ec2_instance",
        "resource_class": "m5.large",
        "action": "start",
        "actor": "ada",
        "actor_kind": "user",
        "resource_ids": (f"i-{name}",),
        "quantity": 1.0,
        "hourly_cost": hourly,
        "one_time_cost": 0.0,
        "event_name": "RunInstances",
    }
    return DayEvent(**(fields | changes))  # type: ignore[arg-type]


def _known_account() -> DetectorState:
    return DetectorState(first_seen={ACCOUNT: "2026-01-01"})


def _detect(*events: DayEvent, decisions: tuple[Decision, ...] = ()) -> DayResult:
    return detect_day(events, USUAL, _known_account(), SETTINGS, decisions, DAY)


def test_a_usual_start_is_quiet_and_becomes_usual() -> None:
    result = _detect(_event("a", 9, 0.2))
    assert result.anomalies == ()
    state = result.state
    assert state.positions[ACCOUNT, "ada", "ec2_instance"].peak == 0
    for number in range(1, 4):
        day = DAY + timedelta(days=number)
        state = detect_day([], USUAL, state, SETTINGS, (), day).state
    assert state.positions[ACCOUNT, "ada", "ec2_instance"].peak == 0.2 * 24


def test_a_huge_machine_by_a_stranger_in_a_new_region_is_critical_and_explained() -> None:
    gpu = _event("gpu", 3, 98.0, actor="mallory", region="sa-east-1", resource_class="p5.48xlarge")
    (anomaly,) = _detect(gpu).anomalies
    assert anomaly.severity == "critical"
    assert anomaly.hourly_cost == 98.0
    assert {reason.signal for reason in anomaly.reasons} == {
        "outstanding",
        "new_actor",
        "new_region",
        "new_class",
        "z_score",
    }
    assert all(reason.sentence.endswith(".") for reason in anomaly.reasons)


def test_many_small_starts_are_one_anomaly() -> None:
    drip = [_event(f"d{n}", 1 + n / 4, 0.4, actor="mallory") for n in range(40)]
    (anomaly,) = _detect(*drip).anomalies
    assert len(anomaly.events) == 40
    assert anomaly.trigger.event_time.hour < 4


def test_a_drip_over_two_days_is_not_its_own_excuse() -> None:
    starts = [_event(f"d{n}", n * 1.2, 0.4) for n in range(40)]
    state = _known_account()
    state.positions[ACCOUNT, "ada", "ec2_instance"] = Position(peak=5.0, peak_day="2026-03-09")
    today = [e for e in starts if e.event_time.day == 10]
    first = detect_day(today, USUAL, state, SETTINGS, (), DAY)
    second = detect_day(
        [e for e in starts if e.event_time.day == 11],
        USUAL,
        first.state,
        SETTINGS,
        (),
        DAY + timedelta(days=1),
    )
    assert first.anomalies == ()
    assert len(second.anomalies) == 1


def test_a_flood_of_what_an_actor_never_ran_takes_fewer_dollars() -> None:
    flood = [
        _event(f"n{n}", 2 + n / 60, 0.06, resource_type="nat_gateway", resource_class=None)
        for n in range(40)
    ]
    (anomaly,) = _detect(*flood).anomalies
    assert "flood" in {reason.signal for reason in anomaly.reasons}


def test_what_was_told_is_not_told_again_by_a_small_start() -> None:
    told = _detect(_event("gpu", 3, 98.0)).state
    later = [_event("small", 32, 0.1)]
    assert detect_day(later, USUAL, told, SETTINGS, (), DAY + timedelta(days=1)).anomalies == ()


def test_what_stops_in_between_does_not_add_up() -> None:
    events = []
    for n in range(40):
        start = _event(f"s{n}", n / 2, 2.0)
        stop = _event(f"t{n}", n / 2 + 0.2, -2.0, action="stop", resource_ids=start.resource_ids)
        events += [start, stop]
    assert _detect(*events).anomalies == ()


def test_the_order_of_events_does_not_matter() -> None:
    events = [_event(f"e{n}", n / 3, 5.0, actor=("ada", "eve")[n % 2]) for n in range(30)]
    expected = _detect(*events)
    shuffled = list(events)
    random.Random(4).shuffle(shuffled)  # noqa: S311
    again = _detect(*shuffled)
    assert again.anomalies == expected.anomalies
    assert again.state.to_json() == expected.state.to_json()


def test_the_state_survives_json() -> None:
    state = _detect(_event("a", 9, 0.2), _event("b", 10, 80.0)).state
    assert DetectorState.from_json(state.to_json()).to_json() == state.to_json()


def test_an_anomaly_grows_the_next_day_instead_of_alerting_again() -> None:
    today = _detect(_event("a", 23, 80.0, actor="mallory"))
    tomorrow = detect_day(
        [_event("b", 24.5, 80.0, actor="mallory")],
        USUAL,
        today.state,
        SETTINGS,
        (),
        DAY + timedelta(days=1),
    )
    assert tomorrow.anomalies == ()
    (parts,) = tomorrow.grown.values()
    assert [part.event_id for part in parts] == ["b"]
    assert set(tomorrow.grown) == {today.anomalies[0].id}


def test_expected_mutes_the_pattern_and_lets_it_train() -> None:
    gpu = _event("gpu", 3, 98.0)
    yes = Decision("expected", datetime(2026, 3, 1, tzinfo=UTC), actor="ada", account_id=ACCOUNT)
    result = _detect(gpu, decisions=(yes,))
    assert result.anomalies == ()
    assert result.excluded_event_ids == frozenset()
    assert result.state.positions[ACCOUNT, "ada", "ec2_instance"].peak == 98.0 * 24


def test_a_decision_does_not_reach_back() -> None:
    late = Decision("expected", datetime(2026, 3, 11, tzinfo=UTC), actor="ada")
    assert len(_detect(_event("gpu", 3, 98.0), decisions=(late,)).anomalies) == 1


def test_an_anomaly_does_not_train() -> None:
    gpu = _event("gpu", 3, 98.0)
    result = _detect(gpu)
    assert result.excluded_event_ids == {gpu.id}
    assert result.state.positions[ACCOUNT, "ada", "ec2_instance"].peak == 0


def test_a_commitment_is_at_least_high() -> None:
    plan = _event(
        "sp", 9, 0.0, action="purchase", one_time_cost=8760.0, resource_type="savings_plan"
    )
    (anomaly,) = _detect(plan).anomalies
    assert anomaly.severity == "high"
    assert anomaly.one_time_cost == 8760.0
    assert anomaly.reasons[0].signal == "commitment"


def test_stopping_the_trail_is_critical() -> None:
    stop = _event(
        "x", 9, 0.0, action="signal", event_name="StopLogging", resource_type="cloudtrail_trail"
    )
    (anomaly,) = _detect(stop).anomalies
    assert anomaly.severity == "critical"


def test_a_young_account_is_learned_before_it_is_judged() -> None:
    boot = [_event(f"b{n}", n, 1.0) for n in range(20)]
    quiet = detect_day(boot, {}, DetectorState(), SETTINGS, (), DAY)
    assert quiet.anomalies == ()
    huge = detect_day([_event("gpu", 1, 98.0)], {}, DetectorState(), SETTINGS, (), DAY)
    assert len(huge.anomalies) == 1
    assert quiet.state.first_seen == {ACCOUNT: "2026-03-10"}


def test_refused_calls_are_named() -> None:
    result = detect_day(
        [_event("gpu", 3, 98.0)],
        USUAL,
        _known_account(),
        SETTINGS,
        (),
        DAY,
        refused={(ACCOUNT, "ada"): 40},
    )
    assert result.anomalies[0].reasons[-1].value == 40
