"""What comes before, beside and instead of spending: refusals, preludes, replaced sets."""

from dataclasses import replace

import pytest

from cost_pipeline.core.detection_model import DayEvent, RefusedRun
from cost_pipeline.core.incidents import detect_day
from cost_pipeline_tests.fixtures.detection import (
    DAY,
    SETTINGS,
    USUAL,
    detect,
    event,
    known_account,
)


def refusal(hour: float, **changes: object) -> DayEvent:
    return event("no", hour, 0.0, action="signal", resource_type="refused_call", **changes)


def test_refused_calls_are_named_beside_what_was_spent() -> None:
    run = RefusedRun(40, refusal(2))
    (anomaly,) = detect(event("gpu", 3, 98.0), refused=[run]).anomalies
    values = {reason.signal: reason.value for reason in anomaly.reasons}
    assert values["refused_calls"] == 40
    assert [part.event_id for part in anomaly.events] == ["no", "gpu"]


def test_refused_calls_in_numbers_are_a_warning_of_their_own() -> None:
    (known,) = detect(refused=[RefusedRun(12, refusal(2))]).anomalies
    (stranger,) = detect(refused=[RefusedRun(12, refusal(2, actor="mallory"))]).anomalies
    assert (known.severity, stranger.severity) == ("medium", "high")
    assert known.hourly_cost == 0
    assert detect(refused=[RefusedRun(9, refusal(2))]).anomalies == ()


def test_refusals_that_end_in_a_start_are_told_as_what_was_started() -> None:
    run = RefusedRun(12, refusal(2))
    gpu = event("gpu", 3, 98.0, resource_class="p5.48xlarge", region="sa-east-1")
    (anomaly,) = detect(gpu, refused=[run]).anomalies
    assert anomaly.trigger == run.call
    assert (anomaly.resource_type, anomaly.region) == ("ec2_instance", "sa-east-1")
    assert anomaly.title == "ada: p5.48xlarge EC2 instance in sa-east-1, USD 98.00/h"


def test_what_a_group_is_refused_is_no_warning() -> None:
    group = refusal(2, actor="AWSServiceRoleForAutoScaling", actor_kind="role")
    assert detect(refused=[RefusedRun(400, group)]).anomalies == ()


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("RequestServiceQuotaIncrease", "service_quota"),
        ("EnableRegion", "region"),
        ("CreateAccessKey", "access_key"),
        ("PutFoundationModelEntitlement", "bedrock_model_access"),
    ],
)
def test_a_stranger_who_prepares_a_launch_makes_it_graver(call: str, kind: str) -> None:
    before = event(
        "before", 1, 0.0, action="signal", event_name=call, actor="mallory", resource_type=kind
    )
    gpu = event("gpu", 3, 4.5, actor="mallory")
    (alone,) = detect(gpu, event("clock", 9, 0.1, actor="ci")).anomalies
    (chained,) = detect(before, gpu).anomalies
    assert (alone.severity, chained.severity) == ("medium", "high")
    assert [part.event_id for part in chained.events] == ["before", "gpu"]
    assert "prelude" in {reason.signal for reason in chained.reasons}


def test_what_a_known_colleague_prepared_for_somebody_else_is_no_part_of_it() -> None:
    before = event("before", 1, 0.0, action="signal", event_name="EnableRegion", actor="ci")
    (anomaly,) = detect(before, event("gpu", 3, 150.0)).anomalies
    assert [part.event_id for part in anomaly.events] == ["gpu"]


@pytest.mark.parametrize("call", ["StopLogging", "DeleteTrail", "PutEventSelectors"])
def test_blinding_the_trail_is_critical_by_itself(call: str) -> None:
    blind = event("x", 9, 0.0, action="signal", event_name=call, resource_type="cloudtrail_trail")
    (anomaly,) = detect(blind).anomalies
    assert anomaly.severity == "critical"


GREEN = {"actor": "AWSServiceRoleForAutoScaling", "actor_kind": "role", "workload": "asg/green"}


def fleet(name: str, hour: float, **changes: object) -> list[DayEvent]:
    return [event(f"{name}{n}", hour, 2.0, **(GREEN | changes)) for n in range(20)]


def ends(name: str, hour: float) -> list[DayEvent]:
    gone = [{"action": "stop", "resource_ids": (f"i-{name}{n}",)} for n in range(20)]
    return [event(f"end{name}{n}", hour, -2.0, **(GREEN | one)) for n, one in enumerate(gone)]


def test_an_equal_set_that_ends_soon_after_is_no_growth() -> None:
    assert len(detect(*fleet("new", 9)).anomalies) == 1
    assert detect(*fleet("new", 9), *ends("old", 10)).anomalies == ()


def test_a_smaller_set_or_a_later_end_explains_nothing() -> None:
    assert len(detect(*fleet("new", 9), *ends("old", 10)[:10]).anomalies) == 1
    assert len(detect(*fleet("new", 9), *ends("old", 14)).anomalies) == 1


def test_its_own_end_does_not_make_a_set_a_replacement() -> None:
    assert len(detect(*fleet("new", 9), *ends("new", 10)).anomalies) == 1


def test_a_replacement_is_the_same_in_any_order() -> None:
    events = [*fleet("new", 9), *ends("old", 10)]
    one = detect_day(events, USUAL, known_account(), SETTINGS, (), DAY)
    other = detect_day(events[::-1], USUAL, known_account(), SETTINGS, (), DAY)
    assert one.state.to_json() == other.state.to_json()
    assert replace(one, state=other.state) == other
