"""The nouns of the sweep: a check and its metadata, a candidate, a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol

from cost_pipeline.core.calls import Attribute
from cost_pipeline.core.model import Price

if TYPE_CHECKING:
    from cost_pipeline.zombies.view import View

Confidence = Literal["high", "medium", "low", "review"]
"""How sure it is that nobody needs it. `review` is no waste yet, but worth a look: it is listed,
and left out of every sum."""

Series = list[tuple[datetime, float]]
"""The points of a CloudWatch series, or of several, in order of time."""


class Prices(Protocol):
    """Where prices come from; `prices.book.PriceBook` is one."""

    def price(
        self, service: str, region: str, resource_type: str, attributes: Mapping[str, Attribute]
    ) -> Price:
        """USD an hour of one unit."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit that a check applies: its default, its unit, and why it is what it is."""

    value: float
    unit: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A CloudWatch metric, by the day or the hour, and the limit at or under which it means idle.

    `at_most` names the threshold, which a check that weighs its metrics itself does not need;
    `combine` makes one number of the days of the look-back.
    `missing`: no data points mean that the thing was never used, or that nothing is known.
    """

    namespace: str
    name: str
    stat: Literal["Sum", "Average", "Maximum", "SampleCount"]
    at_most: str = ""
    combine: Literal["sum", "max", "mean"] = "sum"
    missing: Literal["unused", "unknown"] = "unused"
    hourly: bool = False


@dataclass(frozen=True, slots=True)
class CheckMeta:
    """What a check is, apart from its logic.

    Thresholds that the sweep itself understands: `min_age_days` (younger is left out),
    `min_idle_days` (idle for less is left out), `lookback_days` (of the metrics), `on` (a check
    that is off unless somebody sets it to 1).
    `idle_events` are the calls whose time is the true idle-since when CloudTrail told us.
    `cli` and `terraform` are texts for a person, with {id}, {name}, {region}, {account}.
    """

    name: str
    title: str
    service: str
    resource_type: str
    calls: tuple[str, ...]
    thresholds: Mapping[str, Threshold]
    waste: str
    cli: str
    terraform: str
    confidence: Confidence
    source: str
    metrics: tuple[Metric, ...] = ()
    idle_events: tuple[str, ...] = ()
    home_region: str | None = None


@dataclass(frozen=True, slots=True)
class Bills:
    """What a candidate costs: so many units, priced by type and attributes.

    `usd_month` is for the few things whose price no region changes and no price book lists.
    """

    resource_type: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    quantity: Decimal = Decimal(1)
    service: str | None = None
    usd_month: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource whose structure makes it suspect; metrics and age decide.

    `idle_since` where the API knows it; `doubt` marks the finding down and says why.
    `resource_id` is the id that cost events carry, `name` what the remediation takes.
    `related` are ids of what it belonged to, whose calls tell of it too: an image, a database.
    `more_dimensions` are further series of the same metrics (one for each zone or node).
    """

    resource_id: str
    bills: tuple[Bills, ...]
    name: str = ""
    created_at: datetime | None = None
    idle_since: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)
    more_dimensions: tuple[Mapping[str, str], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    doubt: str | None = None
    related: tuple[str, ...] = ()


Find = Callable[["View"], Iterable[Candidate]]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a candidate's metrics come to: a sentence, and which part of its bill is wasted.

    `usd_month` stands for the bill, where only the metrics tell it.
    """

    sentence: str
    share: Decimal = Decimal(1)
    usd_month: Decimal | None = None


Weigh = Callable[[Candidate, Mapping[str, Series], "View"], Weighed | None]
"""From the series of a candidate, by the names of their metrics; None where all is well."""


@dataclass(frozen=True, slots=True)
class Check:
    """Metadata, and the pure function from the account's answers to its suspects.

    `weigh` decides about the metrics where no limit on each of them can.
    """

    meta: CheckMeta
    candidates: Find
    weigh: Weigh | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An idle resource: since when, whose, what it costs a month, and how to remove it.

    `monthly_cost` is None where the price is unknown; `evidence` is JSON with the sentences
    and numbers that led here.
    """

    check_name: str
    resource_id: str
    account_id: str
    region: str
    resource_type: str
    title: str
    idle_since: datetime | None
    evidence: dict[str, Any]
    monthly_cost: Decimal | None
    creator: str | None
    confidence: Confidence
    remediation: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A suspect that was not reported, and why."""

    check_name: str
    resource_id: str
    account_id: str
    region: str
    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that could not be judged, and why, in words that say what to grant or mend."""

    check_name: str
    account_id: str
    region: str
    api: str
    message: str
    permission: str | None = None


@dataclass(slots=True)
class SweepResult:
    """What a sweep of one account and region found, could not judge, and left out."""

    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
