"""What is older than a tenant keeps goes: by the month where nobody keeps it, else by the row."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from psycopg.types.json import Jsonb

from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import retention
from cost_pipeline.store.database import Database
from cost_pipeline.store.retention import Retention
from cost_pipeline_tests.store.conftest import Loader

MARCH, NOW = date(2026, 3, 10), datetime(2026, 11, 1, tzinfo=UTC)
Make = Callable[..., CostEvent]


@pytest.fixture
def two_springs(loader: Loader, event: Make) -> Loader:
    """A machine that ended long ago, one that still runs, and one of last week."""
    loader.load(
        "march",
        event("started"),
        event("left on", resource_ids=("i-2",)),
        event("ended", 12, None, action="stop", rate_after=None),
    )
    october = date(2026, 10, 25)
    loader.load(
        "october",
        event("new", resource_ids=("i-3",), partition_day=october),
        day=october,
    )
    return loader


def _keep(database: Database, tenant_id: str, **days: int) -> None:
    with database.admin() as conn:
        conn.execute(
            "INSERT INTO tenants (tenant_id, name, settings) VALUES (%s, 'x', %s)"
            " ON CONFLICT (tenant_id) DO UPDATE SET settings = excluded.settings",
            [tenant_id, Jsonb({"retention": days})],
        )


def _events(loader: Loader) -> list[str]:
    return [row["event_id"] for row in loader.rows("SELECT event_id FROM cost_events ORDER BY 1")]


def test_a_month_that_nobody_keeps_is_dropped_whole(two_springs: Loader) -> None:
    _keep(two_springs.database, "default", events=90)
    dropped = retention.enforce(two_springs.database, now=NOW)
    assert dropped.months == 1
    assert _events(two_springs) == ["new"]


def test_a_month_that_another_tenant_keeps_loses_the_rows_of_this_one(two_springs: Loader) -> None:
    _keep(two_springs.database, "default", events=90)
    _keep(two_springs.database, "thorough", events=900)
    dropped = retention.enforce(two_springs.database, now=NOW)
    assert dropped.months == 0
    assert dropped.rows >= 3
    assert _events(two_springs) == ["new"]


def test_what_still_runs_is_remembered_however_old(two_springs: Loader) -> None:
    _keep(two_springs.database, "default", events=90)
    retention.enforce(two_springs.database, now=NOW)
    left = two_springs.rows("SELECT resource_id, hourly_cost FROM resources ORDER BY 1")
    assert [row["resource_id"] for row in left] == ["i-2", "i-3"]
    spans = two_springs.rows("SELECT DISTINCT resource_id FROM resource_spans ORDER BY 1")
    assert [row["resource_id"] for row in spans] == ["i-2", "i-3"]


def test_what_links_and_leaves_goes_with_what_it_is_about(two_springs: Loader) -> None:
    about = "'default', '111122223333', 'eu-west-1', gen_random_uuid(), '2026-03-10', 'ada', 'user'"
    common = "tenant_id, account_id, region, {}, event_time, actor, actor_kind"
    with two_springs.database.transaction("default") as conn:
        for child in ("i-1", "i-2"):  # the one ended long ago, the other runs
            conn.execute(
                f"INSERT INTO resource_links ({common.format('event')}, kind, parent_id, child_id,"
                f" partition_day, event_name) VALUES ({about}, 'holds', 'gone', %s, '2026-03-10',"
                " 'AttachVolume')",
                [child],
            )
            conn.execute(
                f"INSERT INTO leftovers ({common.format('cause')}, parent_id, resource_id, day,"
                f" event_name, resource_type, title) VALUES ({about}, 'gone', %s, '2026-03-10',"
                " 'TerminateInstances', 'ebs_volume', 'a volume')",
                [child],
            )
    _keep(two_springs.database, "default", events=90)
    retention.enforce(two_springs.database, now=NOW)
    assert [row["child_id"] for row in two_springs.rows("SELECT * FROM resource_links")] == ["i-2"]
    assert [row["resource_id"] for row in two_springs.rows("SELECT * FROM leftovers")] == ["i-2"]


def test_no_table_by_the_day_grows_for_ever(database: Database) -> None:
    kept = {"zombie_ignores", "expected_changes", "price_terms", "digests", "days_to_reprice"}
    with database.admin() as conn:
        rows = conn.execute(
            "SELECT DISTINCT c.table_name FROM information_schema.columns c"
            " JOIN information_schema.columns t USING (table_schema, table_name)"
            " WHERE c.column_name IN ('day', 'partition_day', 'as_of', 'hour')"
            " AND t.column_name = 'tenant_id' AND c.table_name NOT LIKE 'cost_events_%%'"
        ).fetchall()
    statements = " ".join(retention._STATEMENTS)
    grown = {row["table_name"] for row in rows} - kept
    assert [table for table in sorted(grown) if f"DELETE FROM {table} " not in statements] == []


def test_nothing_goes_before_its_time(two_springs: Loader) -> None:
    dropped = retention.enforce(two_springs.database, now=NOW)
    assert (dropped.months, dropped.rows) == (0, 0)
    assert len(_events(two_springs)) == 4


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"events": 10}, "60 days at least"), ({"evnts": 90}, "evnts"), ({"zombies": 1}, "2 days")],
)
def test_a_retention_that_cannot_be_meant_is_refused(settings: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        retention.of_tenant({"retention": settings})


def test_defaults_hold_where_nothing_is_said() -> None:
    assert retention.of_tenant({}) == Retention()
