"""What each actor has running, as sums over intervals: exact, and without a loop over rows.

Every start is a part: it adds so many micro-USD a day to the sums of its subject from its time
until its resource stops, or is no news any more (`window_hours`). A shrinking resource is a
negative part of whoever enlarged it last. Stops net only against the parts of their resource,
so nobody's stops hide another's starts. Amounts are whole numbers, so that no order of adding
changes a bit of a sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cost_pipeline.core.day_columns import (
    CHANGE,
    MICRO,
    START,
    STOP,
    DayColumns,
    Flags,
    Floats,
    Ints,
)
from cost_pipeline.core.detection_settings import DetectionSettings
from cost_pipeline.core.detector_state import OpenPart, Subject

_DAY = 86_400.0
_NEVER = np.inf


@dataclass(slots=True)
class Parts:
    """All parts that were open when the day began, and those that it started.

    `event` is the index of the day's event, or -1 - k for the k-th part carried over. `owner` is
    the part that a negative part lessens, itself otherwise. `gone` is when a call stops the part,
    infinite if none does, and `stopper` the index of that call, -1 if none does; `end` when it
    stops to count, which it also does once it is no news.
    `flag` as in `OpenPart`.
    """

    event: Ints
    resource: Ints
    start: Floats
    expiry: Floats
    end: Floats
    gone: Floats
    stopper: Ints
    amount: Ints
    once: Flags
    assumed: Flags
    subject: Ints
    owner: Ints
    flag: Ints
    subjects: list[Subject]

    def codes(self, scope: str) -> tuple[Ints, list[str]]:
        """The number of each part's sum in a scope (-1 where it has none), and their names."""
        names: dict[str, int] = {}
        keys = [one.key(scope) for one in self.subjects]
        code = [-1 if key is None else names.setdefault(key, len(names)) for key in keys]
        return np.array([*code, -1], np.int64)[self.subject], list(names)


def parts_of(
    columns: DayColumns, carried: Sequence[OpenPart], settings: DetectionSettings, since: float
) -> Parts:
    """The parts of a day that began at `since`: those carried over, with the ends it brings."""
    rows = _rows(columns, carried, settings)
    order = np.lexsort((rows.event, rows.rank, rows.time, rows.resource))
    resource, time = rows.resource[order], rows.time[order]
    stops = rows.rank[order] == STOP
    positions = np.arange(len(order))
    next_stop = np.minimum.accumulate(np.where(stops, positions, len(order))[::-1])[::-1]
    ends = np.full(len(order), _NEVER)
    found = next_stop < len(order)
    found[found] = resource[next_stop[found]] == resource[found]
    ends[found] = time[next_stop[found]]
    stopper = np.full(len(order), -1, np.int64)
    stopper[found] = rows.event[order][next_stop[found]]
    owner = _owners(order, resource, stops, rows.amount[order], rows.once[order])
    keep = ~stops & (owner >= 0)
    return _assembled(rows, order, ends, stopper, owner, keep, since)


@dataclass(slots=True)
class _Rows:
    event: Ints
    resource: Ints
    time: Floats
    rank: Ints
    amount: Ints
    expiry: Floats
    once: Flags
    assumed: Flags
    subject: Ints
    flag: Ints
    subjects: list[Subject]


def _rows(columns: DayColumns, carried: Sequence[OpenPart], settings: DetectionSettings) -> _Rows:
    window = settings.window_hours * 3600
    numbers: dict[Subject, int] = {one: n for n, one in enumerate(columns.subjects)}
    kept = list(carried)
    own = np.array([numbers.setdefault(p.subject, len(numbers)) for p in kept], np.int64)
    resources = np.bincount(columns.of_event, minlength=len(columns.time))
    action = columns.action[columns.of_event]
    hourly = columns.hourly[columns.of_event] / resources[columns.of_event]
    unknown = np.isnan(hourly) & (action == START) & (columns.once[columns.of_event] <= 0)
    hourly = np.where(np.isnan(hourly), 0.0, hourly)
    hourly = np.where(unknown, settings.assumed_daily / 24, hourly)
    daily = np.rint(hourly * 24 * MICRO).astype(np.int64)
    moves = (action == STOP) | (((action == START) | (action == CHANGE)) & (daily != 0))
    paid = np.nonzero((columns.once > 0) & (columns.action <= CHANGE))[0]
    event = np.concatenate([-1 - np.arange(len(kept)), columns.of_event[moves], paid])
    time = np.concatenate(
        [
            np.array([p.start for p in kept], np.float64),
            columns.time[columns.of_event[moves]],
            columns.time[paid],
        ]
    )
    zeros = np.zeros(len(paid), np.int64)
    first = np.zeros(len(kept), np.int64)
    return _Rows(
        event=event,
        resource=np.concatenate(
            [np.array([p.resource for p in kept], np.int64), columns.resource[moves], zeros - paid]
        ),
        time=time,
        rank=np.concatenate([first, action[moves], zeros]),
        amount=np.concatenate(
            [
                np.array([p.amount for p in kept], np.int64),
                np.where(action == STOP, 0, daily)[moves],
                np.rint(columns.once[paid] * MICRO).astype(np.int64),
            ]
        ),
        expiry=np.concatenate(
            [
                np.array([p.expiry for p in kept], np.float64),
                time[len(kept) : len(kept) + int(moves.sum())] + window,
                columns.time[paid] + _DAY,
            ]
        ),
        once=np.concatenate(
            [np.array([p.once for p in kept], bool), np.zeros(int(moves.sum()), bool), zeros == 0]
        ),
        assumed=np.concatenate(
            [np.array([p.assumed for p in kept], bool), unknown[moves], zeros > 0]
        ),
        subject=np.concatenate(
            [own, columns.subject[columns.of_event[moves]], columns.subject[paid]]
        ),
        flag=np.concatenate(
            [np.array([p.flag for p in kept], np.int64), np.zeros(len(time) - len(kept), np.int64)]
        ),
        subjects=list(numbers),
    )


