"""What may well end by itself is told once it has stayed, by its start."""

from dataclasses import replace
from datetime import timedelta

import pytest

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

MIDDLING = 8.0
ROLE = {"actor": "ci", "actor_kind": "role"}


def clock(hour: float) -> DayEvent:
    """Something cheap that tells that so much time has passed."""
    return event(f"clock{hour}", hour, 0.001, **ROLE)


def stop(name: str, hour: float, hourly: float = MIDDLING) -> DayEvent:
    return event(f"stop-{name}", hour, -hourly, action="stop", resource_ids=(f"i-{name}",))


def next_day(state: DetectorState, *events: DayEvent, days: int = 1) -> DayResult:
    return detect_day(events, USUAL, state, SETTINGS, (), DAY + timedelta(days=days))


def test_an_afternoon_with_a_larger_machine_is_nobodys_business() -> None:
    assert detect(event("gpu", 9, MIDDLING), stop("gpu", 16), clock(23)).anomalies == ()


def test_what_stays_beyond_the_working_day_is_told_by_its_start() -> None:
    assert detect(event("gpu", 9, MIDDLING), clock(18)).anomalies == ()
    (anomaly,) = detect(event("gpu", 9, MIDDLING), clock(20)).anomalies
    assert anomaly.trigger.event_id == "gpu"
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=10)
    assert "stayed" in {reason.signal for reason in anomaly.reasons}


def test_midnight_in_between_changes_nothing() -> None:
    evening = detect(event("gpu", 19, MIDDLING), clock(23)).state
    (anomaly,) = next_day(evening, clock(30)).anomalies
    assert anomaly.trigger.event_id == "gpu"
    assert next_day(evening, stop("gpu", 28), clock(30)).anomalies == ()
    again = next_day(next_day(evening, clock(30)).state, clock(54), days=2)
    assert again.anomalies == ()


def test_a_day_that_fell_silent_early_is_looked_at_the_next() -> None:
    silent = detect(event("gpu", 9, MIDDLING), clock(11)).state
    (anomaly,) = next_day(silent, clock(25)).anomalies
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=10)


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({"actor": "mallory"}, 4),
        ({"region": "sa-east-1"}, 0),
        ({"hourly_cost": 130.0}, 0),
        ({"resource_type": "rds_instance"}, 0),
    ],
)
def test_strangers_have_less_time_and_what_is_dear_or_elsewhere_has_none(
    changes: dict[str, object], hours: float
) -> None:
    start = event("gpu", 9, MIDDLING, **({"hourly_cost": MIDDLING} | changes))
    (anomaly,) = detect(start, clock(23)).anomalies
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=hours)


@pytest.mark.parametrize(("hourly", "hours"), [(126.0, 0), (65.0, 2.5), (35.0, 5), (29.0, 10)])
def test_the_dearer_it_is_the_sooner_it_is_told(hourly: float, hours: float) -> None:
    """Before it has come to 310 USD: what ends by itself until then is nobody's alarm."""
    start = event("gpu", 9, hourly)
    (anomaly,) = detect(start, clock(23)).anomalies
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=hours)
    ended = stop("gpu", 9 + hours - 0.1, hourly)
    assert hours == 0 or detect(start, ended, clock(23)).anomalies == ()


@pytest.mark.parametrize("changes", [{"actor": "mallory"}, {"resource_class": "p5.48xlarge"}])
def test_what_is_dear_and_new_is_told_at_once(changes: dict[str, object]) -> None:
    (anomaly,) = detect(event("gpu", 9, 35.0, **changes)).anomalies
    assert anomaly.noticed_at == anomaly.trigger.event_time


def test_what_grows_call_by_call_is_told_as_soon_as_it_is_dear() -> None:
    (anomaly,) = detect(*(event(f"g{n}", 9 + n / 500, 12.0) for n in range(4))).anomalies
    assert anomaly.trigger.event_id == "g2"


def test_a_small_start_beside_it_neither_hurries_nor_triggers() -> None:
    (anomaly,) = detect(event("fleet", 9, 65.0), event("small", 10, 0.1), clock(23)).anomalies
    assert anomaly.trigger.event_id == "fleet"
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=2.5)


def test_who_waits_for_midnight_is_told_by_then_all_the_same() -> None:
    evening = detect(event("fleet", 22, 65.0), clock(23)).state
    (anomaly,) = next_day(evening, clock(26)).anomalies
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=2.5)


def test_what_is_waited_for_is_not_told_of_everybody() -> None:
    """The account's sum takes it in once it has stayed, and not with the next small start."""
    start = event("fleet", 9, 80.0)
    other = event("small", 10, 0.5, **ROLE)
    assert detect(start, other, stop("fleet", 11, 80.0), clock(23)).anomalies == ()
    (anomaly,) = detect(start, other, clock(12)).anomalies
    assert anomaly.actor == "ada"


