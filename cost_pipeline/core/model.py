"""The nouns of the product: what flows from a CloudTrail record to an anomaly.

Money is USD as `Decimal`, an hour unless the name says otherwise; times are UTC and aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha1
from typing import Any, Literal
from uuid import UUID

import msgspec

from cost_pipeline.core.actor import Actor

Action = Literal["start", "change", "stop", "purchase", "signal"]
PriceBasis = Literal["list", "discounted", "spot_estimate", "estimated", "unpriced", "free"]
Severity = Literal["low", "medium", "high", "critical"]

HOURS_PER_MONTH = Decimal(730)
HOURS_PER_YEAR = Decimal(8760)
_EVENT_NAMESPACE = UUID("6f6d5a0c-5b0e-4a4d-9f5c-2f3c1de7b0a1")
_namespace = sha1(_EVENT_NAMESPACE.bytes, usedforsecurity=False)


def cost_event_id(tenant_id: str, account_id: str, event_id: str, ordinal: int) -> UUID:
    """The id of a cost event: the same record gives the same id from any file, at any time.

    It is `uuid.uuid5` of these, made in half the time.
    """
    name = f"{tenant_id}\0{account_id}\0{event_id}\0{ordinal}".encode()
    digest = _namespace.copy()
    digest.update(name)
    return UUID(bytes=digest.digest()[:16], version=5)


class Price(msgspec.Struct, frozen=True):
    """USD an hour for one unit (one instance, one gateway), or once, and how it came about.

    `usd` is None when the basis is `unpriced`: unknown is never zero. `once` marks what is paid
    once for each unit, and not by time.
    """

    usd: Decimal | None
    basis: PriceBasis
    explanation: str
    once: bool = False


class CostEvent(msgspec.Struct, frozen=True):
    """One call that changes the bill, priced, with its actor.

    `hourly_cost` is signed and for all of `resource_ids` together: positive for a start,
    negative for a stop, new minus old for a change; None where the record alone cannot say.
    `rate_after` is what one of the resources costs an hour once the call has taken effect
    (zero after a stop, None where unknown: the last known rate of that resource applies).
    """

    id: UUID
    tenant_id: str
    event_id: str
    ordinal: int
    event_time: datetime
    partition_day: date
    account_id: str
    region: str
    event_source: str
    event_name: str
    service: str
    resource_type: str
    resource_class: str | None
    action: Action
    actor: Actor
    resource_ids: tuple[str, ...]
    quantity: Decimal
    hourly_cost: Decimal | None
    rate_after: Decimal | None
    one_time_cost: Decimal
    price_basis: PriceBasis
    data: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """A catalogued call that AWS refused: it spends nothing, but a run of them is a warning."""

    id: UUID
    tenant_id: str
    event_id: str
    event_time: datetime
    partition_day: date
    account_id: str
    region: str
    event_source: str
    event_name: str
    actor: Actor
    error_code: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an event is unusual, as data and as a sentence a person can check.

    `value` is what was seen, `usual` what was expected, in `unit`; `signal` names the rule. It
    holds `as_of` a moment (ISO 8601, event time), or of the day as a whole where that is None.
    """

    signal: str
    sentence: str
    value: float | None = None
    usual: float | None = None
    unit: str | None = None
    weight: float = 0.0
    as_of: str | None = None
