"""What was made by hand and forgotten: small, but running far longer than its like ever does.

No event tells of it; the trigger is the start, and `noticed_at` the moment it became unusual.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cost_pipeline.core.day_columns import MICRO, Flags, Ints
from cost_pipeline.core.detection_settings import DetectionSettings
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.expected import ANOMALOUS, EXPECTED, USUAL
from cost_pipeline.core.floors import PASSING
from cost_pipeline.core.model import Reason
from cost_pipeline.core.positions import Parts
from cost_pipeline.core.scoring import Verdict, severity
from cost_pipeline.core.usual import KEPT, Memory
from cost_pipeline.core.wording import spelled

LEFT_ON = PASSING | {
    "sagemaker_notebook",
    "sagemaker_studio_app",
    "glue_dev_endpoint",
    "sagemaker_endpoint",
}
"""What a person switches on for a while, and may forget."""
_BANDS = 20
_DAY = 86_400.0
_MONDAY, _SATURDAY = 3, 5


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The parts of one start that were left on, and since when that is unusual."""

    rows: Ints
    noticed_at: float
    verdict: Verdict


def watched(parts: Parts, settings: DetectionSettings) -> Flags:
    """What a person switched on and may forget: kept in mind beyond the time that it is news."""
    by_hand = np.array(
        [*(s.made_by == "hand" and s.resource_type in LEFT_ON for s in parts.subjects), False]
    )
    usual: Flags = (
        np.isin(parts.flag, (USUAL, EXPECTED, ANOMALOUS)) & (parts.amount > 0) & ~parts.once
    )
    usual &= by_hand[parts.subject]
    return usual


def forgotten(
    parts: Parts, memory: Memory, settings: DetectionSettings, until: float, since: float
) -> Iterator[Forgotten]:
    """What was left on, as far as the events until a moment tell; oldest first."""
    old = min(settings.left_on_hours, settings.left_on_small_hours) * 3600
    rows = watched(parts, settings) & (parts.flag == USUAL)
    rows &= (parts.start + old <= until) & (parts.gone > np.maximum(parts.start + old, since))
    for own in _starts(parts, np.nonzero(rows)[0]):
        found = _judged(parts, own, memory, settings, until)
        if found is not None:
            yield found


def lives(
    parts: Parts, settings: DetectionSettings, since: float, until: float
) -> dict[str, float]:
    """How long what ended in a span of time has lived, hours, by names that say what it cost.

    What was watched to the end of its time counts with all of it. What was told counts for its
    maker alone: a habit is told once, not every week.
    """
    watch = settings.left_on_watch_hours * 3600
    end = np.minimum(parts.gone, parts.start + watch)
    rows = watched(parts, settings) & (end > since) & (end <= until)
    found: dict[str, float] = {}
    for own in _starts(parts, np.nonzero(rows)[0]):
        daily = int(parts.amount[own].sum()) / MICRO
        if daily >= settings.left_on_floor / 2:
            subject = parts.subjects[int(parts.subject[own[0]])]
            hours = float(end[own].max() - parts.start[own[0]]) / 3600
            key = life_key(subject, daily)
            if parts.flag[own[0]] == ANOMALOUS:
                key = f"told{key}"
            found[key] = max(found.get(key, 0.0), round(hours, 6))
    return found


def is_kept(parts: Parts, rows: Ints, memory: Memory) -> bool:
    """Whether all of it was switched off before and is on again: somebody's own, not forgotten."""
    return all(memory.is_known(_kept_name(parts, row)) for row in rows)


def switched_off(parts: Parts, settings: DetectionSettings, until: float) -> list[str]:
    """Names of what people switched off until a moment, of what may be on again.

    What is dearer is told whether it was off before or not, and needs no memory.
    """
    rows = watched(parts, settings) & (parts.gone <= until)
    rows &= parts.amount < settings.left_on_floor * MICRO
    return [_kept_name(parts, row) for row in np.nonzero(rows)[0].tolist()]


def _kept_name(parts: Parts, row: int) -> str:
    """The name of the fact that a part's resource was switched off once."""
    account = parts.subjects[int(parts.subject[row])].account_id
    return f"{KEPT}{account}|{int(parts.resource[row])}"


