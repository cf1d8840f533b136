"""What is replaced is no growth: an equal set, made shortly before the old one is ended."""

from __future__ import annotations

import numpy as np

from cost_pipeline.core.day_columns import MICRO, STOP, DayColumns, Ints
from cost_pipeline.core.detection_settings import DetectionSettings
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.positions import Parts

_LEAST, _MOST = 0.8, 1.25
"""How much the old set costs against the new one, for the two to be equal."""


def replaced(
    columns: DayColumns, parts: Parts, index: int, part: int, settings: DetectionSettings
) -> float:
    """USD a day that a start replaces: as much of its type and region, ended soon by its maker.

    All that the same actor ends within `replacement_hours` counts together; what does not come
    to about as much as the start added is no replacement, and explains nothing.
    """
    made = columns.subjects[int(columns.subject[index])]
    own = parts.subject == parts.subject[part]
    ended = _ended_soon(columns, made, index, parts.resource[own], settings)
    added = int(parts.amount[own & (parts.event >= 0)].sum()) / MICRO
    return ended if _LEAST * added <= ended <= _MOST * added else 0.0


def _ended_soon(
    columns: DayColumns, made: Subject, index: int, own: Ints, settings: DetectionSettings
) -> float:
    """USD a day of what the maker ends soon after an event, but for what is its own set."""
    same = np.array([_alike(one, made) for one in columns.subjects])
    until = columns.time[index] + settings.replacement_hours * 3600
    soon = (columns.time > columns.time[index]) & (columns.time <= until)
    stops = soon & (columns.action == STOP) & same[columns.subject] & (columns.hourly < 0)
    shares = columns.hourly / np.bincount(columns.of_event, minlength=len(columns.time))
    rows = stops[columns.of_event] & ~np.isin(columns.resource, own)
    return -24 * float(shares[columns.of_event[rows]].sum())


def _alike(one: Subject, other: Subject) -> bool:
    """Whether both are of one actor, type and place; the stop does not say of which group."""
    return (
        one.account_id == other.account_id
        and one.actor == other.actor
        and one.region == other.region
        and one.resource_type == other.resource_type
    )
