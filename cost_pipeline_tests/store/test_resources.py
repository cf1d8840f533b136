"""Spans and rates end the same in any order of arrival."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import resources

MakeEvent = Callable[..., CostEvent]
SPANS = """
SELECT resource_id, from_event, from_time, partition_day, action, actor, hourly_cost, delta,
  to_event, to_time, rate_after FROM resource_spans ORDER BY resource_id, from_time
"""
RESOURCES = "SELECT * FROM resources ORDER BY resource_id"


def _life(event: MakeEvent) -> list[tuple[date, CostEvent]]:
    """A machine that is started, stopped, resized while stopped, and started again."""
    days = [date(2026, 3, n) for n in (10, 11, 12, 13)]
    steps = [
        event("run", 9, "2", partition_day=days[0]),
        event("stop", 10, None, partition_day=days[1], action="stop", actor=Actor("bo", "user")),
        event("resize", 11, "5", partition_day=days[2], action="change", hourly_cost=None),
        event("start", 12, None, partition_day=days[3]),
    ]
    return list(zip(days, steps, strict=True))


def test_any_order_of_arrival_ends_in_the_same_rows(
    loader: Any, event: MakeEvent, database: Any
) -> None:
    ends = []
    for order in permutations(_life(event)):
        with database.transaction("default") as conn:
            for table in ("cost_events", "resource_spans", "resources", "trail_objects"):
                conn.execute(f"DELETE FROM {table}")
        for day, step in order:
            loader.load(step.event_id, step, day=day)
        ends.append((loader.rows(SPANS), loader.rows(RESOURCES)))
    assert all(end == ends[0] for end in ends)
    spans, (machine,) = ends[0]
    assert [span["hourly_cost"] for span in spans] == [2, 0, 0, 5]
    assert [span["delta"] for span in spans] == [2, -2, 0, 5]
    assert machine["created_by"] == "ada"
    assert machine["stopped_at"] is None
    assert machine["hourly_cost"] == 5


def test_a_stopped_machine_names_who_stopped_it(loader: Any, event: MakeEvent) -> None:
    for day, step in _life(event)[:2]:
        loader.load(step.event_id, step, day=day)
    (machine,) = loader.rows(RESOURCES)
    assert (machine["stopped_by"], machine["hourly_cost"]) == ("bo", 0)


def test_an_event_that_a_rerun_drops_takes_its_span_along(loader: Any, event: MakeEvent) -> None:
    loader.load("a", event("run"))
    loader.load("a", replace=True)
    assert loader.rows(SPANS) == []
    assert loader.rows(RESOURCES) == []


def test_unknown_rates_stay_unknown(loader: Any, event: MakeEvent) -> None:
    loader.load("a", event("start", rate=None, price_basis="unpriced"))
    (machine,) = loader.rows(RESOURCES)
    assert machine["hourly_cost"] is None


def test_what_an_endpoint_costs_is_in_its_configuration(loader: Any, event: MakeEvent) -> None:
    config = event("config", 8, "0", resource_ids=("cfg",), action="change", data={"rate": "3.5"})
    endpoint = event("endpoint", 9, None, resource_ids=("ep",), data={"defined_by": "cfg"})
    loader.load("a", endpoint, config)
    assert loader.rows("SELECT hourly_cost FROM resources WHERE resource_id = 'ep'") == [
        {"hourly_cost": Decimal("3.5")}
    ]


def test_spent_counts_each_rate_for_its_time(loader: Any, event: MakeEvent) -> None:
    for day, step in _life(event):
        loader.load(step.event_id, step, day=day)
    with loader.database.transaction("default") as conn:
        spent = resources.spent(
            conn,
            tenant_id="default",
            resource_ids=["i-1"],
            since=datetime(2026, 3, 1, tzinfo=UTC),
            at=datetime(2026, 3, 13, 14, tzinfo=UTC),
        )
    assert spent == 25 * 2 + 2 * 5


def _rates(loader: Any, name: str) -> list[Decimal | None]:
    return [row["hourly_cost"] for row in loader.rows(SPANS) if row["resource_id"] == name]


def test_a_new_number_alone_scales_the_price_of_one(loader: Any, event: MakeEvent) -> None:
    create = event("create", 8, "6", data={"units": "3"})
    grow = event("grow", 9, None, action="change", data={"units": "5"})
    stop = event("stop", 10, None, action="stop", rate_after=Decimal(0))
    again = event("again", 11, None)
    retype = event("retype", 12, None, action="change", data={"unit_rate": "7"})
    loader.load("a", create, grow, stop, again, retype)
    assert _rates(loader, "i-1") == [6, 10, 0, 10, 35]


def test_what_a_change_adds_comes_to_the_last_known_rate(loader: Any, event: MakeEvent) -> None:
    def adding(name: str, hour: int, usd: str) -> CostEvent:
        return event(name, hour, None, action="change", hourly_cost=Decimal(usd))

    stop = event("stop", 12, None, action="stop", rate_after=Decimal(0))
    whole = event("whole", 14, "1", action="change", hourly_cost=None)
    steps = [adding("split", 9, "2"), adding("merge", 10, "-1"), stop, event("again", 13, None)]
    loader.load("a", event("create", 8, "6"), *steps, whole, adding("more", 15, "2"))
    assert _rates(loader, "i-1") == [6, 8, 7, 0, 7, 1, 3]
    assert [row["delta"] for row in loader.rows(SPANS)] == [6, 2, -1, -7, 7, -6, 2]


def test_what_is_added_to_an_unknown_rate_is_counted_alone(loader: Any, event: MakeEvent) -> None:
    loader.load("a", event("split", 9, None, action="change", hourly_cost=Decimal(2)))
    assert [(row["hourly_cost"], row["delta"]) for row in loader.rows(SPANS)] == [(None, 2)]


def _service(event: MakeEvent) -> list[CostEvent]:
    """Two versions of a task definition, and a service that is changed in number and version."""
    days = [date(2026, 3, n) for n in (10, 11, 12, 13, 14)]
    on = [{"partition_day": day} for day in days]
    return [
        event("v1", 8, "0", resource_ids=("td:1",), action="change", data={"rate": "2"}, **on[0]),
        event("create", 9, None, data={"defined_by": "td:1", "units": "4"}, **on[1]),
        event("grow", 9, None, action="change", data={"units": "40"}, **on[2]),
        event("v2", 8, "0", resource_ids=("td:2",), action="change", data={"rate": "3"}, **on[3]),
        event("deploy", 9, None, action="change", data={"defined_by": "td:2"}, **on[4]),
    ]


def test_a_service_costs_its_definition_times_its_number_in_any_order_of_arrival(
    loader: Any, event: MakeEvent, database: Any
) -> None:
    ends = []
    steps = _service(event)
    for order in (steps, steps[::-1], [steps[i] for i in (2, 4, 1, 0, 3)]):
        with database.transaction("default") as conn:
            for table in ("cost_events", "resource_spans", "resources", "trail_objects"):
                conn.execute(f"DELETE FROM {table}")
        for step in order:
            loader.load(step.event_id, step, day=step.partition_day)
        ends.append((loader.rows(SPANS), loader.rows(RESOURCES)))
    assert ends[1] == ends[0]
    assert ends[2] == ends[0]
    assert _rates(loader, "i-1") == [8, 80, 120]


def test_a_definition_that_goes_takes_the_rate_along(loader: Any, event: MakeEvent) -> None:
    definition, service, *_ = _service(event)
    loader.load("d", definition, day=definition.partition_day)
    loader.load("s", service, day=service.partition_day)
    assert _rates(loader, "i-1") == [8]
    loader.load("d", replace=True, day=definition.partition_day)
    assert _rates(loader, "i-1") == [None]


def test_volumes_of_a_launch_end_with_its_machine_in_any_order_of_arrival(
    loader: Any, event: MakeEvent, database: Any
) -> None:
    day = date(2026, 3, 11)
    launch = event("run", 9, "2")
    name = "volumes-of/i-1"
    volumes = event("disk", 9, "1", resource_ids=(name,), data={"ends_with": "volumes-of/"})
    pause = event("pause", 8, None, action="stop", partition_day=day)
    end = event("end", 9, None, action="stop", data={"final": True}, partition_day=day)
    ends = []
    for late in (False, True):
        with database.transaction("default") as conn:
            for table in ("cost_events", "resource_spans", "resources", "trail_objects"):
                conn.execute(f"DELETE FROM {table}")
        files = [("a", launch.partition_day, [launch, volumes]), ("b", day, [pause, end])]
        for key, when, events in files[::-1] if late else files:
            loader.load(key, *events, day=when)
        ends.append((loader.rows(SPANS), loader.rows(RESOURCES)))
    assert ends[1] == ends[0]
    assert _rates(loader, name) == [1, 0]
    assert [row["delta"] for row in loader.rows(SPANS) if row["resource_id"] == name] == [1, -1]
    loader.load("b", pause, day=day, replace=True)
    assert _rates(loader, name) == [1]


def _template(event: MakeEvent) -> list[CostEvent]:
    """Three versions of a template, whose second becomes the default; what names none of them."""
    days = [date(2026, 3, n) for n in (10, 11, 12, 13, 14, 15)]
    on = [{"partition_day": day, "resource_type": "ec2_launch_template"} for day in days]

    def version(name: str, *ids: str, place: int, **data: str) -> CostEvent:
        free = {"action": "change", "hourly_cost": Decimal(0), "data": data}
        return event(name, 8, None, resource_ids=ids, **free, **on[place])

    def launch(name: str, of: str, place: int) -> CostEvent:
        day = {"partition_day": days[place]}
        data = {"defined_by": of, "units": "3"}
        return event(name, 9, None, resource_ids=(name,), data=data, **day)

    return [
        version("v1", "lt", "lt/1", "lt/$Default", place=0, rate="2"),
        launch("first", "lt/$Default", 0),
        version("v2", "lt", "lt/2", place=1, rate="5"),
        version("v3", "lt", "lt/3", place=2, same_as="lt/2"),
        launch("second", "lt/$Default", 2),
        version("default", "lt/$Default", place=3, same_as="lt/3"),
        launch("third", "lt/$Default", 4),
        launch("fourth", "lt/1", 4),
        launch("fifth", "lt", 5),
    ]


def test_a_launch_costs_what_the_version_said_that_was_the_default_then(
    loader: Any, event: MakeEvent, database: Any
) -> None:
    ends = []
    for order in (_template(event), _template(event)[::-1]):
        with database.transaction("default") as conn:
            for table in ("cost_events", "resource_spans", "resources", "trail_objects"):
                conn.execute(f"DELETE FROM {table}")
        for step in order:
            loader.load(step.event_id, step, day=step.partition_day)
        ends.append((loader.rows(SPANS), loader.rows(RESOURCES)))
    assert ends[1] == ends[0]
    names = ("first", "second", "third", "fourth", "fifth")
    assert [_rates(loader, name) for name in names] == [[6], [6], [15], [6], [15]]
    templates = "SELECT DISTINCT hourly_cost FROM resources WHERE resource_id LIKE 'lt%'"
    assert loader.rows(templates) == [{"hourly_cost": None}]


def test_an_endpoint_grows_at_the_price_of_one_of_its_machines(
    loader: Any, event: MakeEvent
) -> None:
    config = {"resource_ids": ("cfg",), "action": "change", "data": {"rate": "6", "units": "2"}}
    steps = [
        event("config", 8, "0", **config),
        event("create", 9, None, resource_ids=("ep",), data={"defined_by": "cfg"}),
        event("grow", 10, None, resource_ids=("ep",), action="change", data={"units": "8"}),
    ]
    loader.load("a", *steps)
    assert _rates(loader, "ep") == [6, 24]
    update = event(
        "update", 11, None, resource_ids=("ep",), action="change", data={"defined_by": "cfg"}
    )
    loader.load("b", update)
    assert _rates(loader, "ep") == [6, 24, 6]