def test_a_young_account_is_given_time_too() -> None:
    young = known_account()
    young.first_seen[ACCOUNT] = "2026-03-01"

    def found(*events: DayEvent) -> int:
        return len(detect_day(events, USUAL, young, SETTINGS, (), DAY).anomalies)

    start = event("gpu", 9, 120.0)
    assert found(start, clock(13)) == 0
    assert found(start, clock(15)) == 1
    assert found(replace(start, hourly_cost=420.0)) == 1
    assert found(replace(start, actor="mallory")) == 1


@pytest.mark.parametrize(("hourly", "hours"), [(8.0, 4), (4.0, 10), (1.5, None)])
def test_a_role_that_nobody_has_seen_takes_less_the_longer_it_stays(
    hourly: float, hours: float | None
) -> None:
    stranger = {"actor": "app", "actor_kind": "role"}
    found = detect(event("gpu", 3, hourly, **stranger), clock(23)).anomalies
    told = [one.noticed_at == one.trigger.event_time + timedelta(hours=hours or 0) for one in found]
    assert told == ([] if hours is None else [True])


def test_a_job_that_ends_by_itself_does_not_stay() -> None:
    job = {"resource_type": "sagemaker_training_job", "resource_class": "ml.p3.8xlarge"}
    by = {"actor": "mlops", "actor_kind": "role", "hourly_cost": 0.0}
    for usd, told in ((400.0, 0), (700.0, 1)):
        start = event("training", 3, 0.0, **(job | by | {"one_time_cost": usd}))
        assert len(detect(start, clock(23)).anomalies) == told


def test_starts_one_after_the_other_that_all_stay_are_a_drip() -> None:
    drip = [event(f"d{n}", n, 0.2) for n in range(12)]
    (anomaly,) = detect(*drip).anomalies
    assert anomaly.trigger.event_id == "d4"
    script = [event(f"d{n}", n / 360, 0.2) for n in range(12)]
    assert detect(*script).anomalies == ()
    ended = [stop(f"d{n}", n + 0.5, 0.2) for n in range(12)]
    assert detect(*drip, *ended).anomalies == ()


@pytest.mark.parametrize(("usual", "trigger"), [(2.0, "d4"), (4.0, "d7"), (5.0, "d9")])
def test_a_drip_is_twice_as_many_rounds_as_usual(usual: float, trigger: str) -> None:
    state = known_account()
    state.peaks[f"typerounds|{ACCOUNT}|ada|ec2_instance"] = Peak(usual, "2026-03-10")
    drip = [event(f"d{n}", n, 0.3) for n in range(12)]
    (anomaly,) = detect_day(drip, USUAL, state, SETTINGS, (), DAY).anomalies
    assert anomaly.trigger.event_id == trigger


def test_what_was_changed_while_it_was_stopped_is_resized_when_it_starts() -> None:
    change = event("change", 8, 0.0, action="change", resource_ids=("i-gpu",))
    (anomaly,) = detect(change, event("gpu", 9, MIDDLING)).anomalies
    assert anomaly.trigger.event_id == "gpu"
    assert [part.event_id for part in anomaly.events] == ["change", "gpu"]
    before = event("before", 10, 0.0, action="change", resource_ids=("i-gpu",))
    assert detect(event("gpu", 9, MIDDLING), before).anomalies == ()


def test_what_stays_is_a_loop_only_within_hours() -> None:
    table = {"resource_type": "dynamodb_table", "resource_class": None}
    loop = [event(f"t{n}", n / 4, 0.05, **table) for n in range(6)]
    (anomaly,) = detect(*loop).anomalies
    assert anomaly.trigger.event_id == "t3"
    pairs = [replace(one, resource_ids=(one.event_id, f"{one.event_id}b")) for one in loop]
    assert len(detect(*pairs).anomalies) == 1
    assert detect(*(event(f"t{n}", 4 * n, 0.05, **table) for n in range(6))).anomalies == ()


def test_a_role_whose_machines_never_last_is_told_of_some_that_do() -> None:
    state = known_account()
    state.peaks[f"type|{ACCOUNT}|ci|ec2_instance"] = Peak(400.0, "2026-03-09")
    state.peaks[f"class|{ACCOUNT}|ci|ec2_instance|m5.large"] = Peak(400.0, "2026-03-09")
    batch = event("batch", 2, 4.0, **ROLE)
    first = detect_day([batch, clock(23)], USUAL, state, SETTINGS, (), DAY)
    assert first.anomalies == ()
    (anomaly,) = next_day(first.state, clock(27)).anomalies
    assert anomaly.noticed_at == anomaly.trigger.event_time + timedelta(hours=24)
    first.state.peaks[f"lasting|{ACCOUNT}|ci|ec2_instance"] = Peak(90.0, "2026-03-09")
    assert next_day(first.state, clock(27)).anomalies == ()


def test_what_lasts_is_learned_once_it_has_lasted() -> None:
    first = detect(event("server", 2, 0.5, **ROLE), clock(23))
    assert f"lasting|{ACCOUNT}|ci|ec2_instance" not in first.state.peaks
    second = next_day(first.state, clock(27))
    assert second.state.peaks[f"lasting|{ACCOUNT}|ci|ec2_instance"].recent[0][1] == 12.0
