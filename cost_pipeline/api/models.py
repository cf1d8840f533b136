"""What the lists hold: rows of Postgres as JSON. Money is USD; times carry their zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from cost_pipeline.api.paging import TEXT
from cost_pipeline.core.calls import Bound

Severity = Literal["low", "medium", "high", "critical"]
State = Literal["open", "acknowledged", "expected", "mine", "snoozed", "resolved", "withdrawn"]
Text = Annotated[str, Field(max_length=500, pattern=TEXT)]
T = TypeVar("T")

_BOUND = (
    "`most`: of all that is allowed; `each`: of each use, where nothing bounds how many there are;"
    " `asked`: of as many as the call asks for, within what is allowed."
)
_UNTOLD = "null where nothing says of what kind they would be."


class Page(BaseModel, Generic[T]):
    """Some rows; `next` is the cursor of those that follow, and null at the end."""

    items: list[T]
    next: str | None


class Anomaly(BaseModel):
    """Something unusual: who, what, where, how much, and why."""

    id: UUID
    day: date
    account_id: str
    region: str
    actor: str
    actor_kind: str
    resource_type: str
    severity: Severity
    score: float
    title: str
    state: State
    first_event_time: datetime
    last_event_time: datetime
    trigger_event_id: str
    trigger_event_time: datetime
    detected_at: datetime | None
    backfilled: bool
    hourly_cost: float
    projected_monthly_cost: float
    one_time_cost: float
    worst_case_hourly_cost: float | None = Field(
        description="What it may come to an hour, beside its cost and in no sum: the costliest of"
        f" its worst cases; null where it can grow no further, and {_UNTOLD}"
    )
    worst_case_quantity: float | None = Field(description="How many that would be.")
    worst_case_is: Bound | None = Field(description=f"Of what the worst case is. {_BOUND}")
    worst_case_by: str | None = Field(description="The call that allows it.")
    worst_case_count: int | None = Field(
        description="Of how many worst cases it is the costliest, each on top of the others."
    )
    reasons: list[dict[str, Any]]
    revision: int


class Decided(BaseModel):
    """What somebody said about an anomaly."""

    decision: str
    comment: str | None
    decided_by: str
    decided_at: datetime
    until: datetime | None


class AnomalyDetail(Anomaly):
    """One anomaly in full: what it has cost so far and may grow to, its events, what people said.

    `worst_cases` are bounds beside the cost now, in no sum and no score; of what ended, last.
    """

    spent: float
    worst_cases: list[WorstCase]
    feedback: list[Decided]
    baseline: dict[str, Any] | None
    events: list[Event]
    refused: list[Refused]
    resources: list[Resource]


class WorstCase(BaseModel):
    """What a call behind an anomaly, or behind what launched its resources, allows."""

    event_time: datetime
    event_name: str
    resource_ids: list[str]
    quantity: float
    bound: Bound = Field(description=_BOUND)
    hourly_cost: float | None = Field(description=f"Of them all, an hour; {_UNTOLD}")
    stopped_at: datetime | None = Field(description="When what it bounds ended: it grows no more.")


class Refused(BaseModel):
    """A costly call that AWS refused."""

    id: UUID
    event_id: str
    event_time: datetime
    account_id: str
    region: str
    event_name: str
    actor: str
    error_code: str


class Event(BaseModel):
    """A call that changes the bill, priced."""

    id: UUID
    event_id: str
    event_time: datetime
    account_id: str
    region: str
    event_name: str
    service: str
    resource_type: str
    resource_class: str | None
    action: str
    actor: str
    actor_kind: str
    resource_ids: list[str]
    quantity: float
    hourly_cost: float | None
    one_time_cost: float
    price_basis: str
    price: str | None = Field(description="How it came about, and the date of each price.")
    worst_case_hourly_cost: float | None = Field(
        description="What the call allows beside its cost now, an hour, and in no sum; null where"
        f" it allows no more, and {_UNTOLD}"
    )
    worst_case_quantity: float | None = Field(description="How many that would be.")
    worst_case_is: Bound | None = Field(description=f"Of what the worst case is. {_BOUND}")


class Resource(BaseModel):
    """Something that runs, or ran: since when, whose, at which rate."""

    resource_id: str
    account_id: str
    region: str
    service: str
    resource_type: str
    resource_class: str | None
    hourly_cost: float | None
    created_by: str | None
    created_at: datetime | None
    stopped_at: datetime | None
    stopped_by: str | None
    last_event_time: datetime


class Zombie(BaseModel):
    """A resource that costs money and does nothing."""

    check_name: str
    resource_id: str
    account_id: str
    region: str
    resource_type: str
    title: str
    day: date
    first_seen: date | None
    idle_since: datetime | None
    evidence: dict[str, Any]
    monthly_cost: float | None
    creator: str | None
    confidence: str
    remediation: str
    lifecycle: Literal["new", "standing", "gone", "left out", "unseen"]
    ignored: bool


class Baseline(BaseModel):
    """What is usual for a resource type in an account."""

    account_id: str
    resource_type: str
    as_of: date
    event_count: int
    mean_hourly_cost: float
    stddev: float
    max_daily_added: float
    days: int
    actors: list[str]
    regions: list[str]


class Account(BaseModel):
    """An AWS account: how it is entered, and when it was last heard of."""

    account_id: str
    name: str | None
    role_arn: str | None
    regions: list[str]
    has_keys: bool
    configured: bool
    last_event: datetime | None


class AuditLine(BaseModel):
    """Who changed what, when."""

    id: int
    at: datetime
    who: str
    action: str
    details: dict[str, Any]


AnomalyDetail.model_rebuild()
