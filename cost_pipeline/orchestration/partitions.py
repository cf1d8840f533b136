"""The one partition definition: the UTC day that a file was delivered on."""

from __future__ import annotations

import os
from datetime import date

from dagster import AssetExecutionContext, DailyPartitionsDefinition

daily = DailyPartitionsDefinition(
    start_date=os.environ.get("START_DATE", "2024-01-01"), timezone="UTC", end_offset=1
)


def days_of(context: AssetExecutionContext) -> list[date]:
    """The days of the run, in order."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)
