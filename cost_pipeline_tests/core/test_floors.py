"""How many dollars it takes: by who made what, what is new, and what the past was like."""

from dataclasses import replace

from cost_pipeline.core.detection_model import DayEvent, DetectionSettings
from cost_pipeline.core.detector_state import DetectorState, Peak, Subject
from cost_pipeline.core.floors import Novelty, floor_of
from cost_pipeline.core.incidents import detect_day
from cost_pipeline_tests.fixtures.detection import (
    ACCOUNT,
    DAY,
    HAND,
    SETTINGS,
    USUAL,
    detect,
    event,
    known_account,
)

ROLE = HAND._replace(actor="deploy", who="deploy", made_by="role")
GROUP = ROLE._replace(who="asg/web", made_by="service")
TABLE = HAND._replace(resource_type="dynamodb_table", resource_class=None)
DEFAULT = DetectionSettings()


def floor(subject: Subject, usual: float = 0.0, **new: bool | int) -> float:
    return floor_of(subject, Novelty(**new), DEFAULT, usual)  # type: ignore[arg-type]


def test_a_role_that_is_known_for_long_is_held_to_its_own_scale() -> None:
    assert floor(ROLE) == 600
    assert floor(ROLE, usual=5.0) == 600
    assert floor(ROLE, usual=5.0, settled=True) == 250
    assert floor(ROLE, usual=40.0, settled=True) == 400
    assert floor(ROLE, usual=400.0, settled=True) == 600


def test_a_flood_of_a_group_known_for_long_takes_little_and_of_a_new_one_much() -> None:
    assert floor(GROUP, usual=100.0, settled=True, flood=40, steps=3) == 90
    assert floor(GROUP, usual=100.0, settled=True, flood=40, steps=3, rounds=6) == 24
    assert floor(GROUP, usual=20.0, settled=True, flood=40, steps=3) == 60
    assert floor(GROUP, usual=1.0, settled=True, flood=40, steps=3) == 24
    assert floor(GROUP, usual=100.0, settled=True, flood=40, steps=2) == 600
    assert floor(GROUP, usual=100.0, settled=True, flood=80, steps=1) == 600 * 0.2
    assert floor(GROUP, actor=True, flood=40) == 600
    assert floor(GROUP, actor=True, flood=80) == 600 * 0.2


def test_what_stays_takes_less_where_nobody_here_had_as_much() -> None:
    assert floor(TABLE) == 160
    assert floor(TABLE, scale=True) == 80
    assert floor(TABLE, resource_type=True) == 80


def test_a_machine_that_is_changed_is_meant_to_stay() -> None:
    assert floor(ROLE, resized=True) == 80
    assert floor(HAND, resized=True) == 80
    assert floor(TABLE, resized=True) == 160


def test_a_loop_of_what_stays_and_a_drip_take_little() -> None:
    assert floor(TABLE, rounds=6) == 4
    assert floor(HAND, rounds=6) == floor(ROLE, rounds=6) == 24
    assert floor(GROUP, rounds=6) == 600


def test_what_ends_by_itself_is_no_stranger() -> None:
    job = ROLE._replace(resource_type="sagemaker_training_job")
    assert floor(job, actor=True, stranger=True) == floor(job._replace(made_by="hand")) == 600


def test_a_family_that_is_new_says_little_of_a_role_known_for_long() -> None:
    assert floor(ROLE, family=True) == 600 * 0.85
    assert floor(ROLE, family=True, settled=True, usual=1.0) == 250


def test_what_others_did_by_hand_excuses_a_known_person_at_home() -> None:
    state = known_account()
    state.peaks[f"hand|{ACCOUNT}|ec2_instance"] = Peak(3600.0, "2026-03-08")
    big = event("big", 9, 150.0)

    def found(*events: DayEvent) -> int:
        return len(detect_day(events, USUAL, state, SETTINGS, (), DAY).anomalies)

    assert len(detect(big).anomalies) == 1
    assert found(big) == 0
    assert found(replace(big, region="sa-east-1")) == 1
    assert found(replace(big, actor="mallory")) == 1
    assert found(replace(big, hourly_cost=300.0)) == 1
    assert found(big, event("night", 23, 0.1, actor="ci", actor_kind="role")) == 1


def test_what_others_did_excuses_no_heap_of_small_machines() -> None:
    state = known_account()
    state.peaks[f"hand|{ACCOUNT}|ec2_instance"] = Peak(600.0, "2026-03-08")
    drip = [event(f"d{n}", n, 0.4) for n in range(20)]
    assert len(detect_day(drip, USUAL, state, SETTINGS, (), DAY).anomalies) == 1


def test_the_most_that_one_person_had_is_remembered() -> None:
    state = detect(event("a", 9, 0.5), event("b", 10, 1.0, actor="eve")).state
    assert state.peaks[f"hand|{ACCOUNT}|ec2_instance"].recent == [("2026-03-10", 24.0)]


def test_what_many_actors_add_together_is_an_anomaly_of_the_account() -> None:
    kinds = [f"kind_{n}" for n in range(20)]
    spread = [
        event(f"s{n}", n / 2, 5.0, actor=f"role-{n}", actor_kind="role", resource_type=kind)
        for n, kind in enumerate(kinds)
    ]
    state = known_account()
    for n, kind in enumerate(kinds):
        for name in (f"actor|{ACCOUNT}|role-{n}", f"anywhere|role-{n}", f"type|{ACCOUNT}|{kind}"):
            state.seen[name] = ("2026-01-01", "2026-03-09")
    (anomaly,) = detect_day(spread, USUAL, state, SETTINGS, (), DAY).anomalies
    assert (anomaly.actor, anomaly.actor_kind) == (f"everybody in {ACCOUNT}", "account")
    assert anomaly.reasons[0].value == 1560.0
    few = spread[:12]
    assert detect_day(few, USUAL, state, SETTINGS, (), DAY).anomalies == ()


def test_whoever_is_unusual_alone_is_told_by_name_and_not_as_everybody() -> None:
    attacks = [event(f"e{n}", n, 190.0, actor=f"eve-{n}") for n in range(3)]
    others = event("small", 0, 10.0)
    found = detect_day([others, *attacks], USUAL, DetectorState(), SETTINGS, (), DAY)
    assert [one.actor for one in found.anomalies] == ["eve-0", "eve-1", "eve-2"]


def test_who_acts_alone_joins_no_anomaly_of_everybody() -> None:
    many = [event(f"m{n}", n / 10, 60.0, actor=f"person-{n}") for n in range(5)]
    alone = event("eve", 9, 190.0, actor="eve")
    found = detect_day([*many, alone], USUAL, DetectorState(), SETTINGS, (), DAY).anomalies
    assert [one.actor for one in found] == [f"everybody in {ACCOUNT}", "eve"]
