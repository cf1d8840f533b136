"""What detection takes and gives: the events of a day, what is usual, and the anomalies.

Money is USD as `float` in here: scores, sums and ratios, not bills.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid5

from cost_pipeline.core.detection_settings import DetectionSettings as DetectionSettings
from cost_pipeline.core.detector_state import DetectorState as DetectorState
from cost_pipeline.core.model import Action, Reason, Severity
from cost_pipeline.core.statistics import Moments

_ANOMALY_NAMESPACE = UUID("0c5a7c1e-3b0f-4f0e-8a43-5b8f2f1f7c11")

Verdict = Literal["expected", "snoozed"]


def anomaly_id(tenant_id: str, trigger_cost_event: UUID) -> UUID:
    """The id of the anomaly that a cost event triggers: the same in every run."""
    return uuid5(_ANOMALY_NAMESPACE, f"{tenant_id}\0{trigger_cost_event}")


@dataclass(frozen=True, slots=True)
class DayEvent:
    """A cost event as the detector sees it: its hourly cost resolved, None where unknown.

    `committed_cost` is what a purchase comes to over its term, in USD, where the call says it.
    """

    id: UUID
    event_id: str
    event_time: datetime
    account_id: str
    region: str
    service: str
    resource_type: str
    resource_class: str | None
    action: Action
    actor: str
    actor_kind: str
    resource_ids: tuple[str, ...]
    quantity: float
    hourly_cost: float | None
    one_time_cost: float
    event_name: str
    actor_principal: str | None = None
    workload: str | None = None
    invoked_by: str | None = None
    committed_cost: float | None = None


@dataclass(frozen=True, slots=True)
class RefusedRun:
    """An actor whose calls AWS refused on a day, for want of rights or quota: how many.

    `call` is the one that made them many, or the last.
    """

    count: int
    call: DayEvent

    @property
    def at(self) -> float:
        """When they became many, seconds since 1970."""
        return self.call.event_time.timestamp()


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual for one (account, resource type): hourly cost per event, and who, where."""

    moments: Moments = field(default_factory=Moments)
    actors: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    max_daily_added: float = 0.0
    days: int = 0


Baselines = Mapping[tuple[str, str], Baseline]
"""Baselines by (account_id, resource_type)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a pattern; a field that is None matches everything.

    `refused` says that the actor's calls that AWS refuses are meant too, of any type and region.
    """

    verdict: Verdict
    decided_at: datetime
    until: datetime | None = None
    account_id: str | None = None
    actor: str | None = None
    resource_type: str | None = None
    region: str | None = None
    refused: bool = False

    def covers(self, event: DayEvent) -> bool:
        """Whether the decision speaks about this event: from when it was made, until it ends."""
        return (
            self._in_force(event)
            and self.resource_type in (None, event.resource_type)
            and self.region in (None, event.region)
        )

    def covers_refusals(self, call: DayEvent) -> bool:
        """Whether it speaks about the calls that AWS refused, of which this is one."""
        return self.covers(call) or (self.refused and self._in_force(call))

    def _in_force(self, event: DayEvent) -> bool:
        return (
            self.decided_at <= event.event_time
            and (self.until is None or event.event_time < self.until)
            and self.account_id in (None, event.account_id)
            and self.actor in (None, event.actor, event.workload)
        )


@dataclass(frozen=True, slots=True)
class AnomalyEvent:
    """A cost event's part in an anomaly."""

    cost_event_id: UUID
    event_id: str
    event_time: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """What one day adds to an anomaly: its events, USD an hour and once, and how severe."""

    events: tuple[AnomalyEvent, ...]
    hourly_cost: float
    one_time_cost: float
    severity: Severity


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something unusual that somebody should look at, as far as its day tells.

    `trigger` is the event that raised it. `noticed_at` is when it stood out, in event time:
    the trigger's time, or later where it was only its staying that was unusual. `who` answers for
    the trigger, where that is not the actor: the workload of what a service made.
    """

    id: UUID
    account_id: str
    region: str
    actor: str
    actor_kind: str
    resource_type: str
    severity: Severity
    score: float
    trigger: DayEvent
    first_event_time: datetime
    last_event_time: datetime
    hourly_cost: float
    one_time_cost: float
    reasons: tuple[Reason, ...]
    title: str
    events: tuple[AnomalyEvent, ...]
    workload: str | None = None
    who: str | None = None
    noticed_at: datetime | None = None

    @property
    def projected_monthly_cost(self) -> float:
        """USD if everything keeps running for a month of 730 hours, plus what is paid once."""
        return self.hourly_cost * 730 + self.one_time_cost


@dataclass(frozen=True, slots=True)
class DayResult:
    """What a day comes to.

    `grown` holds what this day adds to anomalies of earlier days, by anomaly id;
    `excluded_event_ids` the cost events that must not train the baseline.
    """

    day: date
    anomalies: tuple[Anomaly, ...]
    grown: Mapping[UUID, Share]
    state: DetectorState
    excluded_event_ids: frozenset[UUID]
