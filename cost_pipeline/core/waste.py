"""What idle resources cost together: several checks may name one, whose bill comes but once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal

REVIEW = "review"
"""The confidence of what is no waste yet, but worth a look: no sum counts it."""

Cost = tuple[Hashable, Decimal | None]
"""A resource, and what one finding about it costs a month; None where that is not known."""


def counted_once(costs: Iterable[Cost]) -> Decimal:
    """USD a month of all resources, each at its dearest finding.

    >>> counted_once([("db-1", Decimal(90)), ("db-1", Decimal(70)), ("db-2", None)])
    Decimal('90')
    """
    dearest: dict[Hashable, Decimal] = {}
    for resource, cost in costs:
        dearest[resource] = max(dearest.get(resource, Decimal(0)), cost or Decimal(0))
    return sum(dearest.values(), Decimal(0))


def beyond(costs: Iterable[Cost], others: Iterable[Cost]) -> Decimal:
    """USD a month that these findings add to those which others name anyway.

    >>> beyond([("db-1", Decimal(90)), ("db-2", Decimal(5))], [("db-1", Decimal(70))])
    Decimal('25')
    """
    known = list(others)
    return counted_once([*known, *costs]) - counted_once(known)
