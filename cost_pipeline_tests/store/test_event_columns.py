"""A day as columns from Postgres: the same as from the events themselves."""

from collections.abc import Callable
from datetime import date
from typing import Any

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.day_columns import columns_of
from cost_pipeline.core.detection_model import DetectionSettings, DetectorState
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import event_columns
from cost_pipeline.store.database import Database

MakeEvent = Callable[..., CostEvent]
DAY = date(2026, 3, 10)


def test_each_event_keeps_its_subject_where_others_differ_in_what_no_subject_tells(
    loader: Any, event: MakeEvent, database: Database
) -> None:
    """A principal that no role comes from: two of one person's make one subject, not two."""
    for number, name in enumerate(["ada", "ada", "bo", "cy", "bo"]):
        actor = Actor(name, "user", principal=f"arn:aws:iam::1:user/{number}/{name}")
        loader.load(f"e{number}", event(f"e{number}", 8 + number, "1", actor=actor), day=DAY)
    with database.transaction("default") as conn:
        columns = event_columns.load(conn, tenant_id="default", day=DAY)
    assert [columns.subjects[n].actor for n in columns.subject] == ["ada", "ada", "bo", "cy", "bo"]
    assert len(set(columns.subjects)) == len(columns.subjects) == 3


def test_machines_of_a_job_flow_answer_to_its_caller_by_either_road(
    loader: Any, event: MakeEvent, database: Database
) -> None:
    caller = Actor(
        "lou@acme.test", "sso", "arn:aws:iam::1:role/AWSReservedSSO_Data", "lou@acme.test"
    )
    emr = Actor("EMR_DefaultRole", "role", "arn:aws:iam::1:role/EMR_DefaultRole", "CCSSession")
    flow, told = {"workload": "emr/j-1A"}, {"invoked_by": "elasticmapreduce.amazonaws.com"}
    nodes = tuple(f"i-{n}" for n in range(90))
    cluster = {"actor": caller, "resource_type": "emr_cluster", "resource_ids": ("j-1A",)}
    loader.load(
        "a",
        event("nodes", 9.1, "2", actor=emr, resource_ids=nodes, data=flow | told),
        event("flow", 9, "20", event_name="RunJobFlow", data=flow, **cluster),
        day=DAY,
    )
    state = DetectorState(first_seen={"111122223333": "2026-01-01"})
    with database.transaction("default") as conn:
        columns = event_columns.load(conn, tenant_id="default", day=DAY)
        by_sql = detect_day(columns, {}, state, DetectionSettings(), (), DAY)
        events = columns.detail(range(2))
    in_memory = detect_day(columns_of(events), {}, state, DetectionSettings(), (), DAY)
    assert by_sql == in_memory
    assert [one.actor for one in by_sql.anomalies] == ["lou@acme.test"]
    assert {part.subject.who for part in by_sql.state.parts} == {"lou@acme.test"}
