"""EMR's machines answer to whoever asked for their job flow."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from cost_pipeline.core.detection_model import (
    Anomaly,
    DayEvent,
    DayResult,
    Decision,
    DetectorState,
)
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

CALLER: dict[str, Any] = {"actor": "lou@acme.test", "actor_kind": "sso"}


def asked(hour: float = 9, job: str = "j-1A", **changes: Any) -> DayEvent:
    """RunJobFlow: EMR's surcharge."""
    fields: dict[str, Any] = {
        "resource_type": "emr_cluster",
        "resource_ids": (job,),
        "workload": f"emr/{job}",
        "event_name": "RunJobFlow",
    }
    hourly = changes.pop("hourly_cost", 9.0)
    return event(f"ask-{job}", hour, hourly, **(CALLER | fields | changes))


def made(hour: float = 9.1, job: str = "j-1A", name: str = "nodes", **changes: Any) -> DayEvent:
    """RunInstances by EMR's role, for the job flow."""
    fields: dict[str, Any] = {
        "actor": "EMR_DefaultRole",
        "actor_kind": "role",
        "workload": f"emr/{job}",
        "invoked_by": "elasticmapreduce.amazonaws.com",
        "resource_ids": tuple(f"i-{name}-{job}-{n}" for n in range(20)),
    }
    return event(f"{name}-{job}", hour, changes.pop("hourly_cost", 50.0), **(fields | changes))


def ended(*events: DayEvent, hour: float) -> list[DayEvent]:
    """The cluster is ended by its caller, its machines by EMR's role, without a job flow."""
    plain: dict[str, Any] = {"action": "stop", "workload": None, "invoked_by": None}
    return [
        event(
            f"end-{one.event_id}",
            hour,
            -(one.hourly_cost or 0.0),
            **(
                plain
                | {
                    "actor": one.actor,
                    "actor_kind": one.actor_kind,
                    "resource_type": one.resource_type,
                    "resource_ids": one.resource_ids,
                }
            ),
        )
        for one in events
    ]


def on(number: int, state: DetectorState, *events: DayEvent) -> DayResult:
    return detect_day(events, USUAL, state, SETTINGS, (), DAY + timedelta(days=number))


def only(result: DayResult) -> Anomaly:
    (anomaly,) = result.anomalies
    return anomaly


def test_a_cluster_and_its_machines_are_told_once_by_who_asked_for_them() -> None:
    anomaly = only(detect(asked(), made(), made(9.2, name="more")))
    assert (anomaly.actor, anomaly.actor_kind) == ("lou@acme.test", "sso")
    assert (anomaly.workload, anomaly.who) == ("emr/j-1A", None)
    assert "lou@acme.test now has" in anomaly.reasons[0].sentence


def test_the_order_of_the_calls_makes_no_difference() -> None:
    events = (asked(9.2), made(9.1), made(9.3, name="more"))
    results = [detect(*some) for some in permutations(events)]
    assert only(results[0]).actor == "lou@acme.test"
    assert all(one == results[0] for one in results)


def test_machines_that_join_days_later_answer_to_who_asked() -> None:
    first = detect(asked())
    state = on(1, first.state).state
    later = only(on(4, state, made(4 * 24 + 9)))
    assert later.actor == "lou@acme.test"


def test_who_asked_is_still_known_from_a_state_that_was_written() -> None:
    state = DetectorState.from_json(detect(asked()).state.to_json())
    assert only(on(1, state, made(24 + 9))).actor == "lou@acme.test"


def test_machines_told_of_before_their_cluster_answer_to_who_asked_from_then_on() -> None:
    before = detect(made(20, hourly_cost=10.0))
    (part, *_) = before.state.parts
    assert part.subject.who == "EMR_DefaultRole"
    after = on(1, before.state, asked(19.9))
    assert {part.subject.who for part in after.state.parts} == {"lou@acme.test"}


def test_without_the_call_they_answer_to_the_role_that_made_them() -> None:
    assert only(detect(made())).actor == "EMR_DefaultRole"


def test_another_accounts_job_flow_says_nothing() -> None:
    result = detect(asked(account_id="999988887777", hourly_cost=0.1), made())
    assert only(result).actor == "EMR_DefaultRole"


def test_who_adds_machines_to_a_cluster_does_not_answer_for_all_of_it() -> None:
    more = asked(8.9, action="change", event_name="AddInstanceGroups", actor="ada", hourly_cost=0.1)
    assert only(detect(asked(), more, made())).actor == "lou@acme.test"


def test_a_cluster_that_ended_is_told_once_whatever_it_is_called_next() -> None:
    first = detect(asked(), made(), *ended(asked(), made(), hour=13))
    assert only(first).actor == "lou@acme.test"
    state = on(2, on(1, first.state).state).state
    next_week = 7 * 24.0
    again = (asked(next_week + 9, "j-2B"), made(next_week + 9.1, "j-2B"))
    assert on(7, state, *again).anomalies == ()


@pytest.mark.parametrize("kind", ["user", "role"])
def test_many_small_groups_of_machines_of_one_cluster_are_no_drip(kind: str) -> None:
    """EMR brings a cluster up in rounds; who asks for one cluster after the other is another."""
    caller: dict[str, Any] = {"actor": "ada", "actor_kind": kind}
    nodes = [
        made(9.1 + n / 10, name=f"n{n}", hourly_cost=0.25, resource_ids=(f"i-{n}",))
        for n in range(9)
    ]
    assert detect(asked(hourly_cost=0.2, **caller), *nodes).anomalies == ()


def test_what_people_said_of_the_caller_covers_the_machines() -> None:
    said = Decision(
        "expected", event("x", 0, 1.0).event_time, account_id=ACCOUNT, actor="lou@acme.test"
    )
    assert detect(asked(), made(), decisions=(said,)).anomalies == ()


def test_a_job_flow_is_forgotten_a_month_after_it_started_something() -> None:
    state = detect(asked()).state
    assert state.callers
    assert on(30, state).state.callers
    assert not on(31, state).state.callers


def test_a_state_of_before_knows_no_callers() -> None:
    written = known_account().to_json()
    del written["callers"]
    assert DetectorState.from_json(written).callers == {}
