"""How much a backfill will be, before it is begun: files, bytes, time, and what AWS charges.

Few (place, day) pairs are listed; where there are too many, those of one day, and more days of
the largest places: what a place has on a day, times how days differ. Some files are read and
decoded here, so that time is this machine's.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING, Any

from cost_pipeline.aws.trails import LISTING_THREADS, ObjectInfo, TrailError
from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.orchestration.decoding import cores
from cost_pipeline.orchestration.reading import READERS, Normalizer
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.store.places import LIST_USD

if TYPE_CHECKING:
    from cost_pipeline.aws.trail_layout import Place
    from cost_pipeline.aws.trails import TrailSource

GET_USD = Decimal("0.0004") / 1000
KMS_USD = Decimal("0.03") / 10_000
TRANSFER_USD_A_GB = Decimal("0.09")
_PAGE = 1000
_EXACT_PAIRS = 200
_MOST_PLACES = 400
_LARGEST = 5
_DAYS = 6
_READ_FILES = 12
_COMMIT = 2.5
"""Committed rows take so many times what decoding and pricing do: docs/performance.md."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a backfill comes to.

    `files` lies within `files_low` and `files_high`, most likely; `exact` says that all was
    listed. `usd` is for requests; `transfer_usd` is what bytes cost at most, outside of the
    bucket's region. `seconds` is for this machine, as busy as it is now. `regions` are those that
    deliver, the one with the most bytes first.
    """

    days: int
    places: int
    files: int
    files_low: int
    files_high: int
    bytes: int
    records: int
    cost_events: int
    list_calls: int
    get_calls: int
    usd: float
    transfer_usd: float
    seconds: float
    exact: bool
    sample_calls: int
    regions: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Volume:
    files: float
    spread: float
    bytes: float
    calls: int
    exact: bool
    listed: list[ObjectInfo]


@dataclass(frozen=True, slots=True)
class _Speed:
    """Of the files that were read, for one compressed byte."""

    records: float
    events: float
    cpu_seconds: float
    fetch_seconds_a_file: float


def estimate(
    source: TrailSource, days: Sequence[date], *, in_s3: bool, encrypted: bool = False
) -> Estimate:
    """Estimates reading all files of some days.

    Args:
        source: the trail.
        days: which days, in order.
        in_s3: whether AWS charges for it.
        encrypted: whether each file is decrypted by KMS.

    Raises:
        TrailError: it cannot be listed or read.
    """
    places = source.places()
    volume = _volume(source, places, days)
    speed = _speed(source, volume.listed)
    files, size = round(volume.files), round(volume.bytes)
    lists = max(len(places) * len(days), ceil(files / _PAGE))
    usd = lists * Decimal(LIST_USD) + files * (GET_USD + (KMS_USD if encrypted else 0))
    fetching = files * speed.fetch_seconds_a_file / READERS
    decoding = size * speed.cpu_seconds * _COMMIT / (cores() if size > 64 << 20 else 1)
    return Estimate(
        days=len(days),
        places=len(places),
        files=files,
        files_low=max(len(volume.listed), round(volume.files - volume.spread)),
        files_high=round(volume.files + volume.spread),
        bytes=size,
        records=round(size * speed.records),
        cost_events=round(size * speed.events),
        list_calls=lists,
        get_calls=files,
        usd=float(usd) if in_s3 else 0.0,
        transfer_usd=float(size / Decimal(10**9) * TRANSFER_USD_A_GB) if in_s3 else 0.0,
        seconds=max(fetching, decoding) + lists * 0.05 / LISTING_THREADS * in_s3,
        exact=volume.exact,
        sample_calls=volume.calls,
        regions=_busiest(volume.listed),
    )


def busiest_regions(source: TrailSource, days: Sequence[date]) -> tuple[str, ...]:
    """The regions that deliver on the newest of these days, the one with the most bytes first.

    Raises:
        TrailError: it cannot be listed.
    """
    places = source.places()
    chosen = places[:: ceil(len(places) / _MOST_PLACES)] if places else []
    for day in _candidates(days):
        if found := list(source.list_day(day, places=chosen)):
            return _busiest(found)
    return ()


def _busiest(listed: Iterable[ObjectInfo]) -> tuple[str, ...]:
    sizes: Counter[str] = Counter()
    for one in listed:
        sizes[one.region] += one.size
    return tuple(sorted(sizes, key=lambda region: (-sizes[region], region)))


def _volume(source: TrailSource, places: Sequence[Place], days: Sequence[date]) -> _Volume:
    if len(places) * len(days) <= _EXACT_PAIRS:
        listed = list(source.list_days(days, places=places))
        size = sum(one.size for one in listed)
        return _Volume(len(listed), 0, size, len(places) * len(days), True, listed)
    step = ceil(len(places) / _MOST_PLACES)
    chosen = list(places)[::step]
    calls = 0
    for base in _candidates(days):
        listed = list(source.list_day(base, places=chosen))
        calls += len(chosen)
        if listed:
            break
    else:
        return _Volume(0, 0, 0, calls, False, [])
    return _projected(source, chosen, days, base, listed, len(places) / len(chosen), calls)


def _candidates(days: Sequence[date]) -> list[date]:
    """Whole days to look at, the newest first, further and further back."""
    whole = list(days)[:-1] or list(days)
    return [whole[-back] for back in (1, 2, 4, 8, 16, 32) if back <= len(whole)]


def _projected(
    source: TrailSource,
    chosen: Sequence[Place],
    days: Sequence[date],
    base: date,
    listed: list[ObjectInfo],
    factor: float,
    calls: int,
) -> _Volume:
    """A day of every place, and how days differ by some days of the largest places."""
    count = dict.fromkeys(chosen, 0)
    where = {(place.account_id, place.region): place for place in chosen}
    for one in listed:
        count[where[one.account_id, one.region]] += 1
    largest = sorted(chosen, key=lambda place: -count[place])[:_LARGEST]
    whole = list(days)[:-1] or list(days)
    others = sorted({whole[n * (len(whole) - 1) // (_DAYS - 1)] for n in range(_DAYS)} - {base})
    of_base = sum(count[place] for place in largest)
    found = list(source.list_days(others, places=largest))
    ratios = [1.0] + [sum(one.day == day for one in found) / of_base for day in others]
    mean = statistics.fmean(ratios)
    deviation = statistics.stdev(ratios) / len(ratios) ** 0.5 if len(ratios) > 1 else 0.0
    day_of_all = len(listed) * factor
    files = day_of_all * mean * len(days)
    size = files * statistics.fmean(one.size for one in listed)
    spread = 2 * day_of_all * len(days) * deviation + (files * 0.1 if factor > 1 else 0)
    return _Volume(files, spread, size, calls + len(others) * len(largest), False, listed + found)


def _speed(source: TrailSource, listed: Sequence[ObjectInfo]) -> _Speed:
    """Reads and decodes a few files."""
    if not listed:
        return _Speed(0, 0, 0, 0)
    chosen = listed[:: max(1, len(listed) // _READ_FILES)][:_READ_FILES]
    with ThreadPoolExecutor(READERS) as pool:
        began = time.perf_counter()
        contents = list(pool.map(lambda one: _read(source, one.key), chosen))
        fetched = (time.perf_counter() - began) * min(READERS, len(chosen)) / len(chosen)
    normalizer = Normalizer("default", chosen[0].day, load_catalog(), PriceBook.packaged())
    whole = [content for content in contents if content]
    if not whole:
        return _Speed(0, 0, 0, fetched)
    normalizer.file(0, whole[0])  # what is made once, such as the scanner, is no part of it
    began = time.process_time()
    files = [normalizer.file(number, content) for number, content in enumerate(whole)]
    cpu, size = time.process_time() - began, sum(map(len, whole))
    return _Speed(
        sum(file.records for file in files) / size,
        sum(len(file.events) for file in files) / size,
        cpu / size,
        fetched,
    )


def _read(source: TrailSource, key: str) -> bytes:
    try:
        return source.read(key)
    except TrailError as error:
        if error.fault == "gone":
            return b""
        raise
