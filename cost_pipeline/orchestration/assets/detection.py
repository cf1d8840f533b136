"""From priced events to anomalies: `activity`, `baselines`, `anomalies`, `alerts`."""

from datetime import timedelta
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetDep,
    AssetExecutionContext,
    AssetKey,
    BackfillPolicy,
    MaterializeResult,
    MetadataValue,
    TimeWindowPartitionMapping,
    asset,
)

from cost_pipeline.core.detection_model import Anomaly
from cost_pipeline.core.plain_text import markdown_cell
from cost_pipeline.orchestration import progress
from cost_pipeline.orchestration.assets.leaving import leftovers
from cost_pipeline.orchestration.assets.trail import OWNERS, resource_spans
from cost_pipeline.orchestration.config import DayConfig
from cost_pipeline.orchestration.executors import pod
from cost_pipeline.orchestration.faults import TRANSIENT, stated
from cost_pipeline.orchestration.folding import (
    detection_settings,
    ensure_folded,
    fold,
    score,
    score_live,
)
from cost_pipeline.orchestration.judging import thresholds_of_tenant
from cost_pipeline.orchestration.partitions import daily, days_of, reading_policy
from cost_pipeline.orchestration.rebuilding import rebuild_each
from cost_pipeline.orchestration.resources import PostgresDatabase, settings
from cost_pipeline.orchestration.telling import tell
from cost_pipeline.store import activity as store_activity

_YESTERDAY = TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
_COMMON: dict[str, Any] = {
    "group_name": "detection",
    "partitions_def": daily,
    "backfill_policy": BackfillPolicy.single_run(),
    "retry_policy": TRANSIENT,
    "owners": OWNERS,
    "kinds": {"postgres"},
}


@asset(deps=[resource_spans], **(_COMMON | {"backfill_policy": reading_policy()}))
@stated
def activity(
    context: AssetExecutionContext, config: DayConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """What each account did with each resource type on the day alone."""
    db, days = database.open(), days_of(context)
    rows = rebuild_each("activity", db, config.tenants(db), days, store_activity.rebuild)
    return MaterializeResult(metadata={"dagster/row_count": rows})


@asset(
    deps=[activity, AssetDep("baselines", partition_mapping=_YESTERDAY)],
    check_specs=[AssetCheckSpec("coverage", asset="baselines")],
    **_COMMON,
)
@stated
def baselines(
    context: AssetExecutionContext, config: DayConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """What is usual for each account and resource type at the end of the day.

    Folds the day into the detector's state, and leaves out of training what was anomalous and
    nobody confirmed.
    """
    db, days = database.open(), days_of(context)
    rows = 0
    for tenant_id in config.tenants(db):
        thresholds = detection_settings(db, tenant_id, settings())
        for number, day in enumerate(days):
            progress.report("baselines", number, len(days), day.isoformat())
            with db.transaction(tenant_id) as conn:
                rows = fold(conn, tenant_id, day, thresholds)
    progress.report("baselines", len(days), len(days))
    return MaterializeResult(
        metadata={"dagster/row_count": rows},
        check_results=[
            AssetCheckResult(
                asset_key=AssetKey("baselines"),
                check_name="coverage",
                passed=rows > 0,
                severity=AssetCheckSeverity.WARN,
                description="There should be a baseline: without history, novelty alone alerts.",
            )
        ],
    )


@asset(
    deps=[resource_spans, AssetDep(baselines, partition_mapping=_YESTERDAY)],
    op_tags=pod(cpu="1", memory="2Gi"),
    **_COMMON,
)
@stated
def anomalies(
    context: AssetExecutionContext, config: DayConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """What is unusual: who, what, where, how much an hour, and why, as data."""
    db, days = database.open(), days_of(context)
    found: list[Anomaly] = []
    for tenant_id in config.tenants(db):
        thresholds = detection_settings(db, tenant_id, settings())
        for number, day in enumerate(days):
            progress.report("anomalies", number, len(days), f"{len(found)} anomalies")
            if config.live:
                results = score_live(db, tenant_id, day, thresholds)
            else:
                ensure_folded(db, tenant_id, day - timedelta(days=1), thresholds)
                results = [score(db, tenant_id, day, thresholds, backfilled=True)]
            found.extend(anomaly for result in results for anomaly in result.anomalies)
    progress.report("anomalies", len(days), len(days), f"{len(found)} anomalies")
    return MaterializeResult(metadata=_metadata(found))


@asset(deps=[anomalies, leftovers], **_COMMON)
@stated
def alerts(
    context: AssetExecutionContext, config: DayConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """Messages about live anomalies and leftovers: queued once each, delivered at least once."""
    db = database.open()
    queued = sent = failed = 0
    for tenant_id in config.tenants(db):
        report = tell(
            db,
            tenant_id,
            leftovers_from=thresholds_of_tenant(db, tenant_id).alert_from if config.live else None,
        )
        queued, sent, failed = (
            queued + report.queued,
            sent + report.sent,
            failed + report.failed,
        )
    progress.report("alerts", 1, 1, f"{sent} sent")
    return MaterializeResult(metadata={"queued": queued, "sent": sent, "failed": failed})


def _metadata(found: list[Anomaly]) -> dict[str, Any]:
    worst = sorted(found, key=lambda anomaly: -anomaly.projected_monthly_cost)[:20]
    lines = [
        f"| {a.severity} | {markdown_cell(a.title)} | {markdown_cell(a.account_id)} |"
        f" {a.projected_monthly_cost:,.0f} |"
        for a in worst
    ]
    table = "| severity | what | account | USD/month |\n|---|---|---|--:|\n" + "\n".join(lines)
    return {
        "dagster/row_count": len(found),
        "usd_per_month": float(sum(a.projected_monthly_cost for a in found)),
        "worst": MetadataValue.md(table if found else "Nothing unusual."),
    }
