"""When a launch ends of which no record says what it launched.

CloudTrail leaves out long answers: a call that launches a hundred machines is counted under an id
that is made up, and no later call names that. So whatever of its kind is stopped afterwards,
and was never seen to start, is taken for one of its machines, the oldest launch's first. What is
not heard of for `LOST_AFTER` is taken for ended: nothing would ever tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

LOST_AFTER = timedelta(days=30)
LOST = f"nobody: it has no name, and is counted for {LOST_AFTER.days} days at most"


@dataclass(frozen=True, slots=True)
class Launch:
    """So many resources that a call started, under one id."""

    resource_id: str
    event: UUID
    time: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A call that stopped so many resources of which no record told the start."""

    event: UUID
    time: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a launch from an event on; `lost` marks the end that no call made."""

    resource_id: str
    event: UUID
    time: datetime
    number: int
    lost: bool = False


def what_is_left(launches: Iterable[Launch], stops: Iterable[Stop], until: datetime) -> list[Left]:
    """What is left of launches of one kind, in one account and region, after each stop.

    Args:
        launches: those of which nothing is named.
        stops: those of resources that nobody was seen to start.
        until: how far records reach; who was not heard of before that is not lost yet.

    >>> from datetime import UTC
    >>> at = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3)]
    >>> stops = [Stop(UUID(int=2), at[1], 3), Stop(UUID(int=3), at[2], 9)]
    >>> [left.number for left in what_is_left([Launch("a", UUID(int=1), at[0], 5)], stops, at[2])]
    [2, 0]
    """
    waiting = sorted(launches, key=lambda one: (one.time, one.event))
    left = {one.resource_id: one.number for one in waiting}
    found: list[Left] = []
    for stop in sorted(stops, key=lambda one: (one.time, one.event)):
        number = stop.number
        for one in waiting:
            if one.time > stop.time or not number:
                break
            taken = min(number, left[one.resource_id])
            if not taken or stop.time - one.time > LOST_AFTER:
                continue
            number -= taken
            left[one.resource_id] -= taken
            found.append(Left(one.resource_id, stop.event, stop.time, left[one.resource_id]))
        waiting = [one for one in waiting if left[one.resource_id]]
    lost = [one for one in waiting if one.time + LOST_AFTER <= until]
    found += [
        Left(one.resource_id, uuid5(one.event, "lost"), one.time + LOST_AFTER, 0, lost=True)
        for one in lost
    ]
    return found
