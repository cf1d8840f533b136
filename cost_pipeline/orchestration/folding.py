"""A day folded: its anomalies found, what trained left in, the state at its end kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from cost_pipeline.core.detection_model import DayResult, DetectionSettings, DetectorState
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.settings import Settings
from cost_pipeline.store import activity, baselines, detection
from cost_pipeline.store.database import Database
from cost_pipeline.store.locks import lock_folding

_ONE_DAY = timedelta(days=1)
_FARTHEST_BACK = timedelta(days=60)


def detection_settings(settings: Settings) -> DetectionSettings:
    """The thresholds as the environment sets them."""
    return DetectionSettings(min_monthly_cost=settings.min_monthly_cost)


def detect(
    conn: psycopg.Connection[Any], tenant_id: str, day: date, thresholds: DetectionSettings
) -> DayResult:
    """What the day comes to, from its events and from what was known the day before."""
    before = day - _ONE_DAY
    found = detection.load_state(conn, tenant_id=tenant_id, as_of=before)
    return detect_day(
        detection.day_events(conn, tenant_id=tenant_id, day=day),
        baselines.load(conn, tenant_id=tenant_id, as_of=before),
        found[0] if found else DetectorState(),
        thresholds,
        detection.decisions(conn, tenant_id=tenant_id),
        day,
        tenant_id=tenant_id,
        refused=detection.refused_calls(conn, tenant_id=tenant_id, day=day),
    )


def fold(
    conn: psycopg.Connection[Any], tenant_id: str, day: date, thresholds: DetectionSettings
) -> int:
    """Makes the baselines and the detector's state as of the end of `day`; how many baselines."""
    lock_folding(conn, tenant_id)
    activity.rebuild(conn, tenant_id=tenant_id, day=day)
    result = detect(conn, tenant_id, day, thresholds)
    activity.rebuild_trained(conn, tenant_id=tenant_id, day=day, excluded=result.excluded_event_ids)
    count = baselines.rebuild(conn, tenant_id=tenant_id, day=day)
    detection.save_state(
        conn,
        tenant_id=tenant_id,
        as_of=day,
        state=result.state,
        settings_version=thresholds.version,
    )
    return count


def score(
    database: Database,
    tenant_id: str,
    day: date,
    thresholds: DetectionSettings,
    *,
    backfilled: bool,
) -> DayResult:
    """Puts the day's anomalies in place of those it had."""
    with database.transaction(tenant_id) as conn:
        lock_folding(conn, tenant_id)
        result = detect(conn, tenant_id, day, thresholds)
        detection.replace_anomalies(
            conn,
            tenant_id=tenant_id,
            day=day,
            result=result,
            backfilled=backfilled,
            now=datetime.now(UTC),
        )
    return result


def ensure_folded(
    database: Database, tenant_id: str, until: date, thresholds: DetectionSettings
) -> list[date]:
    """Folds the days up to `until` that have not been, or that got files since; returns them."""
    with database.transaction(tenant_id) as conn:
        stale = detection.stale_days(
            conn,
            tenant_id=tenant_id,
            since=until - _FARTHEST_BACK,
            until=until,
            settings_version=thresholds.version,
        )
    if not stale:
        return []
    days = [stale[0] + n * _ONE_DAY for n in range((until - stale[0]).days + 1)]
    for day in days:
        with database.transaction(tenant_id) as conn:
            fold(conn, tenant_id, day, thresholds)
    return days
