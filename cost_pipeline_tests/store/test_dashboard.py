"""What the first page adds up, held against the events it adds up."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import activity, actors, dashboard, events, exploring

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
        running = dashboard.resources(conn, tenant_id=TENANT)
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
        assert dashboard.resources(conn, tenant_id=TENANT) == []
    assert set(totals.values()) == {0}


def test_exploring_narrows_by_other_dimensions(two_days: Any) -> None:
    with two_days.database.transaction(TENANT) as conn:
        rows = exploring.pivot(
            conn,
            tenant_id=TENANT,
            rows="event_name",
            columns="day",
            since=DAY,
            until=NEXT,
            where={"actor": ["bo"]},
        )
    assert [(row["col"], row["added"], row["removed"]) for row in rows] == [(str(NEXT), 5, -1)]


def test_a_pivot_adds_up_pairs_and_leads_to_its_calls(two_days: Any) -> None:
    scope: dict[str, Any] = {"tenant_id": TENANT, "since": DAY, "until": NEXT}
    with two_days.database.transaction(TENANT) as conn:
        pairs = exploring.pivot(conn, rows="actor", columns="account_id", **scope)
        calls = exploring.events(conn, where={"actor": ["ada"]}, **scope)
        known = exploring.choices(conn, **scope)
    assert [(row["name"], row["added"], row["events"]) for row in pairs] == [
        ("bo", 5, 2),
        ("ada", 3, 2),
    ]
    assert [row["hourly_cost"] for row in calls] == [2, 1]
    assert set(known) == {"account_id", "region", "resource_type", "actor"}


def test_nobody_explores_by_what_is_no_dimension(two_days: Any) -> None:
    sly: Any = {"tenant_id = 'x' OR actor": ["bo"]}
    with (
        two_days.database.transaction(TENANT) as conn,
        pytest.raises(ValueError, match="no such dimension"),
    ):
        exploring.events(conn, tenant_id=TENANT, since=DAY, until=NEXT, where=sly)


def test_a_resource_tells_its_history_and_cost(two_days: Any) -> None:
    with two_days.database.transaction(TENANT) as conn:
        row, spans = dashboard.resource(conn, tenant_id=TENANT, resource_id="i-1")
        ended = dashboard.resources(conn, tenant_id=TENANT, running=False)
        found = dashboard.resources(conn, tenant_id=TENANT, text="I-3")
    assert row is not None
    assert row["stopped_at"] is not None
    assert [(span["action"], span["delta"]) for span in spans] == [("start", 1), ("stop", -1)]
    assert row["spent"] == 24 + 10 - 9
    assert [one["resource_id"] for one in ended] == ["i-1"]
    assert [one["resource_id"] for one in found] == ["i-3"]


def test_actors_tell_what_they_added_run_and_were_refused(two_days: Any) -> None:
    with two_days.database.transaction(TENANT) as conn:
        for day in (DAY, NEXT):
            activity.rebuild(conn, tenant_id=TENANT, day=day)
        conn.execute(
            "INSERT INTO refused_calls (id, tenant_id, event_id, event_time, partition_day,"
            " account_id, region, event_source, event_name, actor, actor_kind, error_code)"
            " SELECT gen_random_uuid(), %s, 'r' || n, %s, %s, '111122223333', 'eu-west-1',"
            " 'ec2.amazonaws.com', 'RunInstances', 'eve', 'user', 'Denied'"
            " FROM generate_series(1, 3) AS n",
            [TENANT, NEXT, NEXT],
        )
        found = actors.listing(conn, tenant_id=TENANT, since=DAY, until=NEXT)
        refused = actors.refused(conn, tenant_id=TENANT, actor="eve", since=DAY)
        types = actors.by_type(conn, tenant_id=TENANT, actor="ada")
    assert [(row["actor"], row["added"], row["running"], row["refused"]) for row in found] == [
        ("bo", 5, 5, 0),
        ("ada", 3, 2, 0),
        ("eve", 0, 0, 3),
    ]
    assert [(row["error_code"], row["calls"]) for row in refused] == [("Denied", 3)]
    assert [(row["events"], row["added"]) for row in types] == [(2, 3)]
