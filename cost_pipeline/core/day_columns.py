"""A day's cost events as columns: a million of them are summed without a loop over rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cost_pipeline.core.detection_model import DayEvent
from cost_pipeline.core.detector_state import Subject

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ACTIONS = ("start", "change", "stop", "purchase", "signal")
START, CHANGE, STOP, PURCHASE, SIGNAL = range(5)
MICRO = 1_000_000
_JOB_FLOW = "emr/"
_FLEETING = (_JOB_FLOW, "fleet-", "sfr-", "spot-")
"""How the names of workloads begin that are made up for each run."""
_SERVICE_ROLES = ("AWSServiceRoleFor", "EMR_", "aws-elasticbeanstalk", "ecsInstanceRole")
_ORCHESTRATORS = ("cloudformation.amazonaws.com", "servicecatalog.amazonaws.com")


@dataclass(frozen=True, slots=True)
class DayColumns:
    """Events in order of (time, id), and a row for each resource that one touches.

    `hourly` is USD an hour, NaN where unknown; `subject` indexes `subjects`, which are distinct.
    Resource rows name their event by `of_event` and their resource by a 64-bit hash; an event
    that names no resource has one row of its own. `detail` gives events in full, by index; `ids`
    their ids: (cost event, CloudTrail's).
    """

    time: Floats
    action: Ints
    hourly: Floats
    once: Floats
    subject: Ints
    subjects: Sequence[Subject]
    of_event: Ints
    resource: Ints
    detail: Callable[[Sequence[int]], list[DayEvent]]
    ids: Callable[[Sequence[int]], list[tuple[str, str]]]


def resized(columns: DayColumns) -> dict[int, int]:
    """The events that enlarge what was there, changes and starts of what was changed, by change.

    A stopped machine that is changed costs nothing until it starts.
    """
    action = columns.action[columns.of_event]
    changed: dict[int, int] = {}
    for row in np.nonzero(action == CHANGE)[0].tolist():
        changed.setdefault(int(columns.resource[row]), int(columns.of_event[row]))
    again = (action == START) & np.isin(columns.resource, np.array([*changed], np.int64))
    found = {int(one): int(one) for one in np.nonzero(columns.action == CHANGE)[0]}
    for row in np.nonzero(again)[0].tolist():
        event, change = int(columns.of_event[row]), changed[int(columns.resource[row])]
        if event > change:
            found.setdefault(event, change)
    return found


def columns_of(events: Sequence[DayEvent]) -> DayColumns:
    """The columns of some events, given in any order."""
    rows = sorted(events, key=lambda event: (event.event_time, event.id))
    numbers: dict[Subject, int] = {}
    subject = [numbers.setdefault(subject_of(e), len(numbers)) for e in rows]
    names = [e.resource_ids or (str(e.id),) for e in rows]
    return DayColumns(
        time=np.array([e.event_time.timestamp() for e in rows], np.float64),
        action=np.array([ACTIONS.index(e.action) for e in rows], np.int64),
        hourly=np.array([_rate(e) for e in rows], np.float64),
        once=np.array([e.one_time_cost for e in rows], np.float64),
        subject=np.array(subject, np.int64),
        subjects=tuple(numbers),
        of_event=np.repeat(np.arange(len(rows)), [len(one) for one in names]).astype(np.int64),
        resource=np.array([hashed(n) for one in names for n in one], np.int64),
        detail=lambda wanted: [rows[index] for index in wanted],
        ids=lambda wanted: [(str(rows[index].id), rows[index].event_id) for index in wanted],
    )


def _rate(event: DayEvent) -> float:
    return np.nan if event.hourly_cost is None else event.hourly_cost


def hashed(name: str) -> int:
    """A resource's name as 64 bits, the same in every process.

    >>> hashed("i-1") == hashed("i-1"), hashed("i-1") == hashed("i-2")
    (True, False)
    """
    digest = hashlib.md5(name.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def subject_of(event: DayEvent) -> Subject:
    """Who answers for an event, and what it is about."""
    return subject(
        event.account_id,
        event.actor,
        event.actor_kind,
        event.actor_principal,
        event.workload,
        event.invoked_by,
        event.resource_type,
        event.resource_class,
        event.region,
    )


def subject(
    account_id: str,
    actor: str,
    actor_kind: str,
    principal: str | None,
    workload: str | None,
    invoked_by: str | None,
    resource_type: str,
    resource_class: str | None,
    region: str,
) -> Subject:
    """Who answers for an event, and what it is about.

    What a service starts is its workload's (a group, a cluster, a template); a workload whose
    name is made up for each run says nothing, and leaves it with the actor. Who asked for a job
    flow answers for its machines (`job_flows.answered`), which no single event tells.
    """
    by_service = actor_kind == "service" or actor.startswith(_SERVICE_ROLES)
    if invoked_by and invoked_by not in _ORCHESTRATORS and workload:
        by_service = True
    named = workload if by_service and workload and not workload.startswith(_FLEETING) else None
    made_by = "service" if by_service else ("role" if actor_kind == "role" else "hand")
    shared = actor_kind in ("sso", "federated") and principal and ":role/" in principal
    role = principal if shared else None
    job = workload if workload and workload.startswith(_JOB_FLOW) else None
    return Subject(
        account_id,
        actor,
        actor_kind,
        named or actor,
        role,
        made_by,
        resource_type,
        resource_class,
        region,
        job,
    )
