"""The day as people read it: `digest`."""

from datetime import date

from dagster import (
    AssetExecutionContext,
    BackfillPolicy,
    MaterializeResult,
    MetadataValue,
    asset,
)

from cost_pipeline.core.plain_text import visible
from cost_pipeline.notify.digest import Digest, write_digest
from cost_pipeline.orchestration import progress
from cost_pipeline.orchestration.assets.detection import anomalies
from cost_pipeline.orchestration.assets.leaving import leftovers
from cost_pipeline.orchestration.assets.trail import OWNERS
from cost_pipeline.orchestration.assets.waste import zombies
from cost_pipeline.orchestration.config import DayConfig
from cost_pipeline.orchestration.faults import TRANSIENT, stated
from cost_pipeline.orchestration.partitions import daily, days_of
from cost_pipeline.orchestration.resources import PostgresDatabase, settings
from cost_pipeline.orchestration.telling import queue_digest, tell
from cost_pipeline.store import digests
from cost_pipeline.store.digests import Period


@asset(
    group_name="digest",
    deps=[anomalies, zombies, leftovers],
    partitions_def=daily,
    backfill_policy=BackfillPolicy.single_run(),
    retry_policy=TRANSIENT,
    owners=OWNERS,
    kinds={"html"},
)
@stated
def digest(
    context: AssetExecutionContext, config: DayConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """The day in every form; a live run sends it, once, to each channel that wants it."""
    db, days = database.open(), days_of(context)
    written: list[Digest] = []
    sent = 0
    for tenant_id in config.tenants(db):
        for number, day in enumerate(days):
            progress.report("digest", number, len(days))
            for period in _periods(day):
                one = write_digest(
                    db,
                    tenant_id=tenant_id,
                    day=day,
                    folder=settings().digests,
                    dashboard_url=settings().dashboard_url,
                    period=period,
                )
                written.append(one)
                if config.live:
                    queue_digest(db, tenant_id, period, day)
        if config.live:
            sent += tell(db, tenant_id).sent
    progress.report("digest", len(days), len(days))
    return MaterializeResult(
        metadata={
            "written": len(written),
            "sent": sent,
            "folder": MetadataValue.path(str(written[-1].folder)) if written else None,
            "text": MetadataValue.md(_fenced(written[-1].message.text)) if written else None,
        }
    )


def _fenced(text: str) -> str:
    """Text as it is: nothing in it ends the block."""
    shown = visible(text).replace("```", "'''")
    return f"```\n{shown}\n```"


def _periods(day: date) -> tuple[Period, ...]:
    """On the last day of a week, the week's digest comes with the day's."""
    return ("daily", "weekly") if digests.week_of(day) == day else ("daily",)
