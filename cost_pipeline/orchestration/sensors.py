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
    run_failure_sensor,
    sensor,
)
from dagster._core.storage.tags import MAX_RUNTIME_SECONDS_TAG

from cost_pipeline.orchestration.assets.detection import alerts, anomalies
from cost_pipeline.orchestration.assets.trail import cost_events, resource_spans
from cost_pipeline.orchestration.listing import WHOLE_EVERY, listed, whole_is_due
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader, settings
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, health, objects
from cost_pipeline.store.database import Database
from cost_pipeline.store.objects import DueDay, Trail

LIVE_TAG = "dd0c/live"
_LIVE = AssetSelection.assets(cost_events, resource_spans, anomalies, alerts)
IN_FLIGHT = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]
_MOST_SECONDS = "3600"
_FAILED = {DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED}


@sensor(
    target=_LIVE,
    minimum_interval_seconds=Settings().sensor_seconds,
    default_status=DefaultSensorStatus.RUNNING,
)
def trail_sensor(
    context: SensorEvaluationContext, database: PostgresDatabase, trails: TrailReader
) -> SensorResult:
    """Registers the files that arrived, and asks for one run for each day with unread ones.

    The look-back finds late files whatever their keys; the cursor says when all of it was
    last listed, and only saves calls.
    """
    db, now = database.open(), datetime.now(UTC)
    last_whole = datetime.fromisoformat(context.cursor) if context.cursor else None
    whole = last_whole is None or now - last_whole >= WHOLE_EVERY
    requests: list[RunRequest] = []
    registered = 0
    for tenant in db.tenants():
        tenant_id = tenant["tenant_id"]
        with db.transaction(tenant_id) as conn:
            if governance.panicking(conn, tenant_id=tenant_id):
                context.log.warning("panic: tenant %s is not listed", tenant_id)
                continue
            known = objects.trails(conn, tenant_id=tenant_id)
        for trail in known:
            registered += _register(context, db, trails, tenant_id, trail, last_whole, now)
        with db.transaction(tenant_id) as conn:
            due = objects.due_days(conn, tenant_id=tenant_id)
        requests.extend(_requests(context.instance, tenant_id, due))
    skip = None if requests else f"Nothing to start; {registered} new files registered."
    return SensorResult(
        run_requests=requests,
        skip_reason=skip,
        cursor=now.isoformat() if whole else context.cursor,
    )


def _register(
    context: SensorEvaluationContext,
    db: Database,
    trails: TrailReader,
    tenant_id: str,
    trail: Trail,
    last_whole: datetime | None,
    now: datetime,
) -> int:
    """Lists one trail; where that fails the reason is kept, and the other trails go on."""
    from cost_pipeline.aws.trails import TrailError

    error: str | None = None
    found = []
    try:
        whole = whole_is_due(trail.url, last_whole, now)
        look_back = timedelta(hours=settings().look_back_hours)
        found = list(listed(trails.kept(trail), now, whole=whole, look_back=look_back))
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
        if instance.get_runs_count(RunsFilter(tags={LIVE_TAG: tag}, statuses=IN_FLIGHT)):
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
            tags={LIVE_TAG: tag, MAX_RUNTIME_SECONDS_TAG: _MOST_SECONDS},
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
