"""From files to priced events: `trail_objects`, `cost_events`, `resources`."""

from datetime import UTC, date, datetime
from typing import Any

import psycopg
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    MaterializeResult,
    MetadataValue,
    asset,
)

from cost_pipeline.aws.trails import TrailError
from cost_pipeline.orchestration import progress
from cost_pipeline.orchestration.config import DayConfig
from cost_pipeline.orchestration.executors import pod
from cost_pipeline.orchestration.faults import TRANSIENT, stated
from cost_pipeline.orchestration.loading import Loading
from cost_pipeline.orchestration.outbound import OutboundStoppedError, Permit
from cost_pipeline.orchestration.partitions import daily, days_of, reading_policy
from cost_pipeline.orchestration.rebuilding import rebuild_each
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader
from cost_pipeline.store import governance, objects, resources
from cost_pipeline.store.database import Database
from cost_pipeline.store.objects import Trail

OWNERS = ["team:platform"]
_LISTED_DAYS = 10
_COMMON: dict[str, Any] = {
    "partitions_def": daily,
    "backfill_policy": reading_policy(),
    "retry_policy": TRANSIENT,
    "owners": OWNERS,
    "kinds": {"postgres"},
}


@asset(
    group_name="trail",
    check_specs=[AssetCheckSpec("every_trail_listed", asset="trail_objects")],
    **(_COMMON | {"kinds": {"s3", "postgres"}}),
)
@stated
def trail_objects(
    context: AssetExecutionContext,
    config: DayConfig,
    database: PostgresDatabase,
    trails: TrailReader,
) -> MaterializeResult:  # type: ignore[type-arg]
    """The day's CloudTrail log files: what there is, what has been read, what failed.

    A trail that cannot be listed is told, and the others go on; without any other, the run fails.
    """
    db, days = database.open(), days_of(context)
    registered, listed, problems = 0, 0, []
    for tenant_id in config.tenants(db):
        with db.transaction(tenant_id) as conn:
            known = _allowed(conn, tenant_id)
        for one in known:
            try:
                registered += _list(db, trails, tenant_id, one, days)
                listed += 1
            except OutboundStoppedError:
                continue  # panic: what was listed until now is registered, the rest waits
            except TrailError as problem:
                problems.append(problem)
                with db.transaction(tenant_id) as conn:
                    objects.note_listing(
                        conn, tenant_id=tenant_id, trail_id=one.trail_id, error=str(problem)
                    )
    if problems and not listed:
        raise problems[0]
    progress.report("trail_objects", len(days), len(days), f"{registered} new files")
    return MaterializeResult(
        metadata={"new_files": registered, "days": len(days)},
        check_results=[
            AssetCheckResult(
                asset_key=AssetKey("trail_objects"),
                check_name="every_trail_listed",
                passed=not problems,
                description="; ".join(str(problem) for problem in problems)[:1000],
            )
        ],
    )


def _allowed(conn: psycopg.Connection[Any], tenant_id: str) -> list[Trail]:
    """The trails that may be read: in panic nothing calls AWS, so that objects in S3 wait."""
    known = objects.trails(conn, tenant_id=tenant_id)
    if governance.panicking(conn, tenant_id=tenant_id):
        return [trail for trail in known if not trail.calls_aws]
    return known


def _list(db: Database, trails: TrailReader, tenant_id: str, trail: Trail, days: list[date]) -> int:
    """Registers the files of one trail, some days at a time; returns how many are new."""
    source, registered, permit = trails.open(trail), 0, Permit(db, tenant_id)
    try:
        for start in range(0, len(days), _LISTED_DAYS):
            progress.report("trail_objects", start, len(days), trail.url)
            if trail.calls_aws:
                permit.check()
            found = list(source.list_days(days[start : start + _LISTED_DAYS]))
            with db.transaction(tenant_id) as conn:
                registered += objects.register(
                    conn, tenant_id=tenant_id, trail_id=trail.trail_id, objects=found
                )
    finally:
        source.close()
    with db.transaction(tenant_id) as conn:
        objects.note_listing(conn, tenant_id=tenant_id, trail_id=trail.trail_id, error=None)
    return registered


