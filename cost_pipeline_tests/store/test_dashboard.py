"""What the first page adds up, held against the events it adds up."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import dashboard, events

TENANT = "default"
DAY, NEXT = date(2026, 3, 10), date(2026, 3, 11)


@pytest.fixture
def two_days(loader: Any, event: Callable[..., CostEvent]) -> Any:
    """Ada starts machines at 1 and 2 USD an hour, Bo one at 5 the day after, and stops Ada's."""
    bo = Actor("bo", "user")
    loader.load(
        "a", event("one", resource_ids=("i-1",)), event("two", 10, "2", resource_ids=("i-2",))
    )
    loader.load(
        "b",
        event("three", 9, "5", partition_day=NEXT, resource_ids=("i-3",), actor=bo),
        event("stop", 10, None, partition_day=NEXT, resource_ids=("i-1",), action="stop", actor=bo),
        day=NEXT,
    )
    return loader


def test_totals(two_days: Any) -> None:
    with two_days.database.transaction(TENANT) as conn:
        totals = dashboard.totals(conn, tenant_id=TENANT, today=NEXT)
        running = dashboard.running(conn, tenant_id=TENANT)
        facts = events.day_facts(conn, tenant_id=TENANT, day=NEXT)
    assert (totals["run_rate"], totals["added"], totals["removed"]) == (7, 5, -1)
    assert [row["resource_id"] for row in running] == ["i-3", "i-2"]
    assert (facts["added"], facts["removed"], facts["files"]) == (5, -1, 1)


def test_added_by_whom_and_where(two_days: Any) -> None:
    with two_days.database.transaction(TENANT) as conn:
        people = dashboard.added_by(conn, tenant_id=TENANT, dimension="actor", today=NEXT)
        accounts = dashboard.added_by(conn, tenant_id=TENANT, dimension="account_id", today=NEXT)
        fresh = dashboard.added_by(conn, tenant_id=TENANT, dimension="actor", today=NEXT, days=1)
        newest = dashboard.newest_day(conn, tenant_id=TENANT)
    assert [(row["name"], row["hourly"]) for row in people] == [("bo", 5), ("ada", 3)]
    assert [row["hourly"] for row in accounts] == [Decimal(8)]
    assert [row["name"] for row in fresh] == ["bo"]
    assert newest == NEXT


def test_an_empty_database_adds_up_to_nothing(loader: Any) -> None:
    with loader.database.transaction(TENANT) as conn:
        totals = dashboard.totals(conn, tenant_id=TENANT, today=DAY)
        assert dashboard.newest_day(conn, tenant_id=TENANT) is None
        assert dashboard.running(conn, tenant_id=TENANT) == []
    assert set(totals.values()) == {0}


def test_exploring_narrows_by_other_dimensions(two_days: Any) -> None:
    with two_days.database.transaction(TENANT) as conn:
        rows = dashboard.explore(
            conn,
            tenant_id=TENANT,
            rows="event_name",
            since=DAY,
            until=NEXT,
            where={"actor": "bo"},
        )
    assert [(row["day"], row["added"], row["removed"]) for row in rows] == [(NEXT, 5, -1)]
