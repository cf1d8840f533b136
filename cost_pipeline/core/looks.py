"""What is worth waiting for: machines that may well end by themselves are looked at again later.

Most of what people and roles start for an afternoon is given back; what is not dear enough to be
told at once is told once it has stayed. The trigger is the start, `noticed_at` the later moment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cost_pipeline.core.day_columns import Floats
from cost_pipeline.core.detection_settings import DetectionSettings
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.expected import USUAL
from cost_pipeline.core.floors import BOUNDED, PASSING, Novelty
from cost_pipeline.core.positions import Parts
from cost_pipeline.core.sums import Sums, dear_ages


class Look(NamedTuple):
    """A second look at what a part's start left running, `age` seconds after it."""

    at: float
    part: int
    why: str
    age: float


def looks(
    parts: Parts, sums: Sums, least: Floats, settings: DetectionSettings, since: float, until: float
) -> list[Look]:
    """The looks that fall due in a span of time; `least` is the excess that each part takes.

    What the day itself brought is looked at even where it came too late for its own moment.
    """
    last = np.ones(len(parts.start), bool)
    last[:-1] = (np.diff(parts.start) > 0) | (np.diff(parts.subject) != 0)
    waited = np.array([*(one.made_by != "service" for one in parts.subjects), False])
    rows = last & waited[parts.subject] & (parts.flag == USUAL) & (parts.amount > 0)
    found = []
    for why, hours in ages(settings):
        age = hours * 3600
        due = parts.start + age
        mine = rows & (due <= until) & ((parts.event >= 0) | (due > since))
        enough = np.maximum(least, dear(hours, settings)) if why == "dear" else least
        mine &= sums.hot(enough, age, lasting=why == "lasting")
        found += [Look(float(due[n]), int(n), why, age) for n in np.nonzero(mine)[0]]
    return found


def ages(settings: DetectionSettings) -> list[tuple[str, float]]:
    """How long after a start it is looked at again, hours, with why."""
    return [
        *(("dear", hours) for hours in dear_ages(settings)),
        ("known", settings.patience_hours),
        ("stranger", settings.patience_stranger_hours),
        ("lasting", settings.lasting_hours),
    ]


def dear(hours: float, settings: DetectionSettings, *, learning: bool = False) -> float:
    """USD a day that must not run on from `hours` after a start until the next look.

    As many dollars as floor_urgent comes to in patience_hours; while an account is learning, as
    learning_floor does.
    """
    until = 2 * hours or dear_ages(settings)[0]
    most = settings.learning_floor if learning else settings.floor_urgent
    return most * settings.patience_hours / until if until else most


def may_end_soon(subject: Subject, novelty: Novelty) -> bool:
    """Whether it is worth to wait and see: what comes and goes, with no sign of an attack or loop.

    What a service makes is not waited for: nobody means it to end.
    """
    signs = novelty.region or novelty.prelude or novelty.rounds or novelty.resized
    return not signs and subject.made_by != "service" and subject.resource_type in PASSING


def floor_at_once(
    floor: float,
    subject: Subject,
    novelty: Novelty,
    settings: DetectionSettings,
    *,
    one_call: bool,
    learning: bool,
) -> float:
    """USD a day that an excess takes to be told when it begins.

    What known people and roles start of what they and the account know, by `one_call`, may be
    dear: it is told when it stays. While an account is `learning`, every type and family is new.
    """
    if not may_end_soon(subject, novelty):
        return floor
    new = novelty.resource_type or novelty.first_time or novelty.family
    if one_call and not novelty.stranger and (learning or not new):
        return max(floor, dear(0.0, settings, learning=learning))
    return max(floor, settings.floor_urgent)


def floor_later(
    floor: float,
    subject: Subject,
    novelty: Novelty,
    look: Look,
    settings: DetectionSettings,
    *,
    learning: bool,
) -> float | None:
    """USD a day that an excess takes at a later look; None where that look is not for it."""
    why = look.why
    if why == "dear":
        least = dear(look.age / 3600, settings, learning=learning)
        return max(floor, least) if may_end_soon(subject, novelty) else None
    if why == "lasting":
        if subject.made_by != "role" or subject.resource_type not in PASSING:
            return None
        floor = max(floor * settings.factor_lasting, settings.floor_least)
        return min(floor, settings.floor_lasting) if novelty.settled else floor
    if not may_end_soon(subject, novelty):
        return None
    # How long a job stays says nothing where its own call sets when it ends.
    if novelty.stranger and subject.made_by == "role" and subject.resource_type not in BOUNDED:
        # The longer it stays, the less it takes: about as many dollars at either look.
        if why == "stranger":
            return max(floor, settings.floor_stranger)
        return max(floor * settings.factor_stranger_lasting, settings.floor_least)
    return floor if novelty.stranger == (why == "stranger") else None
