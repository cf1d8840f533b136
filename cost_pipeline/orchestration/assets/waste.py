"""What is idle: `inventory` archives what AWS answered, `zombies` judges it."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    BackfillPolicy,
    MaterializeResult,
    MetadataValue,
    asset,
)

from cost_pipeline.aws.errors import AwsError
from cost_pipeline.core.plain_text import markdown_cell
from cost_pipeline.orchestration import progress
from cost_pipeline.orchestration.assets.leaving import leftovers
from cost_pipeline.orchestration.assets.trail import OWNERS
from cost_pipeline.orchestration.committing import remember_reservations
from cost_pipeline.orchestration.config import DayConfig
from cost_pipeline.orchestration.executors import pod
from cost_pipeline.orchestration.faults import TRANSIENT, stated
from cost_pipeline.orchestration.judging import Judged, judge_day
from cost_pipeline.orchestration.partitions import daily, days_of
from cost_pipeline.orchestration.resources import PostgresDatabase, settings
from cost_pipeline.orchestration.sweeping import Collected, collect_day, targets_of
from cost_pipeline.store import governance
from cost_pipeline.store.database import Database
from cost_pipeline.zombies import sums
from cost_pipeline.zombies.model import Failure

_COMMON: dict[str, Any] = {
    "group_name": "waste",
    "partitions_def": daily,
    "backfill_policy": BackfillPolicy.single_run(),
    "retry_policy": TRANSIENT,
    "owners": OWNERS,
}


@asset(kinds={"aws", "postgres"}, op_tags=pod(cpu="1", memory="1Gi"), **_COMMON)
@stated
def inventory(
    context: AssetExecutionContext, config: DayConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """What AWS's APIs and metrics say of every account and region today, archived.

    The past cannot be asked: other days than today keep the answers they have. A tenant whose
    accounts cannot be found is told, and the others go on; without any other, the run fails.
    """
    db, today = database.open(), datetime.now(UTC).date()
    asked: list[Collected] = []
    problems: list[AwsError] = []
    if config.sweep and settings().sweep_enabled and today in days_of(context):
        for tenant_id in config.tenants(db):
            try:
                asked.append(_sweep(db, tenant_id, today))
            except AwsError as problem:
                problems.append(problem)
    if problems and not any(one.places for one in asked):
        raise problems[0]
    progress.report("inventory", 1, 1)
    errors = [*map(str, problems), *(error for one in asked for error in one.failures)]
    failed = "\n".join(f"- {markdown_cell(error)}" for error in errors[:50])
    return MaterializeResult(
        metadata={
            "places": sum(one.places for one in asked),
            "calls": sum(one.calls for one in asked),
            "metric_series": sum(one.metrics for one in asked),
            "usd": sum(one.usd for one in asked),
            "failed": MetadataValue.md(failed or "None."),
        }
    )


def _sweep(db: Database, tenant_id: str, today: date) -> Collected:
    """Asks AWS of a tenant's accounts; nothing in panic."""
    with db.transaction(tenant_id) as conn:
        if governance.panicking(conn, tenant_id=tenant_id):
            return Collected()
    collected = collect_day(
        db,
        tenant_id,
        today,
        targets_of(db, tenant_id, settings()),
        endpoint_url=settings().endpoint_url,
        region=settings().aws_region,
        note=lambda done, total, text: progress.report("inventory", done, total, text),
    )
    remember_reservations(db, tenant_id, today)
    return collected


@asset(
    deps=[inventory, leftovers],
    kinds={"postgres"},
    check_specs=[
        AssetCheckSpec("every_check_ran", asset="zombies"),
        AssetCheckSpec("inventory_present", asset="zombies"),
    ],
    **_COMMON,
)
@stated
def zombies(
    context: AssetExecutionContext, config: DayConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """Resources that cost money and do nothing: since when, whose, how much a month."""
    db, days = database.open(), days_of(context)
    last = Judged()
    judged_days = 0
    for tenant_id in config.tenants(db):
        for number, day in enumerate(days):
            progress.report("zombies", number, len(days))
            judged = judge_day(db, tenant_id, day)
            if judged.places:
                last, judged_days = judged, judged_days + 1
    told = f"{len(last.findings)} idle" if judged_days else "no sweep of these days"
    progress.report("zombies", len(days), len(days), told)
    return MaterializeResult(metadata=_metadata(last), check_results=_checks(last, judged_days))


def _metadata(judged: Judged) -> dict[str, Any]:
    by_check: dict[str, list[float]] = {}
    for finding in judged.findings:
        title = finding.title.partition(":")[0]
        by_check.setdefault(title, []).append(float(finding.monthly_cost or 0))
    lines = [
        f"| {title} | {len(costs)} | {sum(costs):,.2f} |"
        for title, costs in sorted(by_check.items(), key=lambda item: -sum(item[1]))
    ]
    return {
        "dagster/row_count": len(judged.findings),
        "usd_per_month": float(sums.monthly(judged.findings)),
        "by_check": MetadataValue.md(
            "| check | resources | USD/month |\n|---|--:|--:|\n" + "\n".join(lines)
        ),
        "not_judged": MetadataValue.md(_not_judged(judged.failures)),
        "left_out": len(judged.left_out),
    }


def _not_judged(failures: list[Failure]) -> str:
    """A table of the checks that could not be judged, each cause once, with what to grant."""
    places = Counter((f.check_name, f.permission or "", f.message) for f in failures)
    if not places:
        return "Every check was judged everywhere."
    lines = [
        f"| {check} | {permission} | {count} | {markdown_cell(message)} |"
        for (check, permission, message), count in places.most_common(100)
    ]
    table = "| check | permission to grant | places | why |\n|---|---|--:|---|\n"
    return table + "\n".join(lines)


def _checks(judged: Judged, judged_days: int) -> list[AssetCheckResult]:
    warn, key = AssetCheckSeverity.WARN, AssetKey("zombies")
    failed = {f"{failure.check_name}: {failure.message}" for failure in judged.failures}
    return [
        AssetCheckResult(
            asset_key=key,
            check_name="every_check_ran",
            passed=not failed,
            severity=warn,
            description="; ".join(sorted(failed))[:1000],
        ),
        AssetCheckResult(
            asset_key=key,
            check_name="inventory_present",
            passed=judged_days > 0,
            severity=warn,
            description="These days have no archived inventory: AWS can only be asked today.",
        ),
    ]
