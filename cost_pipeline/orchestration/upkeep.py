"""Upkeep: partitions ahead of time, and an end to old rows and to Dagster's own live runs."""

from datetime import UTC, datetime, timedelta

from dagster import DagsterInstance, OpExecutionContext, job, op

from cost_pipeline.orchestration.resources import PostgresDatabase
from cost_pipeline.orchestration.sensors import IN_FLIGHT
from cost_pipeline.orchestration.unfinished import LIVE_TAG
from cost_pipeline.store import retention, upkeep

KEEP_RUNS = timedelta(days=14)
_MONTHS_AHEAD = 3
_PAGE = 500


@op
def tables(database: PostgresDatabase) -> None:
    """Makes the partitions of the coming months, and drops old failures."""
    now = datetime.now(UTC)
    with database.open().admin() as conn:
        upkeep.ensure_partitions(conn, since=now.date(), months=_MONTHS_AHEAD)
        upkeep.forget_failures(conn, before=now - KEEP_RUNS)


@op
def expired_rows(context: OpExecutionContext, database: PostgresDatabase) -> None:
    """Ends what is older than each tenant keeps: whole months where nobody keeps them."""
    dropped = retention.enforce(database.open(), now=datetime.now(UTC))
    context.log.info(f"dropped {dropped.months} months of events and {dropped.rows} rows")


@op
def runs(context: OpExecutionContext) -> None:
    """Prunes live runs and their events after 14 days."""
    pruned = prune(context.instance, datetime.now(UTC) - KEEP_RUNS)
    context.log.info(f"pruned {pruned} runs")


@job
def monthly_upkeep() -> None:
    """Upkeep of the tables, an end to what is older than is kept, and to Dagster's live runs."""
    tables()
    expired_rows()
    runs()


def prune(instance: DagsterInstance, before: datetime) -> int:
    """Deletes live runs that ended before a moment; returns how many.

    There are thousands of them a day. The newest of each day stays: its events tell Dagster
    that the partition is there. Runs by hand, backfills and the few by the clock stay too.
    """
    known: set[str] = set()
    old: list[str] = []
    cursor: str | None = None
    while records := instance.get_run_records(limit=_PAGE, cursor=cursor):
        for record in records:
            run = record.dagster_run
            tag = run.tags.get(LIVE_TAG)
            if tag is None or run.status in IN_FLIGHT:
                continue
            if tag in known and record.create_timestamp < before:
                old.append(run.run_id)
            if run.is_success:
                known.add(tag)
        cursor = records[-1].dagster_run.run_id
    for run_id in old:
        instance.delete_run(run_id)
    return len(old)
