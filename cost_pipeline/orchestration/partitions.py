"""The one partition definition: the UTC day that a file was delivered on."""

from __future__ import annotations

from datetime import UTC, date, datetime

from dagster import AssetExecutionContext, BackfillPolicy, DailyPartitionsDefinition

from cost_pipeline.settings import Settings

FIRST_DAY = Settings().start_date
daily = DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat(), timezone="UTC", end_offset=1)


def reading_policy() -> BackfillPolicy:
    """How a backfill cuts its days into runs, for assets whose days do not need each other."""
    days = Settings().days_per_run
    return BackfillPolicy.multi_run(days) if days else BackfillPolicy.single_run()


def days_of(context: AssetExecutionContext) -> list[date]:
    """The days of the run, in order."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)


def is_partition(day: date) -> bool:
    """Whether Dagster knows the day: not before the first one, and not after today.

    Some clocks run ahead, so that a file may lie under tomorrow; it is read when that day comes.
    """
    return FIRST_DAY <= day <= datetime.now(UTC).date()
