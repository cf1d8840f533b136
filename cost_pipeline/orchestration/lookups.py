"""Accounts without a trail: a slice of LookupEvents every minute."""

from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic

from dagster import DefaultSensorStatus, SensorEvaluationContext, SkipReason, sensor

from cost_pipeline.aws.lookup_events import LookupTrail
from cost_pipeline.aws.trails import TrailError
from cost_pipeline.intake.archiving import Archiving
from cost_pipeline.intake.lookups import LookedUp, advance
from cost_pipeline.orchestration.outbound import TRAIL_LIMITS, BreakerOpenError, breaker
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader, settings
from cost_pipeline.store import governance, objects
from cost_pipeline.store.database import Database
from cost_pipeline.store.objects import Trail

_MOST_SECONDS = 30.0
"""After this no further account is begun: the daemon gives a tick a minute."""


@sensor(minimum_interval_seconds=60, default_status=DefaultSensorStatus.RUNNING)
def lookup_sensor(
    context: SensorEvaluationContext, database: PostgresDatabase, trails: TrailReader
) -> SkipReason:
    """Reads on in every `lookup://` trail; what is new is archived, and read like any file."""
    db, begun = database.open(), monotonic()
    archiving, found = Archiving(db, settings()), 0
    for tenant_id, trail in _known(db):
        if monotonic() - begun > _MOST_SECONDS:
            break
        error: str | None = None
        try:
            with breaker(db, tenant_id, f"trail-{trail.trail_id}", TRAIL_LIMITS):
                done = _advance(db, archiving, trails, tenant_id, trail)
            context.log.info("%s %s", trail.url, "; ".join(map(str, done)))
            found += sum(one.records for one in done)
        except BreakerOpenError as resting:
            context.log.info("%s: %s", trail.url, resting)
            continue
        except TrailError as problem:
            error = str(problem)
            context.log.error("%s: %s", trail.url, error)
        with db.transaction(tenant_id) as conn:
            objects.note_listing(conn, tenant_id=tenant_id, trail_id=trail.trail_id, error=error)
    return SkipReason(f"{found} events looked up; the trail sensor starts what reads them.")


def _advance(
    db: Database, archiving: Archiving, trails: TrailReader, tenant_id: str, trail: Trail
) -> list[LookedUp]:
    source = trails.kept(trail)
    if not isinstance(source, LookupTrail):
        raise TypeError(f"{trail.url} is opened as something else")
    return advance(db, archiving, tenant_id, trail.trail_id, source, datetime.now(UTC))


def _known(db: Database) -> Iterator[tuple[str, Trail]]:
    """The accounts to look up, those first that were asked the longest ago; none in panic."""
    for tenant in db.tenants():
        tenant_id = tenant["tenant_id"]
        with db.transaction(tenant_id) as conn:
            if governance.panicking(conn, tenant_id=tenant_id):
                continue
            known = objects.trails(conn, tenant_id=tenant_id, longest_unlisted_first=True)
        yield from ((tenant_id, trail) for trail in known if trail.url.startswith("lookup://"))