def _owners(order: Ints, resource: Ints, stops: Flags, amount: Ints, once: Flags) -> Ints:
    """For each sorted row the sorted row that owns it: itself, or what a negative one lessens."""
    positions = np.arange(len(order))
    raising = (amount > 0) & ~once
    last_raise = np.maximum.accumulate(np.where(raising, positions, -1)) if len(order) else order
    last_stop = np.maximum.accumulate(np.where(stops, positions, -1)) if len(order) else order
    valid = (last_raise > last_stop) & (last_raise >= 0)
    valid[valid] = resource[last_raise[valid]] == resource[valid]
    lessened = np.where(valid, last_raise, -1)
    return np.where(raising | once, positions, lessened)


def _assembled(
    rows: _Rows,
    order: Ints,
    ends: Floats,
    stopper: Ints,
    owner: Ints,
    keep: Flags,
    since: float,
) -> Parts:
    """The kept rows in order of (time, event), with their owners' subject, expiry and flag.

    What was no news any more when the day began has ended with its start: no sum of it is left.
    """
    chosen = np.nonzero(keep)[0]
    source, owned = order[chosen], order[owner[chosen]]
    once = rows.once[source]
    expiry = rows.expiry[owned]
    gone = np.where(once, expiry, ends[chosen])
    end = np.where(expiry > since, np.minimum(gone, expiry), rows.time[source])
    by_time = np.lexsort((rows.resource[source], rows.event[source], rows.time[source]))
    place = np.empty(len(order), np.int64)
    place[chosen[by_time]] = np.arange(len(chosen))
    picked = source[by_time]
    lender = owned[by_time]
    return Parts(
        event=rows.event[picked],
        resource=rows.resource[picked],
        start=rows.time[picked],
        expiry=expiry[by_time],
        end=end[by_time],
        gone=gone[by_time],
        stopper=stopper[chosen][by_time],
        amount=rows.amount[picked],
        once=once[by_time],
        assumed=rows.assumed[picked],
        subject=rows.subject[lender],
        owner=place[owner[chosen][by_time]],
        flag=rows.flag[lender],
        subjects=rows.subjects,
    )


def running_sums(
    parts: Parts,
    code: Ints,
    counted: Flags,
    *,
    age: float = 0.0,
    amount: Ints | None = None,
    since: Floats | None = None,
) -> Ints:
    """For each part the sum of its scope right after its start, over the parts that count.

    With an `age` (seconds), only of what still ran so long after that start. `amount` is what
    each part counts for, its micro-USD a day by default, and `since` when each begins to count,
    its start by default.
    """
    return _swept(parts, code, counted, age, amount, since)[0]


def highest_sums(
    parts: Parts, code: Ints, counted: Flags, names: int, amount: Ints | None = None
) -> Ints:
    """The highest sum that each code reaches."""
    _, at_code, sums = _swept(parts, code, counted, 0.0, amount)
    highest = np.zeros(names, np.int64)
    np.maximum.at(highest, at_code, sums)
    return highest


def _swept(
    parts: Parts,
    code: Ints,
    counted: Flags,
    age: float,
    amounts: Ints | None,
    since: Floats | None = None,
) -> tuple[Ints, Ints, Ints]:
    # What still runs `age` later is what would run now if all ended so much earlier.
    until = parts.end - age
    begin = parts.start if since is None else since
    index = np.nonzero(counted & (code >= 0) & (until > begin))[0]
    n = len(index)
    amount = (parts.amount if amounts is None else amounts)[index]
    codes = np.tile(code[index], 2)
    times = np.concatenate([begin[index], until[index]])
    ending = np.repeat([0, 1], n)
    order = np.lexsort((np.tile(parts.event[index], 2), ending, times, codes))
    total = np.cumsum(np.concatenate([amount, -amount])[order])
    sorted_codes = codes[order]
    fresh = np.ones(2 * n, bool)
    fresh[1:] = sorted_codes[1:] != sorted_codes[:-1]
    # Every part ends, so that each code's sum begins and ends at zero: no base to take off.
    sums = np.zeros(len(parts.start), np.int64)
    is_start = order < n
    sums[index[order[is_start]]] = total[is_start]
    return sums, sorted_codes, total


def rounds_begun(parts: Parts, code: Ints, counted: Flags, seconds: float) -> Ints:
    """1 for the first part of each round of its scope: starts less than `seconds` apart are one."""
    first = np.zeros(len(parts.start), np.int64)
    index = np.nonzero(counted & (code >= 0) & (parts.amount > 0) & ~parts.once)[0]
    order = index[np.lexsort((parts.resource[index], parts.start[index], code[index]))]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (code[order][1:] != code[order][:-1]) | (np.diff(parts.start[order]) >= seconds)
    first[order[fresh]] = 1
    return first


def made_counts(parts: Parts, code: Ints, counted: Flags, seconds: float) -> Ints:
    """For each part how many that count were started in its scope in the seconds up to it."""
    counts = np.zeros(len(parts.start), np.int64)
    asked = code >= 0
    index = counted & asked & (parts.amount > 0) & ~parts.once
    if not index.any():
        return counts
    origin = parts.start[asked].min() - seconds
    span = parts.start[asked].max() - origin + 2 * seconds + 1
    stamp = code * span + (parts.start - origin)
    ranked, own = np.sort(stamp[index]), stamp[asked]
    until = np.searchsorted(ranked, own, side="right")
    counts[asked] = until - np.searchsorted(ranked, own - seconds, side="right")
    return counts
