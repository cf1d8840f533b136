"""Where an agent reads: a folder or bucket, a queue, or LookupEvents; into the spool.

Each takes until the spool is full, and lets go of its place only once what it read is on disk.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any

from cost_pipeline.agent.spool import Spool
from cost_pipeline.agent.state import State
from cost_pipeline.aws.lookup_events import REACH, LookupTrail, Position, read_slice
from cost_pipeline.aws.notices import NotANoticeError, noticed
from cost_pipeline.aws.queue_trail import Message, Queue, QueueTrail, log_files, open_queue
from cost_pipeline.aws.sessions import Access
from cost_pipeline.aws.trails import TrailError, TrailSource, days_of_look_back, open_trail

_MESSAGES = 100
_CALLS_A_SLICE = 20
_MARGIN = timedelta(days=2)


class Source(ABC):
    """Something to take log files from."""

    calls_aws = True

    @abstractmethod
    def take(self, spool: Spool, now: datetime) -> int:
        """Puts what is new into the spool; returns how many files.

        Raises:
            SpoolFullError: there is more, but no room.
            TrailError: the source cannot be read.
        """


class Files(Source):
    """A folder or a bucket in CloudTrail's layout, of which the last days are listed."""

    def __init__(self, trail: TrailSource, state: State, look_back: timedelta) -> None:
        self._trail, self._state, self._look_back = trail, state, look_back
        self.calls_aws = trail.url.startswith("s3://")

    def take(self, spool: Spool, now: datetime) -> int:
        """Takes the files that were not taken yet, in the order of their keys.

        One that cannot be read does not stop the others: it is told once they are taken.
        """
        self._trail.places(refresh=True)
        taken = 0
        problem: TrailError | None = None
        for day in days_of_look_back(now, self._look_back):
            for file in self._state.not_taken(self._trail.list_day(day)):
                try:
                    content = self._trail.read(file.key)
                except TrailError as error:
                    if error.concerns_all:
                        raise
                    problem = problem or (error if error.fault != "gone" else None)
                    continue
                spool.put(content, file.key)
                self._state.take(file)
                taken += 1
        self._state.forget_before((now - self._look_back - _MARGIN).date())
        if problem is not None:
            raise problem
        return taken


class Notices(Source):
    """A queue of notices; a message goes once its files are in the spool."""

    def __init__(self, queue: Queue, trail: QueueTrail) -> None:
        self._queue, self._trail = queue, trail

    def take(self, spool: Spool, now: datetime) -> int:
        """Takes the files of up to a hundred messages.

        A message whose file cannot be read comes again later, and does not stop the others.
        """
        taken = 0
        problem: TrailError | None = None
        for message in self._queue.receive(_MESSAGES):
            try:
                taken += self._take(spool, message)
            except TrailError as error:
                if error.concerns_all:
                    raise
                problem = problem or error
                continue
            self._queue.delete([message])
        if problem is not None:
            raise problem
        return taken

    def _take(self, spool: Spool, message: Message) -> int:
        try:
            files = list(log_files(noticed(message.body), self._trail.info))
        except (NotANoticeError, ValueError) as error:
            spool.set_aside(message.message_id, f"{error}\n\n{message.body}")
            return 0
        for file in files:
            try:
                content = self._trail.read(file.key)
            except TrailError as error:
                if error.fault != "gone":
                    raise
                spool.set_aside(message.message_id, f"{error}\n\n{message.body}")
                continue
            spool.put(content, file.key)
        return len(files)


class Lookups(Source):
    """LookupEvents of one account's regions."""

    def __init__(self, trail: LookupTrail, state: State) -> None:
        self._trail, self._state = trail, state

    def take(self, spool: Spool, now: datetime) -> int:
        """Takes one slice of every region."""
        return sum(self._slice(spool, region, now) for region in self._trail.regions)

    def _slice(self, spool: Spool, region: str, now: datetime) -> int:
        name = f"lookup {self._trail.account_id} {region}"
        kept = self._state.position(name)
        position = _position(kept) if kept else Position(now - REACH)
        found = read_slice(
            self._trail.client(region),
            position,
            now,
            most_calls=_CALLS_A_SLICE,
            pace=self._trail.paces[region],
        )
        if found.records:
            spool.put(found.log_file())
        self._state.keep_position(name, _kept(found.position))
        return int(bool(found.records))


def _kept(position: Position) -> dict[str, Any]:
    return {
        "complete_until": position.complete_until.isoformat(),
        "window_end": position.window_end and position.window_end.isoformat(),
        "open_to": position.open_to and position.open_to.isoformat(),
        "seen": [[event_id, at.isoformat()] for event_id, at in position.seen],
    }


def _position(kept: dict[str, Any]) -> Position:
    def time(name: str) -> datetime | None:
        return datetime.fromisoformat(kept[name]) if kept[name] else None

    seen = tuple((event_id, datetime.fromisoformat(at)) for event_id, at in kept["seen"])
    until = datetime.fromisoformat(kept["complete_until"])
    return Position(until, time("window_end"), time("open_to"), seen)


def open_source(
    url: str,
    state: State,
    *,
    access: Access,
    endpoint_url: str | None = None,
    look_back: timedelta,
) -> Source:
    """What an address names.

    Raises:
        TrailError: it names nothing that can be read.
    """
    if url.startswith("lookup://"):
        return Lookups(LookupTrail(url, access=access, endpoint_url=endpoint_url), state)
    trail = open_trail(url, endpoint_url, access.region, access=access)
    if isinstance(trail, QueueTrail):
        queue = open_queue(url, endpoint_url=endpoint_url, region=access.region, access=access)
        return Notices(queue, trail)
    return Files(trail, state, look_back)
