"""Days whose prices have changed → runs that read them again, so that all agree once more."""

from collections.abc import Iterator
from datetime import UTC, datetime

from dagster import (
    AssetSelection,
    DefaultSensorStatus,
    RunRequest,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from cost_pipeline.orchestration.assets.detection import activity, anomalies, baselines
from cost_pipeline.orchestration.assets.leaving import leftovers
from cost_pipeline.orchestration.assets.trail import cost_events, resource_spans, trail_objects
from cost_pipeline.orchestration.partitions import is_partition
from cost_pipeline.orchestration.resources import PostgresDatabase
from cost_pipeline.store import governance, prices

_ASSETS = (
    trail_objects,
    cost_events,
    resource_spans,
    leftovers,
    activity,
    baselines,
    anomalies,
)


@sensor(
    target=AssetSelection.assets(*_ASSETS),
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
)
def changed_prices(
    context: SensorEvaluationContext, database: PostgresDatabase
) -> Iterator[RunRequest | SkipReason]:
    """Asks for one run over the days that a change of prices has left out of date.

    Later days lean on earlier ones, so the range is read from the first to the last of them.
    """
    db, now, asked = database.open(), datetime.now(UTC), 0
    for tenant in db.tenants():
        tenant_id = tenant["tenant_id"]
        with db.transaction(tenant_id) as conn:
            if governance.panicking(conn, tenant_id=tenant_id):
                continue
            days = prices.queued_days(conn, tenant_id=tenant_id)
            prices.note_requested(conn, tenant_id=tenant_id, days=days)
        days = [day for day in days if is_partition(day)]
        if not days:
            continue
        asked += 1
        config = {"config": {"mode": "full", "tenant_id": tenant_id}}
        yield RunRequest(
            run_key=f"prices {tenant_id} {now:%Y-%m-%dT%H:%M:%S}",
            run_config={"ops": {asset.op.name: config for asset in _ASSETS}},
            tags={
                ASSET_PARTITION_RANGE_START_TAG: days[0].isoformat(),
                ASSET_PARTITION_RANGE_END_TAG: days[-1].isoformat(),
            },
        )
    if not asked:
        yield SkipReason("No day waits to be priced again.")
