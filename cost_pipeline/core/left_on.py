"""What was made by hand and forgotten: small, but running far longer than its like ever does.

No event tells of it; the trigger is the start, and `noticed_at` the moment it became unusual.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from cost_pipeline.core.day_columns import MICRO, Ints
from cost_pipeline.core.detection_model import DayEvent, DetectionSettings
from cost_pipeline.core.detector_state import OpenPart, Subject
from cost_pipeline.core.expected import USUAL
from cost_pipeline.core.model import Reason
from cost_pipeline.core.scoring import LEFT_ON, Verdict, severity
from cost_pipeline.core.stories import moment
from cost_pipeline.core.sums import Sums
from cost_pipeline.core.usual import Memory, life_key


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The parts of one start that were left on, and since when that is unusual."""

    rows: Ints
    noticed_at: float
    verdict: Verdict


def forgotten(
    sums: Sums, memory: Memory, settings: DetectionSettings, until: float, since: float
) -> Iterator[Forgotten]:
    """What was left on, as far as the events until a moment tell; oldest first."""
    parts = sums.parts
    old = settings.left_on_hours * 3600
    by_hand = np.array(
        [*(s.made_by == "hand" and s.resource_type in LEFT_ON for s in parts.subjects), False]
    )
    rows = (parts.flag == USUAL) & (parts.amount > 0) & ~parts.once & by_hand[parts.subject]
    rows &= (parts.start + old <= until) & (parts.end > np.maximum(parts.start + old, since))
    index = np.nonzero(rows)[0]
    for event in dict.fromkeys(parts.event[index].tolist()):
        own = index[parts.event[index] == event]
        subject = parts.subjects[int(parts.subject[own[0]])]
        found = _judged(sums, own, subject, memory, settings, until)
        if found is not None:
            yield found


def _judged(
    sums: Sums,
    rows: Ints,
    subject: Subject,
    memory: Memory,
    settings: DetectionSettings,
    until: float,
) -> Forgotten | None:
    parts = sums.parts
    usual = max(memory.usual(life_key(subject)), memory.peers("life", subject))
    hours = max(settings.left_on_hours, settings.left_on_ratio * usual)
    noticed = float(parts.start[rows[0]]) + hours * 3600
    alive = rows[parts.end[rows] > noticed]
    daily = int(parts.amount[alive].sum()) / MICRO
    if noticed > until or daily < settings.left_on_floor or memory.learning(subject.account_id):
        return None
    what = " ".join(filter(None, (subject.resource_class, subject.resource_type))).replace("_", " ")
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


def remembered(part: OpenPart) -> DayEvent:
    """The start behind a part of an earlier day, as far as the detector remembers it."""
    subject = part.subject
    return DayEvent(
        id=UUID(part.cost_event_id),
        event_id=part.event_id,
        event_time=moment(part.start),
        account_id=subject.account_id,
        region=subject.region,
        service="",
        resource_type=subject.resource_type,
        resource_class=subject.resource_class,
        action="start",
        actor=subject.actor,
        actor_kind=subject.actor_kind,
        resource_ids=(),
        quantity=1.0,
        hourly_cost=part.amount / MICRO / 24,
        one_time_cost=0.0,
        event_name="",
        workload=subject.who if subject.who != subject.actor else None,
    )