@asset(
    group_name="trail",
    deps=[trail_objects, AssetKey("price_book")],
    check_specs=[
        AssetCheckSpec("readable", asset="cost_events", blocking=True),
        AssetCheckSpec("no_failed_files", asset="cost_events"),
        AssetCheckSpec("few_unpriced_calls", asset="cost_events"),
        AssetCheckSpec("lag", asset="cost_events"),
    ],
    op_tags=pod(cpu="2", memory="2Gi"),
    **_COMMON,
)
@stated
def cost_events(
    context: AssetExecutionContext,
    config: DayConfig,
    database: PostgresDatabase,
    trails: TrailReader,
) -> MaterializeResult:  # type: ignore[type-arg]
    """Each call that changes the bill, priced, with its actor."""
    db, days = database.open(), days_of(context)
    totals: list[dict[str, Any]] = []
    for tenant_id in config.tenants(db):
        totals.extend(Loading(db, trails, tenant_id, _allowed, live=config.live).days(days))
    progress.report("cost_events", len(days), len(days))
    return MaterializeResult(metadata=_metadata(totals), check_results=_checks(totals))


def _sum(totals: list[dict[str, Any]], name: str) -> Any:
    return sum(total[name] for total in totals)


def _metadata(totals: list[dict[str, Any]]) -> dict[str, Any]:
    shown = totals[-14:]
    lines = [
        f"| {t['day']} | {t['files']} | {t['records']:,} | {t['events']:,} | {t['added']:,.2f} |"
        for t in shown
    ]
    table = "| day | files | records | cost events | USD/h added |\n|---|--:|--:|--:|--:|\n"
    return {
        "files": _sum(totals, "files"),
        "records": _sum(totals, "records"),
        "dagster/row_count": _sum(totals, "events"),
        "usd_per_hour_added": MetadataValue.float(float(_sum(totals, "added"))),
        "quarantined_records": _sum(totals, "quarantined"),
        "days": MetadataValue.md(table + "\n".join(lines)),
    }


def _checks(totals: list[dict[str, Any]]) -> list[AssetCheckResult]:
    files, done, failed = (_sum(totals, name) for name in ("files", "done", "failed"))
    counted, unpriced = _sum(totals, "events"), _sum(totals, "unpriced")
    newest = max((t["last_event"] for t in totals if t["last_event"]), default=None)
    lag = (datetime.now(UTC) - newest).total_seconds() / 60 if newest else None
    newest_day = max(total["day"] for total in totals)
    current = newest_day >= datetime.now(UTC).date()
    warn = AssetCheckSeverity.WARN
    key = AssetKey("cost_events")
    return [
        AssetCheckResult(
            asset_key=key,
            check_name="readable",
            passed=done > 0 or failed == 0,
            description="Not one file could be read: nothing that follows would mean anything.",
            metadata={"files": files, "read": done},
        ),
        AssetCheckResult(
            asset_key=key,
            check_name="no_failed_files",
            passed=failed == 0,
            severity=warn,
            description=f"{failed} files could not be read; they are tried again with back-off.",
        ),
        AssetCheckResult(
            asset_key=key,
            check_name="few_unpriced_calls",
            passed=unpriced <= 0.2 * max(counted, 1),
            severity=warn,
            metadata={"unpriced": unpriced, "events": counted},
        ),
        AssetCheckResult(
            asset_key=key,
            check_name="lag",
            passed=not current or (lag is not None and lag < 180),
            severity=warn,
            description="The newest event of today should be younger than three hours.",
            metadata={"minutes": round(lag, 1)} if lag is not None else {},
        ),
    ]


@asset(name="resources", group_name="trail", deps=[cost_events], **_COMMON)
@stated
def resource_spans(
    context: AssetExecutionContext, config: DayConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """What runs, since when, whose, and at which rate: from all events of each resource."""
    db, days = database.open(), days_of(context)
    touched = rebuild_each("resources", db, config.tenants(db), days, resources.rebuild)
    return MaterializeResult(metadata={"resources_touched": touched})
