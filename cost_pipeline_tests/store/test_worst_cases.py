"""How far what an anomaly began may grow."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from cost_pipeline.core.model import CostEvent
from cost_pipeline.store.worst_cases import worst_cases

GROUP = "asg/eu-west-1/111122223333/web"


def _anomaly_of(database: Any, event: CostEvent) -> UUID:
    anomaly = uuid4()
    with database.transaction("default") as conn:
        conn.execute(
            "INSERT INTO anomaly_events VALUES (%s, %s, 'default', %s, %s, %s)",
            [anomaly, event.id, event.event_id, event.partition_day, event.event_time],
        )
    return anomaly


def test_a_group_may_grow_to_its_most_of_what_its_template_says(
    loader: Any, database: Any, event: Callable[..., CostEvent]
) -> None:
    free = {"rate_after": None, "action": "change"}
    template = event("v1", 6, "0", resource_ids=("lt-1/1",), data={"rate": "2"}, **free)
    default = event(
        "d", 7, "0", resource_ids=("lt-1/$Default",), data={"same_as": "lt-1/1"}, **free
    )
    group = {
        "resource_ids": (GROUP,),
        "resource_type": "autoscaling_group",
        "event_name": "CreateAutoScalingGroup",
    }
    bound = {
        "workload": "asg/web",
        "worst_case_quantity": "4",
        "kept": {"template": "lt-1/$Default"},
    }
    created = event("create", 8, "0", data=bound, **group)
    raised = event(
        "raise",
        9,
        "0",
        action="change",
        data={"workload": "asg/web", "worst_case_quantity": "40"},
        **group | {"event_name": "UpdateAutoScalingGroup"},
    )
    machines = event("run", 10, "2", data={"workload": "asg/web"})
    loader.load("a", template, default, created, raised, machines)
    anomaly = _anomaly_of(database, machines)
    with database.transaction("default") as conn:
        (found,) = worst_cases(conn, tenant_id="default", anomaly_id=anomaly)
    assert found["event_name"] == "UpdateAutoScalingGroup"
    assert (found["quantity"], found["hourly_cost"]) == (40, Decimal(80))


def test_where_nothing_bounds_it_there_is_no_worst_case(
    loader: Any, database: Any, event: Callable[..., CostEvent]
) -> None:
    run = event("run")
    loader.load("a", run)
    with database.transaction("default") as conn:
        found = worst_cases(conn, tenant_id="default", anomaly_id=_anomaly_of(database, run))
    assert found == []
