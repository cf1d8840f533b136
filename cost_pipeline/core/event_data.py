"""What is kept of a cost event beside its columns: how it was priced, what it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from cost_pipeline.core import worst_case
from cost_pipeline.core.calls import UNKNOWN_KIND, Call, Line, Prices
from cost_pipeline.core.cloudtrail import Record
from cost_pipeline.core.costing import Cost, worst_case_of
from cost_pipeline.core.model import HOURS_PER_YEAR


class _Said(msgspec.Struct, omit_defaults=True):
    """What else is worth keeping of a cost event: only what says something is written down."""

    price: str
    attributes: Mapping[str, Any] = {}
    user_agent: str | None = None
    source_ip: str | None = None
    invoked_by: Any = None
    rate: Decimal | None = None
    unit_rate: Decimal | None = None
    unit_once: Decimal | None = None
    units: Decimal | None = None
    hours: Decimal | None = None
    same_as: str | None = None
    defined_by: str | None = None
    workload: str | None = None
    ends_with: str | None = None
    final: bool = False
    size_gb: Decimal | None = None
    sized_by: str | None = None
    assumed_gb: int | None = None
    nameless: Decimal | None = None
    kept: Mapping[str, Any] = {}
    because: str = ""


def event_data(
    call: Call,
    line: Line,
    record: Record,
    identity: object,
    region: str,
    cost: Cost,
    prices: Prices,
) -> dict[str, Any]:
    """What else is kept of a line of a record, by name, as JSON takes it."""
    of = line.defined_by or None
    said = _Said(
        price=cost.explanation,
        attributes=line.units[0].attributes if len(line.units) == 1 else {},
        user_agent=record.user_agent or None,
        source_ip=record.source_ip_address or None,
        invoked_by=(identity.get("invokedBy") or None) if isinstance(identity, dict) else None,
        rate=cost.rate,
        unit_rate=cost.unit_rate,
        unit_once=cost.unit_once,
        units=line.counted,
        hours=line.hours,
        same_as=of if call.defines else None,
        defined_by=None if call.defines else of,
        workload=line.workload,
        ends_with=call.ends_with,
        final=call.final,
        size_gb=line.size_gb,
        sized_by=line.sized_by,
        assumed_gb=line.assumed_gb,
        nameless=line.nameless,
        kept=line.kept,
        because=call.because,
    )
    data: dict[str, Any] = msgspec.to_builtins(said)
    if line.worst or call.defines or line.term is not None or cost.term is not None:  # few calls
        data |= _bounds(call, line, region, cost, prices)
    return data


def _bounds(call: Call, line: Line, region: str, cost: Cost, prices: Prices) -> dict[str, Any]:
    """The most that a call allows, and what a commitment comes to over its term."""
    data: dict[str, Any] = {}
    worst = worst_case_of(call, line, cost, region, prices)
    if worst is not None:
        data[worst_case.QUANTITY] = str(worst.quantity)
        data["worst_case_price"] = worst.explanation
        if line.bound != "most":
            data[worst_case.BOUND] = line.bound
        if worst.hourly is not None:
            data[worst_case.HOURLY_COST] = str(worst.hourly)
        elif line.worst_of is not None:
            data["worst_case_of"] = line.worst_of
            data["worst_case_price"] = f"what earlier calls say of {line.worst_of}"
        elif call.worst_kind[1] == UNKNOWN_KIND:
            data["worst_case_price"] = "what one costs no record says"
    term = cost.term if line.term is None else line.term
    if term is not None:
        data["term_years"] = str(term)
        if cost.hourly is not None:
            committed = cost.once + cost.hourly * HOURS_PER_YEAR * term
            data["committed_cost"] = str(committed)
    return data
