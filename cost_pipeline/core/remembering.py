"""What a day leaves behind in the detector's state: what still runs, what is usual from now on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cost_pipeline.core import left_on
from cost_pipeline.core.day_columns import MICRO, SIGNAL, DayColumns, Flags
from cost_pipeline.core.detection_settings import DetectionSettings
from cost_pipeline.core.detector_state import SCOPES, DetectorState, OpenPart, Subject
from cost_pipeline.core.expected import ANOMALOUS
from cost_pipeline.core.floors import PASSING, is_group
from cost_pipeline.core.positions import Parts
from cost_pipeline.core.sums import Sums
from cost_pipeline.core.usual import Memory, record_key

_DAY = 86_400.0


def remember(
    state: DetectorState,
    memory: Memory,
    sums: Sums,
    columns: DayColumns,
    settings: DetectionSettings,
    span: tuple[float, float, float],
    told_events: set[int],
) -> None:
    """Brings the state to the end of a day: peaks, lives, who was seen, what may still grow.

    `span` is since and until when the day tells what still runs, and when it ends.
    """
    since, until, end = span
    lives = left_on.lives(sums.parts, settings, end - _DAY, end)
    memory.unlearn(told_later(sums.parts, state.parts))
    meant = given_back(sums, columns, memory, settings)
    memory.learn_peaks(sums.peaks(since, until, meant) | lives)
    memory.learn_now(sums.highest(meant))
    usual = columns.action < SIGNAL
    usual[sorted(told_events)] = False
    memory.learn_seen(
        [columns.subjects[n] for n in np.unique(columns.subject[usual])],
        left_on.switched_off(sums.parts, settings, end),
    )
    state.parts = still_open(sums.parts, state.parts, columns, settings, end)
    horizon = end - max(settings.group_hours, settings.group_nightly_hours) * 3600
    state.open_anomalies = [one for one in state.open_anomalies if one.last_event >= horizon]
    oldest = end - settings.prelude_hours * 3600
    state.preludes = [one for one in state.preludes if one.at >= oldest]


def told_later(parts: Parts, carried: Sequence[OpenPart]) -> dict[str, float]:
    """What an earlier day held for usual and this day has told: USD a day, by names of sums."""
    found: dict[str, float] = {}
    for row in np.nonzero((parts.event < 0) & (parts.flag == ANOMALOUS))[0]:
        before = carried[-1 - int(parts.event[row])]
        if before.flag == ANOMALOUS:
            continue
        subject = before.subject
        names = [subject.key(scope) for scope in SCOPES]
        names.append(record_key(subject) if subject.made_by == "hand" else None)
        for name in filter(None, names):
            found[name] = found.get(name, 0.0) + before.amount / MICRO
    return found


def given_back(
    sums: Sums, columns: DayColumns, memory: Memory, settings: DetectionSettings
) -> Flags:
    """What was told, and who made it has ended while it was news: it was meant.

    What comes and goes must have ended within a day; later, it may have been forgotten.

    Not what is made and ended for a group that grows by itself, and not where the account does
    not work. What a service makes for a job (EMR) ends with it, and what a group was widened by
    at once goes when it is narrowed.
    """
    parts = sums.parts
    soon, day = parts.gone < parts.expiry, settings.lasting_hours * 3600
    meant: Flags = (parts.flag == ANOMALOUS) & (parts.stopper >= 0) & soon
    for row in np.nonzero(meant)[0].tolist():
        maker = parts.subjects[int(parts.subject[row])]
        ender = columns.subjects[int(columns.subject[parts.stopper[row]])]
        meant[row] = (
            _is_ended_by_maker(maker, ender, at_once=sums.steps(row) < settings.runaway_rounds)
            and (maker.resource_type not in PASSING or parts.gone[row] <= parts.start[row] + day)
            and not memory.is_new("region", maker.account_id, maker.region)
        )
    return meant


def _is_ended_by_maker(maker: Subject, ender: Subject, *, at_once: bool) -> bool:
    """Whether who made it has ended it, as far as that says that it was meant.

    A group that grew `at_once`, in a round or two, was widened by somebody; one that grew again
    and again ran away, and came back to itself.
    """
    if maker.is_made_by_emr or (is_group(maker) and at_once):
        return maker.actor == ender.actor
    return (maker.made_by != "service" or maker.who == maker.actor) and maker.who == ender.who


def still_open(
    parts: Parts,
    carried: Sequence[OpenPart],
    columns: DayColumns,
    settings: DetectionSettings,
    end: float,
) -> list[OpenPart]:
    """The parts that still count when the day ends, and those that are watched for longer."""
    watch = settings.left_on_watch_hours * 3600
    news = (parts.end == parts.expiry) & (parts.expiry > end)
    watched = left_on.watched(parts, settings) & np.isinf(parts.gone) & (parts.start + watch > end)
    rows = np.nonzero(news | watched)[0]
    own = rows[parts.event[rows] >= 0]
    ids = dict(zip(own.tolist(), columns.ids(parts.event[own].tolist()), strict=True))
    kept = []
    for row in rows.tolist():
        if row in ids:
            cost_event, event_id = ids[row]
        else:
            before = carried[-1 - int(parts.event[row])]
            cost_event, event_id = before.cost_event_id, before.event_id
        kept.append(
            OpenPart(
                int(parts.resource[row]),
                float(parts.start[row]),
                float(parts.expiry[row]),
                int(parts.amount[row]),
                bool(parts.once[row]),
                bool(parts.assumed[row]),
                int(parts.flag[row]),
                cost_event,
                event_id,
                parts.subjects[int(parts.subject[row])],
            )
        )
    return kept
