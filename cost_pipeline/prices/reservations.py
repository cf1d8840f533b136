"""What reservations cost, from how AWS lists them: of EC2 and OpenSearch the purchase says nothing.

Their calls name an offering, whose price no price list tells; the reservation that they give an
id to is listed with its price, its term and its payment option.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from cost_pipeline.core.calls import Commitment

_SECONDS_A_YEAR = 31_536_000
_NEVER_PAID = ("payment-failed", "queued-deleted")
Listed = Mapping[str, Any]


class Reservation(NamedTuple):
    """A reservation: its id, since when, and what it commits to."""

    reservation_id: str
    began_at: datetime
    commitment: Commitment


class _Fields(NamedTuple):
    """What AWS calls the parts of a reservation."""

    id: str
    number: str
    began: str
    payment: str
    amount: str


_CALLS: Mapping[str, _Fields] = {
    "ec2:DescribeReservedInstances": _Fields(
        "ReservedInstancesId", "InstanceCount", "Start", "OfferingType", "Amount"
    ),
    "opensearch:DescribeReservedInstances": _Fields(
        "ReservedInstanceId", "InstanceCount", "StartTime", "PaymentOption", "RecurringChargeAmount"
    ),
}


CALLS = tuple(_CALLS)
"""The calls that list reservations, as the sweep names them."""


def reservations(answers: Mapping[str, Sequence[Listed]]) -> Iterator[Reservation]:
    """Every reservation that AWS answered with, by the name of the call; others are passed by.

    >>> lease = {"ReservedInstancesId": "r-1", "InstanceType": "m5.large", "InstanceCount": 2,
    ...          "FixedPrice": 500.0, "Duration": 31536000, "OfferingType": "Partial Upfront",
    ...          "RecurringCharges": [{"Amount": 0.03}], "Start": "2026-03-01T00:00:00Z"}
    >>> (found,) = reservations({"ec2:DescribeReservedInstances": [lease]})
    >>> found.commitment.said
    '2 × m5.large for 1 year, Partial Upfront, as AWS lists the reservation'
    """
    for api, names in _CALLS.items():
        for lease in answers.get(api, ()):
            known = names.id in lease and lease.get(names.began) and lease.get("Duration")
            if known and lease.get("State") not in _NEVER_PAID:
                yield _read(lease, names)


def _read(lease: Listed, names: _Fields) -> Reservation:
    count = _number(lease.get(names.number) or 1)
    charges = [_number(one.get(names.amount)) for one in lease.get("RecurringCharges") or ()]
    hourly = _number(lease.get("UsagePrice")) + sum(charges, Decimal(0))
    years = _number(lease["Duration"]) / _SECONDS_A_YEAR
    term = f"{years.normalize():f} year{'' if years == 1 else 's'}"
    payment = str(lease.get(names.payment) or "").replace("_", " ").title()
    what = f"{count:f} × {lease.get('InstanceType', 'unknown')} for {term}"
    said = ", ".join(filter(None, (what, payment, "as AWS lists the reservation")))
    bought = Commitment(_number(lease.get("FixedPrice")) * count, hourly * count, years, said)
    return Reservation(str(lease[names.id]), _moment(lease[names.began]), bought)


def _number(value: object) -> Decimal:
    return Decimal(str(value or 0))


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
