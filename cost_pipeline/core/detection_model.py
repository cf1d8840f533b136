"""What detection takes and gives: the events of a day, what is usual, and the anomalies.

Money is USD as `float` in here: scores, sums and ratios, not bills.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from cost_pipeline.core.model import Action, Reason, Severity
from cost_pipeline.core.statistics import Moments

_ANOMALY_NAMESPACE = UUID("0c5a7c1e-3b0f-4f0e-8a43-5b8f2f1f7c11")

Verdict = Literal["expected", "snoozed"]


def anomaly_id(tenant_id: str, trigger_cost_event: UUID) -> UUID:
    """The id of the anomaly that a cost event triggers: the same in every run."""
    return uuid5(_ANOMALY_NAMESPACE, f"{tenant_id}\0{trigger_cost_event}")


@dataclass(frozen=True, slots=True)
class DayEvent:
    """A cost event as the detector sees it: its hourly cost resolved, None where unknown."""

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
    """What a person decided about a pattern; a field that is None matches everything."""

    verdict: Verdict
    decided_at: datetime
    until: datetime | None = None
    account_id: str | None = None
    actor: str | None = None
    resource_type: str | None = None
    region: str | None = None

    def covers(self, event: DayEvent) -> bool:
        """Whether the decision speaks about this event: from when it was made, until it ends."""
        return (
            self.decided_at <= event.event_time
            and (self.until is None or event.event_time < self.until)
            and self.account_id in (None, event.account_id)
            and self.actor in (None, event.actor)
            and self.resource_type in (None, event.resource_type)
            and self.region in (None, event.region)
        )


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """The thresholds; `docs/detection.md` explains each. USD a day unless the name says else."""

    min_monthly_cost: float = 50.0
    floor_known: float = 220.0
    floor_novel: float = 90.0
    floor_strange: float = 40.0
    ratio_known: float = 2.0
    ratio_novel: float = 1.6
    ratio_strange: float = 1.3
    flood: int = 15
    commitment_floor: float = 100.0
    window_hours: float = 72.0
    group_hours: float = 24.0
    half_life_days: float = 45.0
    maturing_days: int = 3
    learning_days: int = 7
    learning_factor: float = 8.0
    deviation_floor: float = 0.05
    relative_deviation_floor: float = 0.25
    refused_calls: int = 10

    @property
    def version(self) -> str:
        """A short hash of all values: a state folded under other settings is stale."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class AnomalyEvent:
    """A cost event's part in an anomaly."""

    cost_event_id: UUID
    event_id: str
    event_time: datetime


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something unusual that somebody should look at, as far as its day tells."""

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

    @property
    def projected_monthly_cost(self) -> float:
        """USD if everything keeps running for a month of 730 hours, plus what is paid once."""
        return self.hourly_cost * 730 + self.one_time_cost


@dataclass(slots=True)
class Holding:
    """What one resource adds to what its starter has running."""

    hourly_cost: float
    since: float
    cost_event_id: str
    event_id: str
    region: str
    flagged: bool = False


@dataclass(slots=True)
class Position:
    """What one actor has outstanding of one resource type in one account.

    `peak` is the highest usual impact (USD a day), as of `peak_day`; it fades by half-life.
    `recent` holds the peaks of days too young to be usual: (day, impact). `one_offs` are
    payments of the last day: (time, USD).
    """

    peak: float = 0.0
    peak_day: str = ""
    recent: list[tuple[str, float]] = field(default_factory=list)
    running: dict[str, Holding] = field(default_factory=dict)
    one_offs: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class OpenAnomaly:
    """An anomaly that may still grow."""

    id: str
    account_id: str
    actor: str
    last_event: float
    impact: float


PositionKey = tuple[str, str, str]
"""(account_id, actor, resource_type)."""


@dataclass(slots=True)
class DetectorState:
    """What the detector remembers at the end of a day."""

    positions: dict[PositionKey, Position] = field(default_factory=dict)
    open_anomalies: list[OpenAnomaly] = field(default_factory=list)
    first_seen: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, in a fixed order."""
        return {
            "positions": [
                [
                    list(key),
                    position.peak,
                    position.peak_day,
                    position.recent,
                    [[name, *_holding_row(h)] for name, h in _by_age(position)],
                    position.one_offs,
                ]
                for key, position in sorted(self.positions.items())
            ],
            "open": [asdict(one) for one in sorted(self.open_anomalies, key=lambda one: one.id)],
            "first_seen": dict(sorted(self.first_seen.items())),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DetectorState:
        """The state that `to_json` wrote."""
        state = cls(first_seen=dict(data.get("first_seen", {})))
        for key, peak, peak_day, recent, running, one_offs in data.get("positions", ()):
            state.positions[(key[0], key[1], key[2])] = Position(
                peak,
                peak_day,
                [(day, impact) for day, impact in recent],
                {name: Holding(*row) for name, *row in running},
                [(at, usd) for at, usd in one_offs],
            )
        state.open_anomalies = [OpenAnomaly(**one) for one in data.get("open", ())]
        return state


def _by_age(position: Position) -> list[tuple[str, Holding]]:
    return sorted(position.running.items(), key=lambda item: (item[1].since, item[0]))


def _holding_row(holding: Holding) -> list[Any]:
    return [
        holding.hourly_cost,
        holding.since,
        holding.cost_event_id,
        holding.event_id,
        holding.region,
        holding.flagged,
    ]


@dataclass(frozen=True, slots=True)
class DayResult:
    """What a day comes to.

    `grown` holds the events that this day adds to anomalies of earlier days, by anomaly id;
    `excluded_event_ids` the cost events that must not train the baseline.
    """

    day: date
    anomalies: tuple[Anomaly, ...]
    grown: Mapping[UUID, tuple[AnomalyEvent, ...]]
    state: DetectorState
    excluded_event_ids: frozenset[UUID]
