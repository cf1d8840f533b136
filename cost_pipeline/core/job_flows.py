"""EMR's machines answer to whoever asked for their job flow, not to the role that makes them.

A cluster and its machines are one thing that one person or job asked for: one call of
RunJobFlow, and some of EMR's own RunInstances that name the job flow in a tag. Only AWS can set
that tag. Who asked is remembered, since a cluster gets machines for as long as it lives; the
order of both within a day does not matter, and machines that were told of a day earlier answer
to their caller as soon as the call is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from cost_pipeline.core.day_columns import START, DayColumns
from cost_pipeline.core.detector_state import Caller, DetectorState, OpenPart, Subject

_REMEMBERED = timedelta(days=30)
"""A job flow that has started nothing for so long has ended, or will start nothing."""


def answered(columns: DayColumns, state: DetectorState, day: date) -> DayColumns:
    """The day's columns, with each job flow's machines given to whoever asked for it.

    Brings what the state knows of job flows, and of their machines, up to date.
    """
    _learn_callers(columns, state, day)
    state.parts = _carried(state.parts, state.callers)
    subjects = [_answering(one, state.callers) for one in columns.subjects]
    return replace(columns, subjects=tuple(subjects))


def _learn_callers(columns: DayColumns, state: DetectorState, day: date) -> None:
    """Takes in who asked for the job flows that began, and forgets those long gone."""
    today = day.isoformat()
    asked = [n for n, one in enumerate(columns.subjects) if one.job and not one.is_made_by_emr]
    starts = np.isin(columns.subject, np.array(asked, np.int64)) & (columns.action == START)
    for number in dict.fromkeys(columns.subject[starts].tolist()):
        one = columns.subjects[number]
        caller = Caller(one.actor_kind, one.who, one.role, one.made_by, today)
        state.callers.setdefault(_key(one), caller)
    for key in {_key(one) for one in columns.subjects if one.job} & state.callers.keys():
        state.callers[key] = state.callers[key]._replace(day=today)
    oldest = (day - _REMEMBERED).isoformat()
    state.callers = {key: one for key, one in state.callers.items() if one.day >= oldest}


def _answering(subject: Subject, callers: dict[str, Caller]) -> Subject:
    """The subject, answered for by whoever asked for its job flow, where that is known."""
    caller = callers.get(_key(subject)) if subject.is_made_by_emr else None
    if caller is None:
        return subject
    return subject._replace(
        actor_kind=caller.actor_kind, who=caller.who, role=caller.role, made_by=caller.made_by
    )


def _carried(parts: Sequence[OpenPart], callers: dict[str, Caller]) -> list[OpenPart]:
    return [
        part._replace(subject=_answering(part.subject, callers)) if part.subject.job else part
        for part in parts
    ]


def _key(subject: Subject) -> str:
    return f"{subject.account_id}|{subject.job}"
