"""Prices that are missing are fetched; days whose prices have changed are read again."""

from collections.abc import Iterator
from datetime import UTC, datetime

from dagster import (
    AssetSelection,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
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
from cost_pipeline.orchestration.assets.prices import price_book
from cost_pipeline.orchestration.assets.trail import cost_events, resource_spans, trail_objects
from cost_pipeline.orchestration.early_prices import in_order
from cost_pipeline.orchestration.partitions import is_partition
from cost_pipeline.orchestration.resources import PostgresDatabase, settings
from cost_pipeline.orchestration.sensors import IN_FLIGHT
from cost_pipeline.prices.offers import offer_maps
from cost_pipeline.store import governance, prices

_MISSING = {"dd0c/prices": "missing"}
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


@sensor(
    target=AssetSelection.assets(price_book),
    minimum_interval_seconds=600,
    default_status=DefaultSensorStatus.RUNNING,
)
def missing_prices(
    context: SensorEvaluationContext, database: PostgresDatabase
) -> Iterator[RunRequest | SkipReason]:
    """Asks for the prices of regions with events that were never fetched, one region at a time.

    So a region that starts to deliver need not wait for Monday, nor what an onboarding left.
    The cursor holds the day and the regions that were asked for on it: each is once a day.
    """
    if not settings().price_refresh:
        yield SkipReason("Prices are not fetched: PRICE_REFRESH is false.")
        return
    today, db = datetime.now(UTC).date().isoformat(), database.open()
    with db.admin() as conn:
        regions = prices.regions_in_use(conn)
        missing = prices.never_tried(
            conn, offers=list(offer_maps()), regions=in_order(regions) if regions else []
        )
    day, *asked = (context.cursor or today).split()
    asked = asked if day == today else []
    region = next((one for one in missing if one not in asked), None)
    if region is None:
        yield SkipReason("The prices of every region with events were fetched, or asked for today.")
    elif context.instance.get_runs_count(RunsFilter(tags=_MISSING, statuses=IN_FLIGHT)):
        yield SkipReason("The prices of another region are being fetched.")
    else:
        context.update_cursor(" ".join((today, *asked, region)))
        config = {"refresh": True, "regions": [region], "offers": missing[region]}
        yield RunRequest(
            run_key=f"prices of {region} {today}",
            run_config={"ops": {"price_book": {"config": config | {"required": False}}}},
            tags=_MISSING,
        )
