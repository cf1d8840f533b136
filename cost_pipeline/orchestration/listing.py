"""What a tick of the sensor asks of each trail: a folder for all of it, a bucket by turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from cost_pipeline.aws.notices import Noticed
from cost_pipeline.aws.queue_trail import QueueTrail, beside_bucket
from cost_pipeline.aws.s3_trail import S3Trail
from cost_pipeline.aws.trails import ObjectInfo, TrailError
from cost_pipeline.intake.draining import drain
from cost_pipeline.intake.rotation import Rotation
from cost_pipeline.orchestration.outbound import TRAIL_LIMITS, BreakerOpenError, breaker
from cost_pipeline.store import objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from cost_pipeline.orchestration.resources import TrailReader
    from cost_pipeline.store.database import Database
    from cost_pipeline.store.objects import Trail

_FEWEST_CALLS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What one trail gave: new files, LIST calls, and a sentence for the log."""

    new_files: int
    calls: int
    sentence: str
    failed: bool = False


@dataclass(slots=True)
class Listing:
    """One tick over all trails of all tenants, within one number of LIST calls.

    Args:
        db: the database.
        trails: opens trails, and keeps them open from tick to tick.
        now: the time of the tick.
        look_back: how long after its day a file may still arrive.
        calls_left: how many LIST calls the tick may still make.
    """

    db: Database
    trails: TrailReader
    now: datetime
    look_back: timedelta
    calls_left: int

    def tick(self, known: Sequence[tuple[str, Trail]], told: Callable[[Found], None]) -> int:
        """Asks every trail in the order given; returns how many files are new.

        Buckets share the calls, but get at least five each: where that is too little for all of
        them, give those first that were listed the longest ago. Where one cannot be listed the
        reason is kept, and the others go on.
        """
        buckets = sum(trail.url.startswith("s3://") for _, trail in known)
        new_files = 0
        for tenant_id, trail in known:
            if trail.url.startswith("lookup://"):
                continue  # that is slow, and has a sensor of its own
            if trail.url.startswith("s3://"):
                if self.calls_left <= 0:
                    continue
                share = max(_FEWEST_CALLS, self.calls_left // max(buckets, 1))
                buckets -= 1
            else:
                share = 0
            found = self._ask(tenant_id, trail, share)
            self.calls_left -= found.calls
            new_files += found.new_files
            told(found)
        return new_files

    def _ask(self, tenant_id: str, trail: Trail, share: int) -> Found:
        error: str | None = None
        try:
            with breaker(self.db, tenant_id, f"trail-{trail.trail_id}", TRAIL_LIMITS):
                found = self._list(tenant_id, trail, share)
        except BreakerOpenError as resting:
            return Found(0, 0, f"{trail.url}: {resting}")
        except TrailError as problem:
            error = str(problem)
            if problem.fault == "credentials":  # renewed ones are only seen by who looks again
                self.trails.forget(trail)
            found = Found(0, 1 if share else 0, f"{trail.url}: {error}", failed=True)
        with self.db.transaction(tenant_id) as conn:
            objects.note_listing(conn, tenant_id=tenant_id, trail_id=trail.trail_id, error=error)
        return found

    def _list(self, tenant_id: str, trail: Trail, share: int) -> Found:
        source = self.trails.kept(trail)
        if isinstance(source, QueueTrail):
            return self._drain(tenant_id, trail, trail.url, source.info)
        if isinstance(source, S3Trail):
            told = Found(0, 0, "")
            if trail.queue_url is not None:
                info = partial(beside_bucket, trail.url)
                told = self._drain(tenant_id, trail, trail.queue_url, info)
            rotation = Rotation(
                self.db,
                tenant_id,
                trail.trail_id,
                source,
                self.look_back,
                beside_queue=trail.queue_url is not None,
            )
            done = rotation.tick(self.now, share)
            sentence = f"{told.sentence} {trail.url}: {done}".strip()
            return Found(told.new_files + done.new_files, done.calls, sentence)
        source.places(refresh=True)
        files = source.list_recent(self.now, self.look_back)
        with self.db.transaction(tenant_id) as conn:
            new = objects.register(
                conn, tenant_id=tenant_id, trail_id=trail.trail_id, objects=files
            )
        return Found(new, 0, f"{trail.url}: {new} new files")

    def _drain(
        self,
        tenant_id: str,
        trail: Trail,
        queue_url: str,
        info: Callable[[Noticed], ObjectInfo | None],
    ) -> Found:
        queue = self.trails.queue(trail, queue_url)
        done = drain(self.db, tenant_id, trail.trail_id, queue, info)
        return Found(done.new_files, 0, f"{queue_url}: {done}")
