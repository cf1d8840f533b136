"""Upkeep prunes what is many and old, and nothing that a partition needs."""

from datetime import UTC, datetime, timedelta

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from dagster._core.test_utils import create_run_for_test

from cost_pipeline.orchestration.resources import PostgresDatabase
from cost_pipeline.orchestration.unfinished import LIVE_TAG
from cost_pipeline.orchestration.upkeep import monthly_upkeep, prune
from cost_pipeline.store import health
from cost_pipeline.store.database import Database

LATER = timedelta(days=1)


def _run(instance: DagsterInstance, tag: str | None, status: DagsterRunStatus) -> str:
    tags = {LIVE_TAG: tag} if tag else {}
    return create_run_for_test(instance, tags=tags, status=status).run_id


def test_the_newest_live_run_of_a_day_stays_and_so_does_all_else(
    instance: DagsterInstance,
) -> None:
    success, failure = DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE
    pruned = [_run(instance, "default 2026-03-01", status) for status in (success, failure)]
    kept = [
        _run(instance, "default 2026-03-01", success),
        _run(instance, "default 2026-03-01", DagsterRunStatus.STARTED),
        _run(instance, "default 2026-03-02", success),
        _run(instance, None, success),
        _run(instance, None, failure),
    ]
    assert prune(instance, datetime.now(UTC) - LATER) == 0
    assert prune(instance, datetime.now(UTC) + LATER) == len(pruned)
    assert {run.run_id for run in instance.get_runs(RunsFilter())} == set(kept)


def test_upkeep_makes_partitions_and_forgets_old_failures(
    database_resource: PostgresDatabase, database: Database
) -> None:
    with database.admin() as conn:
        for name in ("old", "new"):
            health.note_failure(
                conn, tenant_id="default", run_id=name, asset="cost_events", message="no"
            )
        conn.execute("UPDATE pipeline_failures SET at = at - interval '15 d' WHERE run_id = 'old'")
    assert monthly_upkeep.execute_in_process(resources={"database": database_resource}).success
    with database.admin() as conn:
        left = conn.execute("SELECT run_id FROM pipeline_failures").fetchall()
        months = conn.execute(
            "SELECT count(*) AS months FROM pg_inherits WHERE inhparent = 'cost_events'::regclass"
        ).fetchone()
    assert left == [{"run_id": "new"}]
    assert months is not None
    assert months["months"] >= 5
