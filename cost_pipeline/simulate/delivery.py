"""When the calls arrive: in files by account and region, some late, in no good order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cost_pipeline.simulate.records import Call

USUAL_DELAY = timedelta(minutes=5)
LATE_SHARE = 0.01
LATEST = timedelta(hours=20)
_FILE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file: its calls, of one account and region, shuffled, and when it arrives."""

    at: datetime
    calls: tuple[Call, ...]


def deliveries(
    calls: Iterable[Call],
    seed: int,
    *,
    late_share: float = LATE_SHARE,
    minutes_per_file: float = _FILE.total_seconds() / 60,
) -> list[Delivery]:
    """The files in order of arrival; `late_share` of them come up to 20 hours late."""
    length = timedelta(minutes=minutes_per_file)
    files: dict[tuple[str, str, int], list[Call]] = defaultdict(list)
    for call in calls:
        slot = int(call.at.timestamp() // length.total_seconds())
        files[call.account, call.region, slot].append(call)
    found = []
    for (account, region, slot), inside in files.items():
        rng = random.Random(f"{seed}/{account}/{region}/{slot}")  # noqa: S311 - made-up data
        at = datetime.fromtimestamp((slot + 1) * length.total_seconds(), UTC) + USUAL_DELAY
        if rng.random() < late_share:
            at += rng.random() * LATEST
        rng.shuffle(inside)
        found.append(Delivery(at.replace(microsecond=0), tuple(inside)))
    return sorted(found, key=lambda one: (one.at, one.calls[0].account, one.calls[0].region))


def by_day(files: Sequence[Delivery]) -> list[tuple[date, list[Call]]]:
    """The calls of each day of arrival, as they arrive."""
    days: dict[date, list[Call]] = defaultdict(list)
    for file in files:
        days[file.at.date()].extend(file.calls)
    return sorted(days.items())
