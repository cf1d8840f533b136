"""LookupEvents: the calls of an account that has no trail at all, as far back as 90 days.

AWS allows two calls a second for each account and region, answers fifty events a call, the
newest first (CloudTrail API Reference, "LookupEvents"). So the past is read in windows, from old
to new; within a window from its end backwards, from where any number of calls may stop and go on.
Events show up late here, by a quarter of an hour or so: each window reaches back over the end
of the one before, and knows which events it has seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.config import Config

from cost_pipeline.aws.errors import AWS_FAILURES, Fault, code_of, fault_of, told
from cost_pipeline.aws.sessions import Access, call_settings, open_session
from cost_pipeline.aws.trails import TrailError, UnlistedTrail

REACH = timedelta(days=90)
"""How far back AWS remembers."""
SECONDS_BETWEEN_CALLS = 0.5
WINDOW = timedelta(days=3)
SETTLED = timedelta(hours=1)
"""After this long no event shows up any more."""
_PAGE = 50
_SECOND = timedelta(seconds=1)
_ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})
_CHANGES_ONLY = [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]


class LookupClient(Protocol):
    """The one call of a boto3 CloudTrail client that this takes."""

    def lookup_events(self, **request: Any) -> Mapping[str, Any]:
        """One page of events, the newest first."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far an account's region is read.

    Before `complete_until` nothing is missing. A window under way ends at `window_end`, and is
    read from there back to `open_to`. `seen` says which events near its edges are known: their
    ids, with their times.
    """

    complete_until: datetime
    window_end: datetime | None = None
    open_to: datetime | None = None
    seen: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """What some calls yielded: records as JSON, and where to go on."""

    records: list[bytes]
    position: Position
    calls: int

    def log_file(self) -> bytes:
        """The records as a log file."""
        return b'{"Records":[' + b",".join(self.records) + b"]}"


class Pace:
    """Lets one call through every half second; shared by all who call one account's region."""

    def __init__(
        self,
        seconds: float = SECONDS_BETWEEN_CALLS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds, self._clock, self._sleep = seconds, clock, sleep
        self._next = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        """Returns when the next call may be made."""
        with self._lock:
            now = self._clock()
            mine = max(now, self._next)
            self._next = mine + self._seconds
        if mine > now:
            self._sleep(mine - now)


def read_slice(
    client: LookupClient, position: Position, now: datetime, *, most_calls: int, pace: Pace
) -> Slice:
    """Reads on from a position, with about `most_calls` calls.

    Only calls that change something are asked for: AWS filters by one attribute.

    Raises:
        TrailError: AWS refuses; what was read is read again next time.
    """
    records: list[bytes] = []
    calls = 0
    while calls < most_calls and (position.window_end or position.complete_until) < now - _SECOND:
        position = _begun(position, now)
        pages = _pages(client, _from(position, now), position.open_to, pace)
        for events, more in pages:
            calls += 1
            position = _taken(position, events, records, now)
            if not more:
                position = _completed(position, now)
                break
            if calls >= most_calls and _moved(position, events):
                break
    return Slice(records, position, calls)


def _begun(position: Position, now: datetime) -> Position:
    if position.window_end is not None:
        return position
    start = max(position.complete_until, now - REACH)
    end = min(start + WINDOW, now).replace(microsecond=0)
    return replace(position, complete_until=start, window_end=end, open_to=end)


def _from(position: Position, now: datetime) -> datetime:
    settled = position.complete_until < now - 2 * SETTLED
    return max(position.complete_until - (timedelta(0) if settled else SETTLED), now - REACH)


def _taken(
    position: Position, events: list[Mapping[str, Any]], records: list[bytes], now: datetime
) -> Position:
    """Takes the events that are not known yet, and moves back to the oldest."""
    known = dict(position.seen)
    for event in events:
        event_id, at = str(event["EventId"]), event["EventTime"].astimezone(UTC)
        if event_id not in known:
            records.append(str(event["CloudTrailEvent"]).encode())
            known[event_id] = at
    oldest = min((e["EventTime"].astimezone(UTC) for e in events), default=position.open_to)
    return _remembering(replace(position, open_to=oldest), known, now)


def _remembering(position: Position, known: Mapping[str, datetime], now: datetime) -> Position:
    """Keeps the ids that may be answered again: at the edges of this window and of the next."""
    end, open_to = position.window_end or now, position.open_to or now
    next_from = end - (SETTLED if end > now - 2 * SETTLED else _SECOND)
    kept = tuple(
        (event_id, at)
        for event_id, at in known.items()
        if at >= next_from or at <= position.complete_until or abs(at - open_to) <= _SECOND
    )
    return replace(position, seen=kept)


def _completed(position: Position, now: datetime) -> Position:
    end = position.window_end or now
    next_from = end - (SETTLED if end > now - 2 * SETTLED else _SECOND)
    kept = tuple((event_id, at) for event_id, at in position.seen if at >= next_from)
    return Position(end, seen=kept)


def _moved(position: Position, events: list[Mapping[str, Any]]) -> bool:
    """Whether the page spans more than one second, so that going on from its end gets further."""
    times = [event["EventTime"].astimezone(UTC) for event in events]
    return len({at.replace(microsecond=0) for at in times}) > 1


def _pages(
    client: LookupClient, since: datetime, until: datetime | None, pace: Pace
) -> Iterator[tuple[list[Mapping[str, Any]], bool]]:
    request: dict[str, Any] = {
        "StartTime": since,
        "EndTime": until,
        "MaxResults": _PAGE,
        "LookupAttributes": _CHANGES_ONLY,
    }
    while True:
        pace.wait()
        try:
            answer = client.lookup_events(**request)
        except AWS_FAILURES as error:
            fault = fault_of(error)
            sentence = told(error, fault, _MENDING)
            raise TrailError(f"LookupEvents failed: {sentence}", fault, code_of(error)) from error
        token = answer.get("NextToken")
        yield list(answer.get("Events", [])), bool(token)
        request["NextToken"] = token


_MENDING: dict[Fault, str] = {
    "denied": "access was denied ({code}). Allow cloudtrail:LookupEvents on *.",
    "credentials": "AWS does not accept the credentials ({code}). Sign in again, renew the keys, "
    "or check the role and its external id.",
    "unreachable": "the endpoint does not answer ({code}). Check the address and the network.",
    "throttled": "AWS asks to slow down ({code}): somebody else looks up events of this account "
    "too. It will be tried again.",
}


class LookupTrail(UnlistedTrail):
    """`lookup://<account>/<region>[,<region>…]`: nothing to list; what is read is archived."""

    def __init__(
        self, url: str, *, access: Access | None = None, endpoint_url: str | None = None
    ) -> None:
        super().__init__()
        parts = urlsplit(url)
        self.url = url
        self.account_id = parts.netloc
        self.regions = [name for name in parts.path.strip("/").split(",") if name]
        self._access, self._endpoint = access or Access(), endpoint_url
        if len(self.account_id) != 12 or not self.account_id.isdecimal() or not self.regions:
            raise TrailError(
                f"{url} names no account and regions: write "
                "lookup://111122223333/eu-west-1,us-east-1.",
                "invalid",
            )
        self.paces = {region: Pace() for region in self.regions}

    def client(self, region: str) -> LookupClient:
        """Calls one region; boto3's own retries would break the pace."""
        settings = call_settings().merge(_ONE_ATTEMPT)
        client: LookupClient = open_session(self._access).client(
            "cloudtrail", region_name=region, endpoint_url=self._endpoint, config=settings
        )
        return client

    def read(self, key: str) -> bytes:
        """There are no files here."""
        raise TrailError(f"{self.url} has no files; the archive has.", "gone")
