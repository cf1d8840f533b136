"""How far what an anomaly began may grow."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import alerts, anomalies, dashboard, exploring, exports, pages
from cost_pipeline.store.worst_cases import with_worst_case, worst_cases
from cost_pipeline_tests.api.rows import NOW, fill
from cost_pipeline_tests.fixtures.priced import events

GROUP = "asg/eu-west-1/111122223333/web"
SCALING = "autoscaling.amazonaws.com"


def _group(number: int, name: str, most: int) -> CostEvent:
    """A group of one machine, which may grow."""
    sizes = {"autoScalingGroupName": name, "minSize": 1, "maxSize": most}
    types = {"launchTemplate": {"overrides": [{"instanceType": "m5.large"}]}}
    mixed = sizes | {"mixedInstancesPolicy": types}
    (made,) = events(number, "CreateAutoScalingGroup", mixed, {}, source=SCALING)
    return made


def _anomaly_of(database: Any, *calls: CostEvent) -> UUID:
    anomaly = uuid4()
    with database.transaction("default") as conn:
        for event in calls:
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


def test_what_is_asked_for_leaves_the_most_as_it_was(loader: Any, database: Any) -> None:
    made = _group(0, "web", 40)
    asked = {"autoScalingGroupName": "web", "desiredCapacity": 10}
    (more,) = events(1, "SetDesiredCapacity", asked, {}, source=SCALING)
    for one in (made, more):
        loader.load(one.event_id, one, day=one.partition_day)
    anomaly = _anomaly_of(database, more)
    with database.transaction("default") as conn:
        found = worst_cases(conn, tenant_id="default", anomaly_id=anomaly)
    said = [(one["bound"], one["quantity"], round(one["hourly_cost"], 6)) for one in found]
    assert said == [("most", 40, Decimal("3.84")), ("asked", 10, Decimal("0.96"))]


TASK = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:7"


def test_a_new_bound_costs_what_an_earlier_call_came_to_a_unit(loader: Any, database: Any) -> None:
    named = {"name": "prod", "nodegroupName": "workers"}
    sizes = {"instanceTypes": ["m5.large"], "scalingConfig": {"minSize": 1, "maxSize": 20}}
    (made,) = events(0, "CreateNodegroup", named | sizes, {}, source="eks.amazonaws.com")
    raised = named | {"scalingConfig": {"maxSize": 200}}
    (bound,) = events(1, "UpdateNodegroupConfig", raised, {}, source="eks.amazonaws.com")
    tags = [{"resourceType": "instance", "tags": [{"key": "eks:cluster-name", "value": "prod"}]}]
    machine = {"instanceType": "m5.large", "tagSpecificationSet": {"items": tags}}
    started = {"instancesSet": {"items": [{"instanceId": "i-1", "instanceType": "m5.large"}]}}
    (run,) = events(2, "RunInstances", machine, started)
    assert _most(loader, database, made, bound, run) == ("UpdateNodegroupConfig", Decimal("19.2"))


def test_what_scales_costs_what_its_definition_says(loader: Any, database: Any) -> None:
    ecs = "ecs.amazonaws.com"
    defined = {"taskDefinitionArn": TASK, "cpu": "1024", "memory": "2048"}
    (task,) = events(0, "RegisterTaskDefinition", {}, {"taskDefinition": defined}, source=ecs)
    service = {"cluster": "prod", "serviceName": "web", "desiredCount": 4}
    (made,) = events(1, "CreateService", service, {"service": {"taskDefinition": TASK}}, source=ecs)
    target = {"serviceNamespace": "ecs", "resourceId": "service/prod/web", "maxCapacity": 400}
    (allowed,) = events(2, "RegisterScalableTarget", target, {}, source="autoscaling.amazonaws.com")
    more = service | {"service": "web", "desiredCount": 40}
    (grown,) = events(3, "UpdateService", more, {}, source=ecs)
    found = _most(loader, database, task, made, allowed, grown)
    assert found == ("RegisterScalableTarget", Decimal("19.748"))


def test_what_says_only_a_number_costs_what_it_came_to_a_unit(loader: Any, database: Any) -> None:
    groups = [
        {"instanceRole": "MASTER", "instanceType": "m5.xlarge", "instanceCount": 1},
        {"instanceRole": "CORE", "instanceType": "m5.xlarge", "instanceCount": 2},
    ]
    emr = "elasticmapreduce.amazonaws.com"
    cluster = {"instances": {"instanceGroups": groups}}
    (made,) = events(0, "RunJobFlow", cluster, {"jobFlowId": "j-1"}, source=emr)
    grown = {"clusterId": "j-1", "instanceGroups": [{"instanceGroupId": "g", "instanceCount": 40}]}
    (more,) = events(1, "ModifyInstanceGroups", grown, {}, source=emr)
    assert _most(loader, database, made, more) == ("ModifyInstanceGroups", Decimal("1.92"))


def test_reserved_runs_cost_what_each_run_of_the_function_costs(loader: Any, database: Any) -> None:
    function = {"functionName": "resize", "memorySize": 1024}
    source = "lambda.amazonaws.com"
    (made,) = events(0, "CreateFunction", function, {}, source=source)
    reserved = {"functionName": "resize", "reservedConcurrentExecutions": 500}
    (bound,) = events(1, "PutFunctionConcurrency", reserved, {}, source=source)
    found = _most(loader, database, made, bound)
    assert found == ("PutFunctionConcurrency", Decimal("30.00006"))


def test_every_list_of_calls_tells_it_beside_the_cost_and_no_sum_has_it(
    loader: Any, database: Any
) -> None:
    made = _group(0, "web", 40)
    more = {"autoScalingGroupName": "web", "maxSize": 100}
    (raised,) = events(1, "UpdateAutoScalingGroup", more, {}, source=SCALING)
    (volume,) = events(2, "CreateVolume", {"volumeType": "gp3", "size": 10}, {"volumeId": "vol-1"})
    for one in (made, raised, volume):
        loader.load(one.event_id, one, day=one.partition_day)
    span: dict[str, Any] = {"since": date(2026, 3, 1), "until": date(2026, 3, 31)}
    scope: dict[str, Any] = {"tenant_id": "default"}
    with database.transaction("default") as conn:
        listed = [
            exploring.events(conn, **span, **scope)[::-1],
            pages.events(conn, after=None, limit=10, **scope)[::-1],
            list(exports.rows(conn, subject="events", **span, **scope)),
        ]
        summed = exploring.pivot(conn, rows="actor", columns="day", **span, **scope)
        _, spans = dashboard.resource(conn, resource_id=raised.resource_ids[0], **scope)
        behind = [
            anomalies.events(conn, anomaly_id=_anomaly_of(database, one), **scope)[0]
            for one in (made, raised, volume)
        ]
    told = [(Decimal("3.84"), 40, "most"), (Decimal("9.6"), 100, "most"), (None, None, None)]
    for rows in (*listed, behind):
        assert [_told(row) for row in rows] == told
    assert [_told(row) for row in spans] == told[:2]
    assert str(listed[2][1]["worst_case_hourly_cost"]) == "9.6"
    assert [row["hourly_cost"] for row in behind[:2]] == [0, 0]
    assert sum(row["added"] for row in summed) == volume.hourly_cost


def test_a_bound_of_what_has_ended_comes_last_and_says_so(loader: Any, database: Any) -> None:
    calls = [_group(0, "web", 100), _group(1, "jobs", 40)]
    gone = {"autoScalingGroupName": "web"}
    calls += events(2, "DeleteAutoScalingGroup", gone, {}, source=SCALING)
    for one in calls:
        loader.load(one.event_id, one, day=one.partition_day)
    anomaly = _anomaly_of(database, calls[0], calls[1])
    with database.transaction("default") as conn:
        found = worst_cases(conn, tenant_id="default", anomaly_id=anomaly)
    assert [(one["quantity"], one["stopped_at"]) for one in found] == [
        (40, None),
        (100, calls[2].event_time),
    ]


def test_lists_of_anomalies_tell_the_costliest_of_what_has_not_ended(database: Any) -> None:
    grows, still, _ = fill(database, "default")
    at = NOW + timedelta(hours=1)
    with database.transaction("default") as conn:
        for number, most in enumerate((100, 40)):
            allowed = {"worst_case_quantity": str(most), "worst_case_hourly_cost": f"{most / 10}"}
            conn.execute(
                "UPDATE cost_events SET data = %s, event_name = 'CreateFleet' WHERE event_id = %s",
                [Jsonb(allowed), f"e-{number}"],
            )
        conn.execute(
            "INSERT INTO anomaly_events SELECT %s, cost_event_id, tenant_id, event_id, day,"
            " event_time FROM anomaly_events WHERE anomaly_id = %s",
            [grows, still],
        )
        conn.execute("UPDATE resources SET stopped_at = %s WHERE resource_id = 'i-default-1'", [at])
        scope: dict[str, Any] = {"tenant_id": "default"}
        chosen = anomalies.Filter()
        for rows in (
            anomalies.listing(conn, **scope),
            pages.anomalies(conn, chosen=chosen, after=None, limit=10, **scope),
            list(exports.rows(conn, subject="anomalies", burned_at=at, **scope))[::-1],
            list(exports.rows(conn, subject="anomalies", **scope))[::-1],
            [
                alerts.anomaly(conn, anomaly_id=row["id"], **scope)
                for row in anomalies.listing(conn, **scope)
            ],
        ):
            told = [(*_told(row), row["worst_case_by"], row["worst_case_count"]) for row in rows]
            assert told == [(10, 100, "most", "CreateFleet", 1), (None,) * 5, (None,) * 5]
            assert [row["hourly_cost"] for row in rows] == [Decimal("98.32")] * 3
        before = [{"id": grows}, {"id": still}]
        (told,) = worst_cases(conn, anomaly_id=grows, limit=1, **scope)
        assert (told["quantity"], told["standing"]) == (100, 1)
        early = with_worst_case(conn, before, at=at - timedelta(minutes=1), **scope)
        assert [row["worst_case_count"] for row in early] == [2, 1]
        assert with_worst_case(conn, [], **scope) == []


def test_an_anomaly_in_full_has_its_worst_cases_and_the_costliest_as_in_a_list(
    database: Any,
) -> None:
    grows, still, _ = fill(database, "default")
    scope: dict[str, Any] = {"tenant_id": "default"}
    with database.transaction("default") as conn:
        for number in range(2):
            allowed = {"worst_case_quantity": "100", "worst_case_hourly_cost": f"{number + 9}"}
            conn.execute(
                "UPDATE cost_events SET data = %s WHERE event_id = %s",
                [Jsonb(allowed), f"e-{number}"],
            )
        conn.execute("UPDATE anomaly_events SET anomaly_id = %s", [grows])
        for limit, costs in ((1, [10]), (5, [10, 9])):
            full = anomalies.detail(conn, anomaly_id=grows, now=NOW, most_bounds=limit, **scope)
            assert full is not None
            assert [one["hourly_cost"] for one in full["worst_cases"]] == costs
            assert (*_told(full), full["worst_case_count"]) == (10, 100, "most", 2)
        none = anomalies.detail(conn, anomaly_id=still, now=NOW, **scope)
    assert none is not None
    assert (none["worst_cases"], none["worst_case_by"]) == ([], None)


def test_each_use_is_told_from_the_most_that_is_allowed(loader: Any, database: Any) -> None:
    ecs = "ecs.amazonaws.com"
    defined = {"taskDefinitionArn": TASK, "cpu": "1024", "memory": "2048"}
    (task,) = events(0, "RegisterTaskDefinition", {}, {"taskDefinition": defined}, source=ecs)
    target = {"serviceNamespace": "ecs", "resourceId": "service/prod/web", "maxCapacity": 400}
    (allowed,) = events(1, "RegisterScalableTarget", target, {}, source="autoscaling.amazonaws.com")
    for one in (task, allowed):
        loader.load(one.event_id, one, day=one.partition_day)
    with database.transaction("default") as conn:
        rows = pages.events(conn, tenant_id="default", after=None, limit=10)
    assert [_told(row) for row in rows] == [(None, 400, "most"), (Decimal("0.04937"), 1, "each")]


def _told(row: Any) -> tuple[Decimal | None, Decimal | None, str | None]:
    names = ("worst_case_hourly_cost", "worst_case_quantity", "worst_case_is")
    return tuple(row[name] for name in names)  # type: ignore[return-value]


def _most(loader: Any, database: Any, *calls: CostEvent) -> tuple[str, Decimal]:
    """The bound of an anomaly of the last of these calls: what it is by, and USD an hour."""
    for one in calls:
        loader.load(one.event_id, one, day=one.partition_day)
    anomaly = _anomaly_of(database, calls[-1])
    with database.transaction("default") as conn:
        (found,) = worst_cases(conn, tenant_id="default", anomaly_id=anomaly)
    return found["event_name"], round(found["hourly_cost"], 6)
