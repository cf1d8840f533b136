"""New files → one live run for each day they touch; a failed run → a row that people see."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import Any

import psycopg
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
from dagster._core.storage.tags import MAX_RETRIES_TAG, MAX_RUNTIME_SECONDS_TAG

from cost_pipeline.orchestration.assets.detection import alerts, anomalies
from cost_pipeline.orchestration.assets.leaving import leftovers
from cost_pipeline.orchestration.assets.trail import cost_events, resource_spans
from cost_pipeline.orchestration.faults import reason_of
from cost_pipeline.orchestration.listing import Found, Listing
from cost_pipeline.orchestration.partitions import is_partition
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader, settings
from cost_pipeline.orchestration.unfinished import (
    FAILED,
    LIVE_TAG,
    TENANT_TAG,
    WORK_TAG,
    unfinished_days,
)
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, health, objects
from cost_pipeline.store.objects import Trail

_LIVE = AssetSelection.assets(cost_events, resource_spans, leftovers, anomalies, alerts)
IN_FLIGHT = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]
_MOST_SECONDS = "3600"
_MOST_COUNTED = 8


@sensor(
    target=_LIVE,
    # The daemon looks every five seconds: were a whole interval asked for, a look that comes a
    # moment early would be missed, and the next is five seconds later.
    minimum_interval_seconds=max(1, Settings().sensor_seconds - 1),
    default_status=DefaultSensorStatus.RUNNING,
)
def trail_sensor(
    context: SensorEvaluationContext, database: PostgresDatabase, trails: TrailReader
) -> SensorResult:
    """Registers the files that arrived, and asks for one run for each day with unread ones.

    How far each place is read stands in Postgres, so the sensor needs no cursor.
    """
    db, now = database.open(), datetime.now(UTC)
    tenants = [tenant["tenant_id"] for tenant in db.tenants()]
    known: list[tuple[str, Trail]] = []
    listened: list[str] = []
    for tenant_id in tenants:
        with db.transaction(tenant_id) as conn:
            if governance.panicking(conn, tenant_id=tenant_id):
                context.log.warning("panic: tenant %s is not listed", tenant_id)
                continue
            known += [(tenant_id, trail) for trail in _trails(conn, tenant_id)]
            listened.append(tenant_id)
    look_back, calls = timedelta(hours=settings().look_back_hours), settings().list_calls_per_tick
    listing = Listing(db, trails, now, look_back, calls)
    registered = listing.tick(known, lambda found: _tell(context, found))
    requests: list[RunRequest] = []
    for tenant_id in listened:
        with db.transaction(tenant_id) as conn:
            work = _work(context.instance, conn, tenant_id, now - look_back)
        requests.extend(_requests(context.instance, tenant_id, work))
    made = calls - listing.calls_left
    skip = f"Nothing to start; {registered} new files registered, {made} LIST calls made."
    return SensorResult(run_requests=requests, skip_reason=None if requests else skip)


def _tell(context: SensorEvaluationContext, found: Found) -> None:
    if found.failed:
        context.log.error(found.sentence)
    elif found.calls or found.new_files:
        context.log.info(found.sentence)


def _trails(conn: psycopg.Connection[Any], tenant_id: str) -> list[Trail]:
    """The tenant's trails, with the one that the settings name."""
    known = objects.trails(conn, tenant_id=tenant_id, longest_unlisted_first=True)
    url = settings().trail_url
    if url is None or tenant_id != settings().tenant_id or any(t.url == url for t in known):
        return known
    objects.ensure_trail(
        conn,
        tenant_id=tenant_id,
        url=url,
        endpoint_url=settings().endpoint_url,
        region=settings().aws_region,
        queue_url=settings().trail_queue_url,
    )
    return objects.trails(conn, tenant_id=tenant_id)


def _work(
    instance: DagsterInstance, conn: psycopg.Connection[Any], tenant_id: str, since: datetime
) -> dict[date, str]:
    """The days that have files to read or a run to finish, and what tells this work from other."""
    due = objects.due_days(conn, tenant_id=tenant_id)
    reading = {day.day: f"{day.highest_object_id} {day.attempts}" for day in due}
    work = unfinished_days(instance, conn, tenant_id=tenant_id, since=since) | reading
    return {day: work[day] for day in sorted(work) if is_partition(day)}


def _requests(
    instance: DagsterInstance, tenant_id: str, works: dict[date, str]
) -> Iterator[RunRequest]:
    """One run for each day that has none in flight; after a failure, later and later."""
    for day, work in works.items():
        tag = f"{tenant_id} {day}"
        if instance.get_runs_count(RunsFilter(tags={LIVE_TAG: tag}, statuses=IN_FLIGHT)):
            continue
        failed = RunsFilter(tags={LIVE_TAG: tag}, statuses=FAILED)
        failures = instance.get_runs_count(failed)
        if failures and _should_wait(instance, tag, work):
            continue
        yield RunRequest(
            run_key=f"{tag} {work} {failures}",
            partition_key=day.isoformat(),
            run_config={
                "ops": {
                    name: {"config": {"mode": "live", "tenant_id": tenant_id}}
                    for name in ("cost_events", "resources", "leftovers", "anomalies", "alerts")
                }
            },
            tags={
                LIVE_TAG: tag,
                TENANT_TAG: tenant_id,
                WORK_TAG: work,
                MAX_RUNTIME_SECONDS_TAG: _MOST_SECONDS,
                MAX_RETRIES_TAG: "0",  # this sensor asks again by itself
            },
        )


def _should_wait(instance: DagsterInstance, tag: str, work: str) -> bool:
    """Whether the day's last runs failed, too short a time ago to try again."""
    records = instance.get_run_records(RunsFilter(tags={LIVE_TAG: tag}), limit=_MOST_COUNTED)
    in_a_row = [*takewhile(lambda record: record.dagster_run.status in FAILED, records)]
    if not in_a_row or in_a_row[0].end_time is None:
        return False
    new = in_a_row[0].dagster_run.tags.get(WORK_TAG) != work
    waited = datetime.now(UTC).timestamp() - in_a_row[0].end_time
    return waited < wait_seconds(len(in_a_row), new_work=new)


def wait_seconds(failures: int, *, new_work: bool) -> float:
    """How long to wait after so many failures in a row; not for long where files are new.

    >>> [wait_seconds(n, new_work=False) for n in (1, 3, 8)], wait_seconds(8, new_work=True)
    ([20.0, 80.0, 600.0], 20.0)
    """
    return min(20.0 if new_work else 600.0, 10.0 * 2**failures)


@run_failure_sensor(default_status=DefaultSensorStatus.RUNNING, name="failed_runs")
def failed_runs(context: RunFailureSensorContext, database: PostgresDatabase) -> None:
    """Keeps why a run failed where the app and `cost-pipeline doctor` show it."""
    run: DagsterRun = context.dagster_run
    tenant_id = tenant_of(run)
    failed = [(str(e.step_key), reason_of(e)) for e in context.get_step_failure_events()]
    with database.open().transaction(tenant_id) as conn:
        for asset, message in failed or [("", context.failure_event.message or "the run failed")]:
            health.note_failure(
                conn, tenant_id=tenant_id, run_id=run.run_id, asset=asset, message=message
            )


def tenant_of(run: DagsterRun) -> str:
    """Whose run it is; one that is for all tenants is of the one that runs the installation."""
    config: Any = run.run_config
    ops = config.get("ops", {}).values()
    named = {op.get("config", {}).get("tenant_id") for op in ops} - {None}
    return run.tags.get(TENANT_TAG) or (named.pop() if named else settings().tenant_id)
