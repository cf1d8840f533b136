"""What happens by the clock happens on the right day, everywhere on earth, and once."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from dagster import RunRequest, build_schedule_context

from cost_pipeline.definitions import defs
from cost_pipeline.orchestration.resources import PostgresDatabase
from cost_pipeline.orchestration.schedules import (
    digest_day,
    morning_digest,
    morning_sweep,
    nightly_baselines,
    waiting_alerts,
)
from cost_pipeline.store import digests, governance
from cost_pipeline.store.database import Database


def _requests(schedule: Any, at: datetime, **resources: Any) -> list[RunRequest]:
    with build_schedule_context(
        scheduled_execution_time=at,
        resources=resources,
        repository_def=defs.get_repository_def(),
    ) as context:
        data = schedule.evaluate_tick(context)
    return list(data.run_requests)


def test_nightly_baselines_fold_yesterday() -> None:
    (request,) = _requests(nightly_baselines, datetime(2026, 3, 10, 0, 20, tzinfo=UTC))
    assert request.partition_key == "2026-03-09"


def test_the_sweep_is_of_today() -> None:
    (request,) = _requests(morning_sweep, datetime(2026, 3, 10, 5, tzinfo=UTC))
    assert request.partition_key == "2026-03-10"


@pytest.mark.parametrize(
    ("zone", "before", "after", "day"),
    [
        ("UTC", "2026-03-10T06:45", "2026-03-10T07:00", "2026-03-09"),
        ("America/Los_Angeles", "2026-03-10T13:45", "2026-03-10T14:00", "2026-03-09"),
        ("Pacific/Auckland", "2026-03-10T17:45", "2026-03-10T18:00", "2026-03-09"),
        ("Europe/Berlin", "2026-03-29T04:45", "2026-03-29T05:00", "2026-03-28"),
    ],
)
def test_the_digest_of_the_last_full_day_is_due_at_seven(
    zone: str, before: str, after: str, day: str
) -> None:
    wanted = date.fromisoformat(day)
    assert digest_day(datetime.fromisoformat(before).replace(tzinfo=UTC), zone) < wanted
    assert digest_day(datetime.fromisoformat(after).replace(tzinfo=UTC), zone) == wanted


def test_the_digest_stays_the_same_until_the_next_morning() -> None:
    days = {
        digest_day(datetime(2026, 3, 10 + (18 + hour) // 24, (18 + hour) % 24, tzinfo=UTC), zone)
        for zone in ("Pacific/Auckland",)
        for hour in range(24)
    }
    assert days == {date(2026, 3, 9)}


def test_a_digest_is_asked_for_until_it_is_written(
    database_resource: PostgresDatabase, database: Database
) -> None:
    at = datetime(2026, 3, 10, 7, 15, tzinfo=UTC)
    (request,) = _requests(morning_digest, at, database=database_resource)
    assert request.run_key == "digest default 2026-03-09"
    assert request.run_config["ops"]["digest"]["config"] == {"mode": "live", "tenant_id": "default"}
    with database.transaction("default") as conn:
        digests.note_written(
            conn, tenant_id="default", period="daily", day=date(2026, 3, 9), path="/x"
        )
    assert _requests(morning_digest, at, database=database_resource) == []


def test_an_alert_that_was_refused_is_tried_again(
    database_resource: PostgresDatabase, database: Database
) -> None:
    at = datetime(2026, 3, 10, 7, 15, tzinfo=UTC)
    assert _requests(waiting_alerts, at, database=database_resource) == []
    with database.transaction("default") as conn:
        conn.execute(
            "INSERT INTO alerts (tenant_id, anomaly_id, revision, channel, severity, hourly_cost,"
            " dedup_key, next_attempt_at) VALUES"
            " ('default', gen_random_uuid(), 1, 'slack', 'high', 9, 'key', %s)",
            [at],
        )
    (request,) = _requests(waiting_alerts, at, database=database_resource)
    assert request.partition_key == "2026-03-10"
    earlier = datetime(2026, 3, 10, 7, 10, tzinfo=UTC)
    assert _requests(waiting_alerts, earlier, database=database_resource) == []
    with database.transaction("default") as conn:
        governance.put(conn, tenant_id="default", key=governance.PANIC, value=True, by="test")
    assert _requests(waiting_alerts, at, database=database_resource) == []
