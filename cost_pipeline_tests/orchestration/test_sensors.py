"""Files that arrive become one run for each day, whatever their names and whatever went wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Failure,
    RunRequest,
    SensorResult,
    build_run_status_sensor_context,
    build_sensor_context,
    job,
    op,
)
from dagster._core.test_utils import create_run_for_test

from cost_pipeline.orchestration import resources
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader
from cost_pipeline.orchestration.sensors import failed_runs, tenant_of, trail_sensor
from cost_pipeline.orchestration.unfinished import LIVE_TAG, TENANT_TAG
from cost_pipeline.store import governance, health, objects
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import LogFolder, run_instances

NOW = datetime.now(UTC)
TODAY = NOW.date()


class Sensor:
    """The trail sensor, ticking by hand."""

    def __init__(self, instance: DagsterInstance, database: PostgresDatabase) -> None:
        self.instance = instance
        self.resources = {"database": database, "trails": TrailReader()}
        self.result = SensorResult()

    def tick(self) -> list[RunRequest]:
        with build_sensor_context(
            instance=self.instance, cursor=self.result.cursor, resources=self.resources
        ) as context:
            result = trail_sensor(context)
        assert isinstance(result, SensorResult)
        self.result = result
        return list(result.run_requests or [])

    def start(self, request: RunRequest, status: DagsterRunStatus) -> None:
        create_run_for_test(self.instance, tags=request.tags, status=status)


@pytest.fixture
def sensor(instance: DagsterInstance, database_resource: PostgresDatabase) -> Sensor:
    return Sensor(instance, database_resource)


def _put(folder: LogFolder, name: str, at: datetime = NOW) -> None:
    folder.put([run_instances(name, at)], at, name)


def test_nothing_to_read_is_said(sensor: Sensor, folder: LogFolder) -> None:
    assert sensor.tick() == []
    assert sensor.result.skip_reason
    assert "0 new files" in str(sensor.result.skip_reason)


def test_a_file_asks_for_a_live_run_of_its_day(sensor: Sensor, folder: LogFolder) -> None:
    _put(folder, "m")
    (request,) = sensor.tick()
    assert request.partition_key == TODAY.isoformat()
    assert request.tags[LIVE_TAG] == f"default {TODAY}"
    assert request.run_key
    assert request.run_key.startswith(f"default {TODAY} 1 ")
    assert request.run_config["ops"]["cost_events"]["config"] == {
        "mode": "live",
        "tenant_id": "default",
    }


def test_each_day_gets_its_own_run(sensor: Sensor, folder: LogFolder) -> None:
    _put(folder, "m")
    _put(folder, "n", NOW - timedelta(days=1))
    keys = [request.partition_key for request in sensor.tick()]
    assert keys == [(TODAY - timedelta(days=1)).isoformat(), TODAY.isoformat()]


def test_while_a_day_is_read_what_gathers_waits_for_the_next_run(
    sensor: Sensor, folder: LogFolder
) -> None:
    _put(folder, "m")
    (first,) = sensor.tick()
    sensor.start(first, DagsterRunStatus.STARTED)
    _put(folder, "n")
    assert sensor.tick() == []


def test_a_late_file_with_an_early_key_is_found(
    sensor: Sensor, folder: LogFolder, database: Database
) -> None:
    _put(folder, "m")
    (first,) = sensor.tick()
    with database.transaction("default") as conn:
        conn.execute("UPDATE trail_objects SET state = 'done'")
    assert sensor.tick() == []
    _put(folder, "a")
    (second,) = sensor.tick()
    assert second.run_key != first.run_key


def test_a_run_that_failed_is_asked_for_again_but_not_at_once(
    sensor: Sensor, folder: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(folder, "m")
    (first,) = sensor.tick()
    sensor.start(first, DagsterRunStatus.FAILURE)
    again = sensor.tick()
    assert [request.run_key for request in again] != [first.run_key]


def test_panic_stops_listing(sensor: Sensor, folder: LogFolder, database: Database) -> None:
    _put(folder, "m")
    with database.transaction("default") as conn:
        governance.put(conn, tenant_id="default", key=governance.PANIC, value=True, by="test")
    assert sensor.tick() == []
    with database.transaction("default") as conn:
        assert objects.due_days(conn, tenant_id="default") == []


def test_a_trail_that_is_not_there_is_said_and_harms_no_other(
    sensor: Sensor, folder: LogFolder, database: Database
) -> None:
    with database.transaction("default") as conn:
        objects.ensure_trail(conn, tenant_id="default", url="/no/such/folder")
    _put(folder, "m")
    assert len(sensor.tick()) == 1
    with database.transaction("default") as conn:
        rows = conn.execute("SELECT state, error FROM trails ORDER BY trail_id").fetchall()
    assert [row["state"] for row in rows] == ["active", "failed"]
    assert "no folder /no/such/folder" in str(rows[1]["error"])
    (tmp := folder.root.parent / "other").mkdir()
    with database.transaction("default") as conn:
        conn.execute("UPDATE trails SET url = %s WHERE state = 'failed'", [str(tmp)])
    sensor.tick()
    with database.transaction("default") as conn:
        states = conn.execute("SELECT state, error FROM trails ORDER BY trail_id").fetchall()
    assert [(row["state"], row["error"]) for row in states] == [("active", None)] * 2


def test_the_trail_that_the_settings_name_is_registered(
    sensor: Sensor, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = LogFolder(tmp_path / "named")
    _put(named, "m")
    monkeypatch.setenv("TRAIL_URL", str(named.root))
    resources.settings.cache_clear()
    assert len(sensor.tick()) == 1
    with database.transaction("default") as conn:
        conn.execute("UPDATE trails SET state = 'paused'")
        conn.execute("UPDATE trail_objects SET state = 'done'")
    _put(named, "n")
    assert sensor.tick() == []


@pytest.mark.parametrize("tags", [{}, {TENANT_TAG: "acme"}])
def test_why_a_run_failed_is_kept_in_words_for_its_tenant(
    instance: DagsterInstance,
    database_resource: PostgresDatabase,
    database: Database,
    tags: dict[str, str],
) -> None:
    @op
    def unlucky() -> None:
        raise Failure("the bucket is gone")

    @job
    def doomed() -> None:
        unlucky()

    result = doomed.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
    context = build_run_status_sensor_context(
        sensor_name="failed_runs",
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        dagster_event=result.get_run_failure_event(),
        resources={"database": database_resource},
    ).for_run_failure()
    with context:
        failed_runs(context)
    whose = tags.get(TENANT_TAG, "default")
    for tenant_id in ("default", "acme"):
        with database.transaction(tenant_id) as conn:
            told = health.overview(conn, tenant_id=tenant_id)["failures"]
        said = [(one["run_id"], one["asset"], one["message"]) for one in told]
        assert said == [(result.run_id, "unlucky", "the bucket is gone")] * (tenant_id == whose)


def test_a_run_is_of_the_tenant_that_its_config_names() -> None:
    config = {"ops": {"digest": {"config": {"mode": "live", "tenant_id": "acme"}}}}
    assert tenant_of(DagsterRun(job_name="any", run_config=config)) == "acme"
    assert tenant_of(DagsterRun(job_name="any")) == "default"


def test_tomorrow_waits_until_it_comes(
    sensor: Sensor, folder: LogFolder, database: Database
) -> None:
    _put(folder, "m")
    assert len(sensor.tick()) == 1
    with database.transaction("default") as conn:
        conn.execute("UPDATE trail_objects SET day = day + 1")
    assert sensor.tick() == []
