"""A day as columns from Postgres: the same as from the events themselves."""

from collections.abc import Callable
from datetime import date
from typing import Any

from cost_pipeline.core.actor import Actor
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
