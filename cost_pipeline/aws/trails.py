"""A trail's log files, wherever they lie: an S3 bucket (or what speaks its protocol) or a folder.

`open_trail` gives a `TrailSource`: which accounts and regions there are, which files a day
has, and their bytes. A listing never goes beyond the days asked for.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cost_pipeline.aws.errors import AwsError
from cost_pipeline.aws.trail_layout import Place, TooBroadError, days_between, discover

if TYPE_CHECKING:
    from cost_pipeline.aws.sessions import Access

DISCOVERY_SECONDS = 900.0
LISTING_THREADS = 8


class TrailError(AwsError):
    """A trail that cannot be listed or read; the sentence says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """A log file as it is listed, or as a queue tells of it.

    `key` is what `read` takes; `day` is the day in the key. Listings always say etag and time.
    """

    key: str
    etag: str | None
    size: int
    last_modified: datetime | None
    account_id: str
    region: str
    day: date


class TrailSource(ABC):
    """A trail's files. Listing is parallel over (account, region); order is by place, then key."""

    url: str

    def __init__(
        self, *, threads: int = LISTING_THREADS, discovery_seconds: float = DISCOVERY_SECONDS
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="trail")
        self._discovery_seconds = discovery_seconds
        self._discovered: tuple[float, list[Place]] | None = None

    def places(self, *, refresh: bool = False) -> list[Place]:
        """The accounts and regions that have files, remembered for `discovery_seconds`."""
        now = time.monotonic()
        known = self._discovered
        if known is None or refresh or now - known[0] > self._discovery_seconds:
            known = (now, self._discover())
            if known[1]:
                self._discovered = known
        return known[1]

    def _discover(self) -> list[Place]:
        with self._told_if_too_broad():
            return discover(self._start, self._children, self._pool)

    @contextmanager
    def _told_if_too_broad(self) -> Iterator[None]:
        try:
            yield
        except TooBroadError as error:
            raise TrailError(
                f"{self.url} holds too much else to look for AWSLogs in all of it: add the "
                "trail's prefix to the address, as in s3://bucket/prefix.",
                "invalid",
            ) from error

    def list_day(
        self,
        day: date,
        *,
        places: Iterable[Place] | None = None,
        start_after: Mapping[Place, str] | None = None,
    ) -> Iterator[ObjectInfo]:
        """The log files of a day, of all places or of those given.

        `start_after` saves work where a caller knows that earlier keys are of no interest.
        """
        yield from self.list_days([day], places=places, start_after=start_after)

    def list_days(
        self,
        days: Iterable[date],
        *,
        places: Iterable[Place] | None = None,
        start_after: Mapping[Place, str] | None = None,
    ) -> Iterator[ObjectInfo]:
        """The log files of several days, day by day."""
        wanted = self.places() if places is None else list(places)
        after = start_after or {}
        tasks = [(place, day, after.get(place)) for day in days for place in wanted]
        for found in self._pool.map(lambda task: self._list(*task), tasks):
            yield from found

    def list_recent(
        self, now: datetime, look_back: timedelta = timedelta(hours=48)
    ) -> Iterator[ObjectInfo]:
        """Whole days back to the one that `look_back` reaches, and tomorrow's for early clocks."""
        return self.list_days(days_of_look_back(now, look_back))

    def days(self, *, since: date | None = None) -> list[date]:
        """The days that have files, in order, without listing the files themselves."""
        found = self._pool.map(lambda place: self._days_of(place, since), self.places())
        return sorted({day for days in found for day in days})

    def _days_of(self, place: Place, since: date | None) -> set[date]:
        floor = since or date.min
        days: set[date] = set()
        for year in self._numbers(place.prefix, 4):
            if int(year) < floor.year:
                continue
            for month in self._numbers(f"{place.prefix}{year}/", 2):
                if (int(year), int(month)) >= (floor.year, floor.month):
                    numbers = self._numbers(f"{place.prefix}{year}/{month}/", 2)
                    days.update(_dates(year, month, numbers))
        return {day for day in days if day >= floor}

    def _numbers(self, prefix: str, digits: int) -> list[str]:
        return [n for n in self._children(prefix) if len(n) == digits and n.isdecimal()]

    def digest_prefixes(self) -> list[tuple[str, str]]:
        """Where CloudTrail's digests lie: region and prefix, which ends just before the year."""
        beside = {place.prefix.rpartition("CloudTrail/")[0] for place in self.places()}
        prefixes = [f"{base}CloudTrail-Digest/" for base in sorted(beside)]
        found = zip(prefixes, self._pool.map(self._children, prefixes), strict=True)
        return [(region, f"{prefix}{region}/") for prefix, names in found for region in names]

    def keys(self, prefix: str) -> list[str]:
        """The keys of all that lies right under a prefix, whatever it is."""
        return []

    def read_signed(self, key: str) -> tuple[bytes, str | None]:
        """The bytes of a digest file, and the signature kept beside it; raises as `read`."""
        return self.read(key), None

    def close(self) -> None:
        """Let go of threads; listings still running end first."""
        self._pool.shutdown(wait=True)

    @property
    @abstractmethod
    def _start(self) -> str:
        """The prefix that the address names: empty, or ending in a slash."""

    @abstractmethod
    def _children(self, prefix: str) -> list[str]:
        """Names of what lies one level under `prefix` and has something under it."""

    @abstractmethod
    def _list(self, place: Place, day: date, start_after: str | None) -> list[ObjectInfo]:
        """The log files of one place and day, in the order of their keys."""

    @abstractmethod
    def read(self, key: str) -> bytes:
        """The bytes of a log file. Raises `TrailError`, with fault `gone` if it no longer is."""


