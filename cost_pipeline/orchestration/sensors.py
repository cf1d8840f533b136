"""New files → one live run for each day they touch; a failed run → a row that people see."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from dagster import (
    AssetSelection,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    sensor,
)

from cost_pipeline.orchestration.assets.detection import alerts, anomalies
from cost_pipeline.orchestration.assets.trail import cost_events, resource_spans
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader, settings
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, health, objects
from cost_pipeline.store.database import Database
from cost_pipeline.store.objects import DueDay, Trail

LIVE_TAG = "dd0c/live"
_LIVE = AssetSelection.assets(cost_events, resource_spans, anomalies, alerts)
_IN_FLIGHT = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]
_FAILED = {DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED}


@sensor(
    target=_LIVE,
    minimum_interval_seconds=Settings().sensor_seconds,
    default_status=DefaultSensorStatus.RUNNING,
)
def trail_sensor(
    context: SensorEvaluationContext, database: PostgresDatabase, trails: TrailReader
) -> SensorResult | SkipReason:
    """Registers the files that arrived, and asks for one run for each day with unread ones.

    The look-back finds late files whatever their keys; the cursor only says when it last ran.
    """
    db = database.open()
    requests: list[RunRequest] = []
    registered = 0
    for tenant in db.tenants():
        tenant_id = tenant["tenant_id"]
        with db.transaction(tenant_id) as conn:
            if governance.panicking(conn, tenant_id=tenant_id):
                context.log.warning("panic: tenant %s is not listed", tenant_id)
                continue
            known = objects.trails(conn, tenant_id=tenant_id)
        registered += sum(_register(context, db, trails, tenant_id, trail) for trail in known)
        with db.transaction(tenant_id) as conn:
            due = objects.due_days(conn, tenant_id=tenant_id)
        requests.extend(_requests(context.instance, tenant_id, due))
    cursor = datetime.now(UTC).isoformat(timespec="seconds")
    if not requests:
        return SkipReason(f"Nothing new to read; {registered} files registered.")
    return SensorResult(run_requests=requests, cursor=cursor)


def _register(
    context: SensorEvaluationContext,
    db: Database,
    trails: TrailReader,
    tenant_id: str,
    trail: Trail,
) -> int:
    """Lists one trail; where that fails the reason is kept, and the other trails go on."""
    from cost_pipeline.aws.trails import TrailError

    error: str | None = None
    found = []
    try:
        source = trails.open(trail)
        look_back = timedelta(hours=settings().look_back_hours)
        found = list(source.list_recent(datetime.now(UTC), look_back))
        source.close()
    except TrailError as problem:
        error = str(problem)
        context.log.error("%s: %s", trail.url, error)
    with db.transaction(tenant_id) as conn:
        objects.note_listing(conn, tenant_id=tenant_id, trail_id=trail.trail_id, error=error)
        return objects.register(conn, tenant_id=tenant_id, trail_id=trail.trail_id, objects=found)


def _requests(instance: DagsterInstance, tenant_id: str, due: list[DueDay]) -> Iterator[RunRequest]:
    """One run for each day that has none in flight; after a failure, later and later."""
    for day in due:
        tag = f"{tenant_id} {day.day}"
        if instance.get_runs_count(RunsFilter(tags={LIVE_TAG: tag}, statuses=_IN_FLIGHT)):
            continue
        failures = _failures_in_a_row(instance, tag)
        if failures is None:
            continue
        yield RunRequest(
            run_key=f"{tag} {day.highest_object_id} {day.attempts} {failures}",
            partition_key=day.day.isoformat(),
            run_config={
                "ops": {
                    name: {"config": {"mode": "live", "tenant_id": tenant_id}}
                    for name in ("cost_events", "resources", "anomalies", "alerts")
                }
            },
            tags={LIVE_TAG: tag},
        )


def _failures_in_a_row(instance: DagsterInstance, tag: str) -> int | None:
    """How often in a row the day's runs failed; None while the next try should wait."""
    records = instance.get_run_records(RunsFilter(tags={LIVE_TAG: tag}), limit=8)
    failures = 0
    for record in records:
        if record.dagster_run.status not in _FAILED:
            break
        failures += 1
    if failures and records[0].end_time is not None:
        waited = datetime.now(UTC).timestamp() - records[0].end_time
        if waited < min(600, 10 * 2**failures):
            return None
    return failures


@run_failure_sensor(default_status=DefaultSensorStatus.RUNNING, name="failed_runs")
def failed_runs(context: RunFailureSensorContext, database: PostgresDatabase) -> None:
    """Keeps why a run failed where the app and `cost-pipeline doctor` show it."""
    run: DagsterRun = context.dagster_run
    with database.open().admin() as conn:
        health.note_failure(
            conn,
            run_id=run.run_id,
            asset=", ".join(sorted(key.to_user_string() for key in run.asset_selection or ())),
            message=context.failure_event.message or "the run failed",
        )
