"""Live runs that ended after they had read files: what follows from those is still to be made."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import psycopg
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from cost_pipeline.store import objects

LIVE_TAG = "dd0c/live"
TENANT_TAG = "dd0c/tenant"
WORK_TAG = "dd0c/work"
FAILED = (DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)


def unfinished_days(
    instance: DagsterInstance, conn: psycopg.Connection[Any], *, tenant_id: str, since: datetime
) -> dict[date, str]:
    """The days whose last live run failed when it had read files, with the work it was given.

    Args:
        instance: knows the runs.
        conn: sees the tenant's files.
        tenant_id: whose runs.
        since: runs that ended before are not looked at.
    """
    failed = RunsFilter(tags={TENANT_TAG: tenant_id}, statuses=FAILED, updated_after=since)
    tags = {run.tags[LIVE_TAG] for run in instance.get_runs(failed)}
    found: dict[date, str] = {}
    for tag in sorted(tags):
        (last,) = instance.get_runs(RunsFilter(tags={LIVE_TAG: tag}), limit=1)
        day = date.fromisoformat(tag.rpartition(" ")[2])
        judged_at = _last_success(instance, tag)
        if last.status in FAILED and objects.read_after(
            conn, tenant_id=tenant_id, day=day, moment=judged_at
        ):
            found[day] = last.tags[WORK_TAG]
    return found


def _last_success(instance: DagsterInstance, tag: str) -> datetime:
    """When the last live run of a day began that went through to its end."""
    whole = RunsFilter(tags={LIVE_TAG: tag}, statuses=[DagsterRunStatus.SUCCESS])
    records = instance.get_run_records(whole, limit=1)
    began = records[0].start_time if records else None
    return datetime.fromtimestamp(began or 0, UTC)
