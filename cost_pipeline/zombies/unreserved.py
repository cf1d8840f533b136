"""What runs for long at the price on demand: shared by the checks for missing reservations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate
from cost_pipeline.zombies.view import View, number

_HOLDS = ("active", "payment-pending")


def active(view: View, api: str, class_name: str, count_name: str) -> dict[str, Decimal]:
    """How many of each class are reserved."""
    reserved: dict[str, Decimal] = {}
    for lease in view.items(api):
        if lease.get("State") in _HOLDS:
            name = str(lease[class_name])
            reserved[name] = reserved.get(name, Decimal(0)) + number(lease.get(count_name))
    return reserved


def long_enough(view: View, made: datetime | None) -> bool:
    """Whether it has run for so long that it will most likely run on."""
    return made is not None and view.days_since(made) >= view.limit("min_days")


def unreserved(
    view: View,
    name: str,
    attributes: Mapping[str, Attribute],
    running: Decimal,
    reserved: dict[str, Decimal],
    resource_class: str,
) -> Iterator[Candidate]:
    """One finding for all of a class that no reservation covers; `reserved` is used up."""
    covered = min(running, reserved.get(resource_class, Decimal(0)))
    reserved[resource_class] = reserved.get(resource_class, Decimal(0)) - covered
    left = running - covered
    if left:
        share = number(view.limit("saves")) / 100
        yield Candidate(
            resource_id=f"unreserved/{view.account_id}/{view.region}/{name}",
            name=name,
            bills=(Bills(view.meta.resource_type, attributes, left * share),),
            facts={"running": str(running), "reserved": str(covered)},
        )
