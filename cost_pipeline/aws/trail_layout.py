"""Where CloudTrail puts its files: names of prefixes and keys, and how to find the accounts.

`[prefix/]AWSLogs/[o-xxx/]<account>/CloudTrail/<region>/YYYY/MM/DD/<file>.json.gz`
(CloudTrail User Guide, "Finding your CloudTrail log files"). `CloudTrail-Digest`,
`CloudTrail-Insight` and `CloudTrail-NetworkActivity` stand beside `CloudTrail` and hold no
management events: they are never visited.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

Children = Callable[[str], list[str]]
"""Names one level under a prefix (`""` or ending in `/`), without slashes."""

LOGS = "AWSLogs"
_ACCOUNT = re.compile(r"\d{12}")
_ORGANISATION = re.compile(r"o-[a-z0-9]{10,32}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d{1,2}")
_SEARCH_DEPTH = 3
_SEARCH_WIDTH = 1000
_KEY = re.compile(
    r"(?P<prefix>(?:.*/)?AWSLogs/(?:o-[a-z0-9]{10,32}/)?(?P<account>\d{12})/CloudTrail/"
    r"(?P<region>[a-z0-9-]+)/)(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/"
    r"(?P<file>[^/]+\.json(?:\.gz)?)"
)


class TooBroadError(Exception):
    """There is too much beside the trail's files to look for them everywhere."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One account's files of one region; `prefix` ends just before the year."""

    account_id: str
    region: str
    prefix: str

    def day_prefix(self, day: date) -> str:
        """The prefix of a day.

        >>> place = Place("1" * 12, "eu-west-1", "AWSLogs/111111111111/CloudTrail/eu-west-1/")
        >>> place.day_prefix(date(2026, 1, 2))
        'AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/02/'
        """
        return f"{self.prefix}{day:%Y/%m/%d}/"

    def key_at(self, moment: datetime) -> str:
        """A key that sorts before every file CloudTrail names for `moment` or later.

        CloudTrail names files by the time it wrote them, so this is a place to start a
        listing from; it says nothing about which files have been read.
        """
        moment = moment.astimezone(UTC)
        name = f"{self.account_id}_CloudTrail_{self.region}_{moment:%Y%m%dT%H%MZ}"
        return self.day_prefix(moment.date()) + name


@dataclass(frozen=True, slots=True)
class Named:
    """What a key says about its file."""

    place: Place
    day: date


def parse_key(key: str) -> Named | None:
    """The place and day of a log file's key; None for anything else.

    >>> base = "x/AWSLogs/o-abcdefghij/111111111111/CloudTrail/us-east-1/2026/01/02/"
    >>> parse_key(base + "111111111111_CloudTrail_us-east-1_20260102T0005Z_a.json.gz").day
    datetime.date(2026, 1, 2)
    >>> parse_key(base.replace("CloudTrail", "CloudTrail-Digest") + "a.json.gz") is None
    True
    >>> parse_key(base + "a.json.gz.part") is None
    True
    """
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    return Named(Place(match["account"], match["region"], match["prefix"]), day)


def days_between(since: date, until: date) -> list[date]:
    """Every day from `since` to `until`, both included.

    >>> len(days_between(date(2026, 2, 27), date(2026, 3, 1)))
    3
    """
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


@dataclass(frozen=True, slots=True, order=True)
class AccountFiles:
    """One account's files; `prefix` ends just before the region.

    `region` is set where the trail's address itself names one.
    """

    account_id: str
    prefix: str
    region: str | None = None

    def places(self, children: Children) -> list[Place]:
        """The regions that have files."""
        regions = [self.region] if self.region else children(self.prefix)
        return [
            Place(self.account_id, region, f"{self.prefix}{region}/")
            for region in regions
            if _REGION.fullmatch(region)
        ]


def discover(start: str, children: Children, pool: Executor) -> list[Place]:
    """Find every (account, region) under `start` by listing levels, never their files.

    `start` may point anywhere: above `AWSLogs` (a trail's own prefix is looked for a few
    levels down), at it, at an organisation, an account, or a region.

    Raises:
        TooBroadError: `AWSLogs` would have to be looked for in more than a thousand places.
    """
    accounts = discover_accounts(start, children, pool)
    found = pool.map(lambda account: account.places(children), accounts)
    return sorted({place for places in found for place in places})


def discover_accounts(start: str, children: Children, pool: Executor) -> list[AccountFiles]:
    """Find every account under `start`, without asking for its regions.

    Raises:
        TooBroadError: as `discover`.
    """
    prefixes = _log_roots([start], children, pool)
    accounts: set[AccountFiles] = set()
    while prefixes:
        found = pool.map(lambda prefix: _step(prefix, children), prefixes)
        prefixes = []
        for account, deeper in found:
            accounts |= account
            prefixes.extend(deeper)
    return sorted(accounts, key=lambda account: account.prefix)


def _log_roots(level: list[str], children: Children, pool: Executor) -> list[str]:
    if level and LOGS in level[0].split("/"):
        return level
    for _ in range(_SEARCH_DEPTH):
        names = list(zip(level, pool.map(children, level), strict=True))
        roots = [f"{prefix}{LOGS}/" for prefix, found in names if LOGS in found]
        if roots:
            return roots
        level = [f"{prefix}{name}/" for prefix, found in names for name in found]
        if len(level) > _SEARCH_WIDTH:
            raise TooBroadError
    return []


def _step(prefix: str, children: Children) -> tuple[set[AccountFiles], list[str]]:
    """The accounts at `prefix`, or the prefixes of organisations one level further down."""
    head, _, tail = prefix.partition(f"{LOGS}/")
    parts = [part for part in tail.split("/") if part]
    organisation = parts[:1] if parts and _ORGANISATION.fullmatch(parts[0]) else []
    rest = parts[len(organisation) :]
    base = "/".join([f"{head}{LOGS}", *organisation])
    if not rest:
        names = children(prefix)
        accounts = {
            AccountFiles(name, f"{base}/{name}/CloudTrail/")
            for name in names
            if _ACCOUNT.fullmatch(name)
        }
        deeper = [] if organisation else [n for n in names if _ORGANISATION.fullmatch(n)]
        return accounts, [f"{prefix}{name}/" for name in deeper]
    account, *below = rest
    if not _ACCOUNT.fullmatch(account) or (below and below[0] != "CloudTrail"):
        return set(), []
    region = below[1] if len(below) > 1 else None
    return {AccountFiles(account, f"{base}/{account}/CloudTrail/", region)}, []
