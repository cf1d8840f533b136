"""What people said beforehand: decisions about patterns, and changes that they registered.

Both explain events one by one. An expected change explains no more than its count and amount,
within its time; what exceeds it is judged as ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cost_pipeline.core.day_columns import MICRO, Flags, Ints
from cost_pipeline.core.detection_model import Decision
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.positions import Parts

USUAL, ANOMALOUS, EXPECTED, SNOOZED = range(4)


@dataclass(frozen=True, slots=True)
class ExpectedChange:
    """A change that somebody announced; a field that is None matches everything.

    `count` is how many resources, `hourly_cost` how many USD an hour it explains at most.
    """

    id: str
    since: datetime
    until: datetime
    account_id: str | None = None
    actor: str | None = None
    resource_type: str | None = None
    resource_class: str | None = None
    region: str | None = None
    count: float | None = None
    hourly_cost: float | None = None

    def matches(self, subject: Subject) -> bool:
        """Whether the change speaks about such events."""
        return (
            self.account_id in (None, subject.account_id)
            and subject.is_named(self.actor)
            and self.resource_type in (None, subject.resource_type)
            and self.resource_class in (None, subject.resource_class)
            and self.region in (None, subject.region)
        )


def apply_decisions(parts: Parts, decisions: Sequence[Decision]) -> None:
    """Flags the day's parts that people called expected or snoozed; expected outweighs."""
    order = sorted(decisions, key=lambda one: one.verdict == "expected")
    for decision in order:
        rows = _between(parts, decision.decided_at, decision.until)
        rows &= _about(parts, [_covered(decision, one) for one in parts.subjects])
        parts.flag[rows] = EXPECTED if decision.verdict == "expected" else SNOOZED


def apply_changes(
    parts: Parts, changes: Sequence[ExpectedChange], used: dict[str, tuple[float, float]]
) -> None:
    """Flags the day's parts that an expected change explains, oldest first, while it lasts.

    `used` is what each change has explained before; it is brought up to date.
    """
    for change in sorted(changes, key=lambda one: one.id):
        rows = _between(parts, change.since, change.until) & (parts.amount > 0)
        rows &= _about(parts, [change.matches(one) for one in parts.subjects])
        index = np.nonzero(rows & (parts.flag == USUAL))[0]
        if not len(index):
            continue
        count, hourly = used.get(change.id, (0.0, 0.0))
        costs = np.where(parts.once[index], 0, parts.amount[index]) / MICRO / 24
        counted = count + np.cumsum(~parts.once[index])
        summed = hourly + np.cumsum(costs)
        fits = (counted <= _bound(change.count)) & (summed <= _bound(change.hourly_cost) + 1e-6)
        explained = index[fits]
        if len(explained):
            parts.flag[np.isin(parts.owner, explained)] = EXPECTED
            last = int(np.nonzero(fits)[0][-1])
            used[change.id] = (float(counted[last]), round(float(summed[last]), 6))


def _bound(value: float | None) -> float:
    return np.inf if value is None else value


def _between(parts: Parts, since: datetime, until: datetime | None) -> Flags:
    """The day's own parts that start in a span of time."""
    rows: Flags = (parts.event >= 0) & (parts.start >= since.timestamp())
    if until is not None:
        rows &= parts.start < until.timestamp()
    return rows


def _about(parts: Parts, covered: list[bool]) -> Flags:
    subjects: Ints = parts.subject
    return np.array([*covered, False], bool)[subjects]


def _covered(decision: Decision, subject: Subject) -> bool:
    return (
        decision.account_id in (None, subject.account_id)
        and subject.is_named(decision.actor)
        and decision.resource_type in (None, subject.resource_type)
        and decision.region in (None, subject.region)
    )
