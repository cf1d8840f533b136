"""One tick over a bucket: hot places every time, the others in turn, and never too many calls.

A *round* lists a place from the first day that may still get files, page by page, over as many
ticks as it takes. A file that arrives during a round is behind its beginning, so the next round
reaches back to where this one began, less the look-back: whatever its key, no file is missed,
however long a round takes and however long nobody looked. Hot places are listed besides, from
the last three quarters of an hour on: that makes it fast and decides nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from cost_pipeline.aws.trail_layout import AccountFiles, Place
from cost_pipeline.store import objects, places
from cost_pipeline.store.places import Progress, Remembered

if TYPE_CHECKING:
    from psycopg import Connection

    from cost_pipeline.aws.s3_trail import Page, S3Trail
    from cost_pipeline.aws.trails import ObjectInfo
    from cost_pipeline.store.database import Database

ACCOUNTS_EVERY = timedelta(minutes=1)
REGIONS_EVERY = timedelta(minutes=5)
ROUND_EVERY = timedelta(minutes=5)
ROUND_EVERY_BESIDE_QUEUE = timedelta(hours=1)
_HOT_REACH = timedelta(minutes=45)
_TURNS_SHARE = 5


@dataclass(slots=True)
class Tick:
    """What one tick over one bucket did."""

    calls: int = 0
    new_files: int = 0
    new_places: int = 0
    hot: int = 0
    rounds: int = 0

    def __str__(self) -> str:
        return (
            f"{self.calls} LIST calls: {self.hot} hot places, {self.rounds} rounds, "
            f"{self.new_places} new places; {self.new_files} new files"
        )


class _TrailKey(TypedDict):
    tenant_id: str
    trail_id: int


@dataclass(slots=True)
class _Job:
    """A place that this tick lists: from where on, and since when if it is a round."""

    place: Remembered
    after: str
    round_started_at: datetime | None = None
    asked: bool = False
    finished: bool = False
    newest: datetime | None = None

    @property
    def listed(self) -> Place:
        return _place(self.place)

    def take(self, page: Page) -> None:
        """Goes on behind a page."""
        self.asked, self.after, self.finished = True, page.last, not page.more
        times = [file.last_modified for file in page.files if file.last_modified]
        self.newest = max([*times, self.newest] if self.newest else times, default=None)

    def progress(self) -> Progress:
        """How far the place is read now; a hot listing decides nothing about that."""
        known = self.place
        state = (known.complete_until, known.round_started_at, known.round_after)
        if self.round_started_at is not None:
            state = (known.complete_until, self.round_started_at, self.after)
            if self.finished:
                state = (self.round_started_at, None, None)
        return Progress(known.prefix, *state, self.newest)


@dataclass(slots=True)
class Rotation:
    """Ticks over the places of one bucket.

    Args:
        db: where places are remembered and files registered.
        tenant_id: whose trail it is.
        trail_id: its number.
        source: the bucket.
        look_back: how long after its day a file may still arrive.
        beside_queue: a queue tells of new files, so that rounds are a safety net only.
    """

    db: Database
    tenant_id: str
    trail_id: int
    source: S3Trail
    look_back: timedelta
    beside_queue: bool = False
    _tick: Tick = field(default_factory=Tick)

    def tick(self, now: datetime, budget: int) -> Tick:
        """Lists within `budget` calls and registers what is new.

        Raises:
            TrailError: the bucket cannot be listed; nothing of the tick is remembered.
        """
        self._tick, before = Tick(), self.source.calls
        try:
            self._discover(now, max(1, budget // _TURNS_SHARE))
            self._list(now, max(1, budget - (self.source.calls - before)))
        finally:
            self._tick.calls = self.source.calls - before
            with self.db.transaction(self.tenant_id) as conn:
                places.note_calls(conn, **self._trail, now=now, calls=self._tick.calls)
        return self._tick

    @property
    def _trail(self) -> _TrailKey:
        return {"tenant_id": self.tenant_id, "trail_id": self.trail_id}

    def _discover(self, now: datetime, most: int) -> None:
        """New accounts once a minute, new regions of each account in turn."""
        with self.db.transaction(self.tenant_id) as conn:
            last = places.accounts_listed_at(conn, **self._trail)
        if last is None or now - last >= ACCOUNTS_EVERY:
            found = self.source.accounts()
            with self.db.transaction(self.tenant_id) as conn:
                places.remember_accounts(conn, **self._trail, accounts=found, now=now)
        with self.db.transaction(self.tenant_id) as conn:
            due = places.accounts_due(conn, **self._trail, before=now - REGIONS_EVERY, limit=most)
        if due:
            self._find_regions(due, now)

    def _find_regions(self, due: Sequence[dict[str, Any]], now: datetime) -> None:
        asked = [AccountFiles(row["account_id"], row["prefix"], row["region"]) for row in due]
        answers = zip(due, self.source.regions(asked), strict=True)
        found = [(place, row["nothing_before"]) for row, regions in answers for place in regions]
        prefixes = [account.prefix for account in asked]
        with self.db.transaction(self.tenant_id) as conn:
            self._tick.new_places = places.remember_regions(
                conn, **self._trail, accounts=prefixes, places=found, now=now
            )

    def _list(self, now: datetime, budget: int) -> None:
        jobs = self._jobs(now, budget)
        files: list[ObjectInfo] = []
        waiting = deque(jobs)
        while budget > 0 and waiting:
            wave = [waiting.popleft() for _ in range(min(budget, len(waiting)))]
            budget -= len(wave)
            pages = self.source.pages([(job.listed, job.after) for job in wave])
            for job, page in zip(wave, pages, strict=True):
                job.take(page)
                files.extend(page.files)
                if page.more:
                    waiting.append(job)
        with self.db.transaction(self.tenant_id) as conn:
            self._tick.new_files = objects.register(conn, **self._trail, objects=files)
            progress = [job.progress() for job in jobs if job.asked]
            places.note_progress(conn, **self._trail, now=now, progress=progress)

    def _jobs(self, now: datetime, budget: int) -> list[_Job]:
        """Rounds in turn take a share that hot places never take from them, and what is left."""
        every = ROUND_EVERY_BESIDE_QUEUE if self.beside_queue else ROUND_EVERY
        with self.db.transaction(self.tenant_id) as conn:
            due = places.rounds_due(conn, **self._trail, before=now - every, limit=budget)
            hot = [] if self.beside_queue else self._hot(conn, now, budget)
        sure = due[: max(1, budget // _TURNS_SHARE)]
        taken = {place.prefix for place in sure}
        warm = [place for place in hot if place.prefix not in taken][: budget - len(sure)]
        taken |= {place.prefix for place in warm}
        more = [place for place in due if place.prefix not in taken]
        rounds = [*sure, *more[: budget - len(taken)]]
        self._tick.hot, self._tick.rounds = len(warm), len(rounds)
        return [
            *(self._round(place, now) for place in sure),
            *(_Job(place, _place(place).key_at(now - _HOT_REACH)) for place in warm),
            *(self._round(place, now) for place in rounds[len(sure) :]),
        ]

    def _hot(self, conn: Connection[Any], now: datetime, budget: int) -> list[Remembered]:
        return places.hot_places(conn, **self._trail, now=now, limit=budget)

    def _round(self, place: Remembered, now: datetime) -> _Job:
        first = (place.complete_until - self.look_back).date()
        after = place.round_after or _place(place).day_prefix(first)
        return _Job(place, after, round_started_at=place.round_started_at or now)


def _place(remembered: Remembered) -> Place:
    return Place(remembered.account_id, remembered.region, remembered.prefix)
