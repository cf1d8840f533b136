"""A day's events become its anomalies: found, explained, told once, in any order."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cost_pipeline.core.detection_model import (
    DayEvent,
    DayResult,
    Decision,
    DetectorState,
)
from cost_pipeline.core.detector_state import Peak
from cost_pipeline.core.expected import ExpectedChange
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


def _peak(state: DetectorState, actor: str = "ada") -> float:
    peak = state.peaks.get(f"type|{ACCOUNT}|{actor}|ec2_instance")
    return peak.value if peak else 0.0


def test_a_usual_start_is_quiet_and_becomes_usual() -> None:
    result = detect(event("a", 9, 0.2))
    assert result.anomalies == ()
    assert _peak(result.state) == 0
    tomorrow = detect_day([], USUAL, result.state, SETTINGS, (), DAY + timedelta(days=1)).state
    assert _peak(tomorrow) == 4.8


def test_a_huge_machine_by_a_stranger_in_a_new_region_is_critical_and_explained() -> None:
    gpu = event("gpu", 3, 98.0, actor="mallory", region="sa-east-1", resource_class="p5.48xlarge")
    (anomaly,) = detect(gpu).anomalies
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
    drip = [event(f"d{n}", 1 + n / 4, 0.4, actor="mallory") for n in range(40)]
    (anomaly,) = detect(*drip).anomalies
    assert len(anomaly.events) == 40
    assert anomaly.trigger.event_time.hour < 4


def test_a_drip_over_two_days_is_found_and_not_its_own_excuse() -> None:
    starts = [event(f"d{n}", n * 1.6, 0.06) for n in range(30)]
    state = known_account()
    first = detect_day(starts[:15], USUAL, state, SETTINGS, (), DAY)
    second = detect_day(starts[15:], USUAL, first.state, SETTINGS, (), DAY + timedelta(days=1))
    assert first.anomalies == ()
    assert len(second.anomalies) == 1


def test_a_loop_takes_few_dollars() -> None:
    loop = [
        event(
            f"n{n}",
            2 + n / 60,
            0.05,
            resource_type="nat_gateway",
            resource_class=None,
            actor="terraform",
            actor_kind="role",
        )
        for n in range(40)
    ]
    (anomaly,) = detect(*loop).anomalies
    assert "rounds" in {reason.signal for reason in anomaly.reasons}
    assert anomaly.trigger.event_id == "n3"
    assert detect(*loop[:3]).anomalies == ()


def test_a_flood_of_what_has_no_known_price_is_not_free() -> None:
    copies = [
        event(f"c{n}", 2 + n / 60, 0.0, resource_type="ebs_snapshot", resource_class=None)
        for n in range(150)
    ]
    free = detect(*copies)
    unknown = detect(*(replace(copy, hourly_cost=None) for copy in copies))
    assert free.anomalies == ()
    (anomaly,) = unknown.anomalies
    assert anomaly.hourly_cost == 0


def test_many_hands_of_one_role_are_one_anomaly() -> None:
    role = "arn:aws:iam::111122223333:role/aws-reserved/AWSReservedSSO_Lab_1"
    hands = [
        event(
            f"h{n}",
            2 + n / 10,
            0.4,
            actor=f"p{n}@example.com",
            actor_kind="sso",
            actor_principal=role,
        )
        for n in range(20)
    ]
    (anomaly,) = detect(*hands).anomalies
    assert (anomaly.actor, anomaly.actor_kind) == ("AWSReservedSSO_Lab_1", "role")
    assert anomaly.who is None
    assert len(anomaly.events) == 20


def test_a_workload_answers_for_what_its_service_starts() -> None:
    def scaled(name: str, n: int) -> DayEvent:
        return event(
            f"{name}{n}",
            2 + n / 100,
            0.5,
            workload=name,
            actor_kind="role",
            actor="AWSServiceRoleForAutoScaling",
            invoked_by="autoscaling.amazonaws.com",
        )

    state = known_account()
    long = ("2026-01-01", "2026-03-09")
    for name in ("asg/web", "asg/shop"):
        state.seen[f"actor|{ACCOUNT}|{name}"] = state.seen[f"anywhere|{name}"] = long
    events = [scaled("asg/web", n) for n in range(60)] + [scaled("asg/shop", n) for n in range(5)]
    (anomaly,) = detect_day(events, USUAL, state, SETTINGS, (), DAY).anomalies
    assert (anomaly.who, anomaly.actor) == ("asg/web", "AWSServiceRoleForAutoScaling")
    assert anomaly.workload == "asg/web"
    assert len(anomaly.events) == 60


def test_what_was_told_is_not_told_again_by_a_small_start() -> None:
    told = detect(event("gpu", 3, 150.0)).state
    later = [event("small", 32, 0.1)]
    assert detect_day(later, USUAL, told, SETTINGS, (), DAY + timedelta(days=1)).anomalies == ()


def test_what_stops_in_between_does_not_add_up() -> None:
    events = []
    for n in range(40):
        start = event(f"s{n}", n / 2, 2.0)
        stop = event(f"t{n}", n / 2 + 0.2, -2.0, action="stop", resource_ids=start.resource_ids)
        events += [start, stop]
    assert detect(*events).anomalies == ()


def test_nobodys_stops_hide_anothers_starts() -> None:
    old = [event(f"o{n}", 1, 2.0, actor="ci", actor_kind="role") for n in range(10)]
    ends = [
        event(f"x{n}", 2 + n / 10, -2.0, action="stop", resource_ids=old[n].resource_ids)
        for n in range(10)
    ]
    mine = [event(f"m{n}", 2.05 + n / 10, 2.0) for n in range(10)]
    (anomaly,) = detect(*old, *ends, *mine).anomalies
    assert {part.event_id[0] for part in anomaly.events} == {"m"}


def test_a_fleet_that_is_replaced_is_usual() -> None:
    state = known_account()
    state.peaks[f"type|{ACCOUNT}|ada|ec2_instance"] = Peak(600.0, "2026-02-20")
    state.peaks[f"class|{ACCOUNT}|ada|ec2_instance|m5.large"] = Peak(600.0, "2026-02-20")
    fleet = [event(f"g{n}", 9, 0.96) for n in range(26)]
    assert detect_day(fleet, USUAL, state, SETTINGS, (), DAY).anomalies == ()
    double = [event(f"g{n}", 9 + n / 200, 0.96) for n in range(66)]
    assert len(detect_day(double, USUAL, state, SETTINGS, (), DAY).anomalies) == 1


def test_a_shrinking_resource_weighs_less() -> None:
    grown = event("a", 3, 40.0, action="change", resource_ids=("db",))
    shrunk = event("b", 4, -39.0, action="change", resource_ids=("db",))
    small = event("c", 5, 1.0)
    table = {"resource_type": "dynamodb_table", "resource_class": None}
    events = [replace(one, **table) for one in (grown, shrunk, small)]
    state = detect_day(events, USUAL, known_account(), SETTINGS, (), DAY).state
    assert sum(part.amount for part in state.parts) == 2 * 24 * 1_000_000


def test_an_access_key_made_by_a_stranger_is_part_of_the_story() -> None:
    key = event(
        "key",
        1,
        0.0,
        action="signal",
        event_name="CreateAccessKey",
        actor="mallory",
        resource_type="access_key",
        resource_ids=("AKIA1",),
    )
    gpu = event("gpu", 3, 4.5, actor="mallory")
    (alone,) = detect(gpu, event("ci", 9, 0.1, actor="ci")).anomalies
    (chained,) = detect(key, gpu).anomalies
    assert (alone.severity, chained.severity) == ("medium", "high")
    assert "prelude" in {reason.signal for reason in chained.reasons}
    assert [part.event_id for part in chained.events] == ["key", "gpu"]
    assert detect(key).anomalies == ()


def test_an_announced_change_explains_its_amount_and_nothing_more() -> None:
    announced = ExpectedChange(
        "1",
        datetime(2026, 3, 10, tzinfo=UTC),
        datetime(2026, 3, 11, tzinfo=UTC),
        account_id=ACCOUNT,
        resource_type="ec2_instance",
        count=3,
        hourly_cost=500.0,
    )

    def found(*events: DayEvent) -> DayResult:
        return detect_day(events, USUAL, known_account(), SETTINGS, (), DAY, expected=[announced])

    three = [event(f"e{n}", 3 + n, 150.0) for n in range(3)]
    assert found(*three).anomalies == ()
    (more,) = found(*three, event("fourth", 8, 150.0)).anomalies
    assert [part.event_id for part in more.events] == ["fourth"]
    assert len(found(event("db", 3, 150.0, resource_type="rds_instance")).anomalies) == 1
    assert len(found(event("late", 30, 150.0)).anomalies) == 1


def test_the_order_of_events_does_not_matter() -> None:
    events = [event(f"e{n}", n / 3, 5.0, actor=("ada", "eve")[n % 2]) for n in range(30)]
    expected = detect(*events)
    shuffled = list(events)
    random.Random(4).shuffle(shuffled)  # noqa: S311
    again = detect(*shuffled)
    assert again.anomalies == expected.anomalies
    assert again.state.to_json() == expected.state.to_json()


def test_the_state_survives_json() -> None:
    state = detect(event("a", 9, 0.2), event("b", 10, 80.0)).state
    assert DetectorState.from_json(state.to_json()).to_json() == state.to_json()


def test_an_anomaly_grows_the_next_day_instead_of_alerting_again() -> None:
    today = detect(event("a", 23, 80.0, actor="mallory"))
    tomorrow = detect_day(
        [event("b", 24.5, 80.0, actor="mallory")],
        USUAL,
        today.state,
        SETTINGS,
        (),
        DAY + timedelta(days=1),
    )
    assert tomorrow.anomalies == ()
    (share,) = tomorrow.grown.values()
    assert [part.event_id for part in share.events] == ["b"]
    assert share.hourly_cost == 80.0
    assert set(tomorrow.grown) == {today.anomalies[0].id}


def test_expected_mutes_the_pattern_and_lets_it_train() -> None:
    gpu = event("gpu", 3, 150.0)
    yes = Decision("expected", datetime(2026, 3, 1, tzinfo=UTC), actor="ada", account_id=ACCOUNT)
    result = detect(gpu, decisions=(yes,))
    assert result.anomalies == ()
    assert result.excluded_event_ids == frozenset()
    tomorrow = detect_day([], USUAL, result.state, SETTINGS, (), DAY + timedelta(days=1)).state
    assert _peak(tomorrow) == 150.0 * 24


def test_a_whole_role_is_expected_by_its_name() -> None:
    role = "arn:aws:iam::111122223333:role/aws-reserved/AWSReservedSSO_Lab_1"
    hands = [
        event(f"h{n}", 2 + n / 10, 0.4, actor=f"p{n}@x", actor_kind="sso", actor_principal=role)
        for n in range(30)
    ]
    (anomaly,) = detect(*hands).anomalies
    assert anomaly.actor == "AWSReservedSSO_Lab_1"
    lab = Decision("expected", datetime(2026, 3, 9, tzinfo=UTC), actor=anomaly.actor)
    assert detect(*hands, decisions=(lab,)).anomalies == ()


def test_a_decision_does_not_reach_back() -> None:
    late = Decision("expected", datetime(2026, 3, 11, tzinfo=UTC), actor="ada")
    assert len(detect(event("gpu", 3, 150.0), decisions=(late,)).anomalies) == 1


def test_an_anomaly_does_not_train() -> None:
    gpu = event("gpu", 3, 150.0)
    result = detect(gpu)
    assert result.excluded_event_ids == {gpu.id}
    tomorrow = detect_day([], USUAL, result.state, SETTINGS, (), DAY + timedelta(days=1)).state
    assert _peak(tomorrow) == 0


def test_a_commitment_is_at_least_high() -> None:
    plan = event(
        "sp", 9, 0.0, action="purchase", one_time_cost=8760.0, resource_type="savings_plan"
    )
    (anomaly,) = detect(plan).anomalies
    assert anomaly.severity == "high"
    assert anomaly.one_time_cost == 8760.0
    assert anomaly.reasons[0].signal == "commitment"


def test_a_commitment_is_told_by_what_its_whole_term_costs() -> None:
    plan = event(
        "sp",
        9,
        4.5,
        action="purchase",
        committed_cost=39_420.0,
        resource_type="savings_plan",
    )
    (anomaly,) = detect(plan).anomalies
    assert anomaly.severity == "critical"
    assert "USD 39,420" in anomaly.reasons[0].sentence


def test_stopping_the_trail_is_critical() -> None:
    stop = event(
        "x",
        9,
        0.0,
        action="signal",
        event_name="StopLogging",
        resource_type="cloudtrail_trail",
        resource_class=None,
    )
    (anomaly,) = detect(stop).anomalies
    assert anomaly.severity == "critical"
    assert anomaly.title == f"ada: CloudTrail trail in {stop.region}, StopLogging"


def test_a_young_account_is_learned_before_it_is_judged() -> None:
    boot = [event(f"b{n}", n, 1.0) for n in range(20)]
    quiet = detect_day(boot, {}, DetectorState(), SETTINGS, (), DAY)
    assert quiet.anomalies == ()
    huge = detect_day([event("gpu", 1, 198.0)], {}, DetectorState(), SETTINGS, (), DAY)
    assert len(huge.anomalies) == 1
    assert quiet.state.first_seen == {ACCOUNT: "2026-03-10"}