class UnlistedTrail(TrailSource):
    """A trail of which nothing can be listed: its files are told of, or made here."""

    @property
    def _start(self) -> str:
        return ""

    def _children(self, prefix: str) -> list[str]:
        return []

    def _list(self, place: Place, day: date, start_after: str | None) -> list[ObjectInfo]:
        return []


def days_of_look_back(now: datetime, look_back: timedelta) -> list[date]:
    """Whole days back to the one that `look_back` reaches, and tomorrow for early clocks."""
    return days_between((now - look_back).date(), (now + timedelta(minutes=15)).date())


def whole_address(url: str) -> str:
    """A trail's address that means the same wherever it is read: a folder's from the root on.

    >>> whole_address("s3://logs"), whole_address("/var/logs/"), whole_address("/var/./logs")
    ('s3://logs', '/var/logs', '/var/logs')
    """
    return url if urlsplit(url).scheme else str(Path(url).expanduser().absolute())


def open_trail(
    url: str,
    endpoint_url: str | None = None,
    region: str | None = None,
    client: Any = None,
    access: Access | None = None,
) -> TrailSource:
    """Open the trail at `s3://bucket[/prefix]`, `folder:///path`, `file:///path` or a plain path.

    `sqs://host/account/name` is a trail that is known by a queue alone. `client` is a boto3 S3
    client to use as it is; otherwise one is made from `access` (boto3's own search by default),
    `region` and `endpoint_url` (MinIO and the like).
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        from cost_pipeline.aws.s3_trail import S3Trail, s3_client

        if not parts.netloc:
            raise TrailError(
                f"{url} names no bucket: write s3://bucket or s3://bucket/prefix.", "invalid"
            )
        s3 = client or s3_client(access, endpoint_url=endpoint_url, region=region)
        return S3Trail(s3, parts.netloc, unquote(parts.path))
    if parts.scheme == "lookup":
        from cost_pipeline.aws.lookup_events import LookupTrail

        return LookupTrail(url, access=access, endpoint_url=endpoint_url)
    if parts.scheme == "sqs":
        from cost_pipeline.aws.queue_trail import QueueTrail
        from cost_pipeline.aws.s3_trail import s3_client

        s3 = client or s3_client(access, endpoint_url=endpoint_url, region=region)
        return QueueTrail(s3, url)
    from cost_pipeline.aws.folder_trail import FolderTrail

    if parts.scheme in ("folder", "file"):
        return FolderTrail(Path(unquote(parts.netloc + parts.path)))
    if parts.scheme and "://" in url:
        raise TrailError(
            f"{url} is neither s3://, sqs://, lookup:// nor a folder: write s3://bucket/prefix or "
            "/path/to/folder.",
            "invalid",
        )
    return FolderTrail(Path(url))


def _dates(year: str, month: str, days: Iterable[str]) -> Iterator[date]:
    for day in days:
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue
