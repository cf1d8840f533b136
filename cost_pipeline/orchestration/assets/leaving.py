"""What calls leave behind, as soon as they are read: `leftovers`."""

from dagster import AssetExecutionContext, BackfillPolicy, MaterializeResult, asset

from cost_pipeline.orchestration import progress
from cost_pipeline.orchestration.assets.trail import OWNERS, resource_spans
from cost_pipeline.orchestration.config import DayConfig
from cost_pipeline.orchestration.faults import TRANSIENT, stated
from cost_pipeline.orchestration.judging import thresholds_of_tenant
from cost_pipeline.orchestration.leaving import rebuild_leftovers
from cost_pipeline.orchestration.partitions import daily, days_of
from cost_pipeline.orchestration.resources import PostgresDatabase


@asset(
    deps=[resource_spans],
    group_name="waste",
    partitions_def=daily,
    backfill_policy=BackfillPolicy.single_run(),
    retry_policy=TRANSIENT,
    owners=OWNERS,
    kinds={"postgres"},
)
@stated
def leftovers(
    context: AssetExecutionContext, config: DayConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """Volumes, addresses, snapshots and load balancers that the day's calls left to bill on."""
    from cost_pipeline.orchestration.pricing import PriceShelf

    db, days, found = database.open(), days_of(context), 0
    shelf = PriceShelf.open(db)
    for tenant_id in config.tenants(db):
        thresholds = thresholds_of_tenant(db, tenant_id)
        for number, day in enumerate(days):
            progress.report("leftovers", number, len(days))
            book = shelf.book(tenant_id, day)
            found += rebuild_leftovers(db, tenant_id, day, book, thresholds)
    progress.report("leftovers", len(days), len(days))
    return MaterializeResult(metadata={"left_by_what_was_touched": found})
