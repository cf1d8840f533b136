"""A day folded: its anomalies found, what trained left in, the state at its end kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from cost_pipeline.core.detection_model import DayResult, DetectionSettings, DetectorState
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.orchestration import judged
from cost_pipeline.orchestration.judged import Circumstances, circumstances
from cost_pipeline.settings import Settings
from cost_pipeline.store import (
    activity,
    baselines,
    detection,
    event_columns,
    findings,
)
from cost_pipeline.store import (
    thresholds as tenant_thresholds,
)
from cost_pipeline.store.database import Database
from cost_pipeline.store.locks import lock_folding

_ONE_DAY = timedelta(days=1)
_FARTHEST_BACK = timedelta(days=60)


def detection_settings(database: Database, tenant_id: str, settings: Settings) -> DetectionSettings:
    """The thresholds as the tenant has set them, else the environment, else the defaults."""
    with database.transaction(tenant_id) as conn:
        return tenant_thresholds.load(
            conn,
            tenant_id=tenant_id,
            defaults=DetectionSettings(min_monthly_cost=settings.min_monthly_cost),
        )


def detect(
    conn: psycopg.Connection[Any], tenant_id: str, day: date, around: Circumstances
) -> DayResult:
    """What the day comes to, from its events and from what was known the day before."""
    before = day - _ONE_DAY
    found = detection.load_state(conn, tenant_id=tenant_id, as_of=before)
    return detect_day(
        event_columns.load(conn, tenant_id=tenant_id, day=day),
        baselines.load(conn, tenant_id=tenant_id, as_of=before),
        found[0] if found else DetectorState(),
        around.thresholds,
        around.decisions,
        day,
        tenant_id=tenant_id,
        refused=around.refused,
        expected=around.expected,
    )


def fold(
    conn: psycopg.Connection[Any], tenant_id: str, day: date, thresholds: DetectionSettings
) -> int:
    """Makes the baselines and the detector's state as of the end of `day`; how many baselines."""
    lock_folding(conn, tenant_id)
    activity.rebuild(conn, tenant_id=tenant_id, day=day)
    around = circumstances(conn, tenant_id, day, thresholds)
    result = detect(conn, tenant_id, day, around)
    activity.rebuild_trained(conn, tenant_id=tenant_id, day=day, excluded=result.excluded_event_ids)
    count = baselines.rebuild(conn, tenant_id=tenant_id, day=day)
    folded_at = detection.save_state(
        conn,
        tenant_id=tenant_id,
        as_of=day,
        state=result.state,
        settings_version=thresholds.version,
    )
    judged.keep(tenant_id, day, folded_at, around, result)
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
        around = circumstances(conn, tenant_id, day, thresholds)
        result = judged.take(conn, tenant_id, day, around) or detect(conn, tenant_id, day, around)
        findings.replace(
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
    """Folds the days up to `until` that have not been, or that changed since; returns them."""
    with database.transaction(tenant_id) as conn:
        stale = detection.stale_days(
            conn,
            tenant_id=tenant_id,
            since=until - _FARTHEST_BACK,
            until=until,
        )
    if not stale:
        return []
    days = [stale[0] + n * _ONE_DAY for n in range((until - stale[0]).days + 1)]
    for day in days:
        with database.transaction(tenant_id) as conn:
            fold(conn, tenant_id, day, thresholds)
    return days


def score_live(
    database: Database, tenant_id: str, day: date, thresholds: DetectionSettings
) -> list[DayResult]:
    """Scores a day that got files, and every other day whose anomalies follow from it.

    Those are earlier days that the files have changed (a start that came late tells what an
    earlier stop was worth), and later ones where a file came late for this day. So in the end
    the rows are those of a backfill.
    """
    changed = ensure_folded(database, tenant_id, day - _ONE_DAY, thresholds)
    with database.transaction(tenant_id) as conn:
        later = detection.scored_after(conn, tenant_id=tenant_id, day=day)
        earlier = detection.scored_among(conn, tenant_id=tenant_id, days=changed)
    results = []
    for one in (*earlier, day, *later):
        ensure_folded(database, tenant_id, one - _ONE_DAY, thresholds)
        results.append(score(database, tenant_id, one, thresholds, backfilled=False))
    return results