def life_key(subject: Subject, daily: float) -> str:
    """The name of the longest life of what somebody starts, of about such a cost a day.

    Costs are alike that have the same power of two below them.
    """
    return f"life|{subject.account_id}|{subject.who}|{subject.resource_type}~{band(daily)}"


def band(daily: float) -> int:
    """The power of two below a cost, USD a day.

    >>> band(20.0), band(31.9), band(32.0)
    (4, 4, 5)
    """
    return math.frexp(max(daily, 1.0))[1] - 1


def _starts(parts: Parts, index: Ints) -> Iterator[Ints]:
    """The parts of each start together, oldest first."""
    for event in dict.fromkeys(parts.event[index].tolist()):
        yield index[parts.event[index] == event]


def usual_lives(memory: Memory, subject: Subject, daily: float) -> tuple[float, float]:
    """Hours that what costs about as much or more has lived: its maker's, and others'.

    The longest of its maker's, and the middle one of the others' longest; 0 where none has ended.
    """
    account, what = subject.account_id, subject.resource_type
    longest: dict[str, float] = {}
    told = 0.0
    for one in range(band(daily), _BANDS):
        told = max(told, memory.usual(f"told{life_key(subject, 2.0**one)}"))
        for who, hours in memory.all_usual("life", account, f"{what}~{one}").items():
            longest[who] = max(longest.get(who, 0.0), hours)
    own = longest.pop(subject.who, 0.0)
    others = sorted(longest.values())
    return max(own, told), others[len(others) // 2] if others else 0.0


def _patience(
    start: float, daily: float, lives: tuple[float, float], settings: DetectionSettings
) -> float:
    """Hours after its start at which something is forgotten: by its cost and the usual lives."""
    own, others = lives
    least = settings.left_on_hours
    if daily < settings.left_on_floor:
        least = over_weekends(start, settings.left_on_small_hours)
    # Who keeps such things for a day will keep one for two; who never had one forgot it.
    return max(least, settings.left_on_own_ratio * own, settings.left_on_ratio * others)


def over_weekends(start: float, hours: float) -> float:
    """Hours that pass until so many have, where those of Saturday and Sunday (UTC) count by half.

    >>> friday = 1_767_945_600.0  # 2026-01-09 08:00
    >>> over_weekends(friday, 64), over_weekends(friday - 2 * 86_400, 64)
    (88.0, 64.0)
    """
    at, left = start, hours * 3600
    while True:
        day = int(at // _DAY)
        weight = 0.5 if (day + _MONDAY) % 7 >= _SATURDAY else 1.0
        rest = (day + 1) * _DAY - at
        if left <= rest * weight:
            return (at + left / weight - start) / 3600
        left -= rest * weight
        at += rest


def _judged(
    parts: Parts, rows: Ints, memory: Memory, settings: DetectionSettings, until: float
) -> Forgotten | None:
    subject = parts.subjects[int(parts.subject[rows[0]])]
    started = int(parts.amount[rows].sum()) / MICRO
    lives = usual_lives(memory, subject, started)
    usual = max(lives)
    start = float(parts.start[rows[0]])
    hours = _patience(start, started, lives, settings)
    noticed = start + hours * 3600
    alive = rows[parts.gone[rows] > noticed]
    daily = int(parts.amount[alive].sum()) / MICRO
    if (
        noticed > until
        or daily < settings.left_on_small_floor
        or memory.learning(subject.account_id)
    ):
        return None
    if daily < settings.left_on_floor and is_kept(parts, alive, memory):
        return None
    what = " ".join(filter(None, (subject.resource_class, spelled(subject.resource_type))))
    usually = f"such things usually end within {usual:,.0f}" if usual >= 1 else "none ran so long"
    reason = Reason(
        "left_on",
        f"{subject.who} left {what} worth USD {daily:,.0f} a day on for {hours:,.0f} hours; "
        f"{usually}{' hours' if usual >= 1 else ' before'}.",
        value=round(hours, 2),
        usual=round(usual, 2),
        unit="hours",
        weight=1.0,
    )
    score = round(daily / settings.left_on_floor, 4)
    return Forgotten(alive, noticed, Verdict(score, daily, severity(daily), (reason,)))
