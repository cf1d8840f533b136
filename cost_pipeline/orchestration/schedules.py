"""What happens by the clock: baselines, the sweep, digests, prices, upkeep."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dagster import (
    AssetSelection,
    DefaultScheduleStatus,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    define_asset_job,
    schedule,
)

from cost_pipeline.orchestration.assets.detection import activity, alerts, baselines
from cost_pipeline.orchestration.assets.digest import digest
from cost_pipeline.orchestration.assets.prices import price_book
from cost_pipeline.orchestration.assets.waste import inventory, zombies
from cost_pipeline.orchestration.resources import PostgresDatabase
from cost_pipeline.orchestration.upkeep import monthly_upkeep
from cost_pipeline.store import alerts as store_alerts
from cost_pipeline.store import digests, governance

RUNNING = DefaultScheduleStatus.RUNNING
DIGEST_HOUR = 7


def _yesterday(context: ScheduleEvaluationContext) -> date:
    return (context.scheduled_execution_time.astimezone(UTC) - timedelta(days=1)).date()


@schedule(
    cron_schedule="20 0 * * *",
    target=AssetSelection.assets(activity, baselines),
    default_status=RUNNING,
)
def nightly_baselines(context: ScheduleEvaluationContext) -> RunRequest:
    """Folds yesterday into the baselines, once its last files have arrived."""
    day = _yesterday(context).isoformat()
    return RunRequest(run_key=f"baselines {day}", partition_key=day)


@schedule(
    cron_schedule="0 5 * * *",
    target=AssetSelection.assets(inventory, zombies),
    default_status=RUNNING,
)
def morning_sweep(context: ScheduleEvaluationContext) -> RunRequest:
    """Asks AWS what there is today, and judges what is idle."""
    day = context.scheduled_execution_time.astimezone(UTC).date().isoformat()
    return RunRequest(run_key=f"sweep {day}", partition_key=day)


def digest_day(now: datetime, time_zone: str) -> date:
    """The last UTC day that was over when it was last seven in the morning there.

    >>> digest_day(datetime(2026, 3, 10, 6, tzinfo=UTC), "Europe/Berlin")
    datetime.date(2026, 3, 9)
    >>> digest_day(datetime(2026, 3, 10, 5, 45, tzinfo=UTC), "Europe/Berlin")
    datetime.date(2026, 3, 8)
    """
    local = now.astimezone(ZoneInfo(time_zone))
    morning = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    if morning > local:
        morning -= timedelta(days=1)
    return morning.astimezone(UTC).date() - timedelta(days=1)


@schedule(
    cron_schedule="*/15 * * * *",
    target=AssetSelection.assets(digest),
    default_status=RUNNING,
)
def morning_digest(
    context: ScheduleEvaluationContext, database: PostgresDatabase
) -> Iterator[RunRequest | SkipReason]:
    """Writes and sends the digest of the last full UTC day at seven in each tenant's zone."""
    db, requested = database.open(), 0
    for tenant in db.tenants():
        tenant_id = tenant["tenant_id"]
        day = digest_day(context.scheduled_execution_time, tenant["time_zone"])
        with db.transaction(tenant_id) as conn:
            if not digests.unsent(conn, tenant_id=tenant_id, day=day):
                continue
        requested += 1
        config = {"mode": "live", "tenant_id": tenant_id}
        yield RunRequest(
            run_key=f"digest {tenant_id} {day}",
            partition_key=day.isoformat(),
            run_config={"ops": {"digest": {"config": config}}},
        )
    if not requested:
        yield SkipReason("No digest is due.")


@schedule(
    cron_schedule="*/5 * * * *",
    target=AssetSelection.assets(alerts),
    default_status=RUNNING,
)
def waiting_alerts(
    context: ScheduleEvaluationContext, database: PostgresDatabase
) -> Iterator[RunRequest | SkipReason]:
    """Tries again what a channel refused, where no new file has given cause to already."""
    now, db, requested = context.scheduled_execution_time, database.open(), 0
    for tenant in db.tenants():
        tenant_id = tenant["tenant_id"]
        with db.transaction(tenant_id) as conn:
            if not store_alerts.due(conn, tenant_id=tenant_id, now=now):
                continue
            if not governance.may_notify(conn, tenant_id=tenant_id):
                continue
        requested += 1
        config = {"mode": "live", "tenant_id": tenant_id}
        yield RunRequest(
            run_key=f"alerts {tenant_id} {now:%Y-%m-%dT%H:%M}",
            partition_key=now.astimezone(UTC).date().isoformat(),
            run_config={"ops": {"alerts": {"config": config}}},
        )
    if not requested:
        yield SkipReason("No alert is waiting.")


weekly_prices = ScheduleDefinition(
    name="weekly_prices",
    cron_schedule="0 3 * * 1",
    job=define_asset_job("refresh_prices", selection=AssetSelection.assets(price_book)),
    run_config={"ops": {"price_book": {"config": {"refresh": True}}}},
    default_status=RUNNING,
)


monthly = ScheduleDefinition(
    name="monthly", cron_schedule="0 2 1 * *", job=monthly_upkeep, default_status=RUNNING
)
