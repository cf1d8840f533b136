"""Money as messages say it: what something costs, and beside that what it may come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.core.wording import bounded, one_of
from cost_pipeline.core.worst_case import BOUND, CALL, COUNT, HOURLY_COST, OF_ANOMALY, QUANTITY


def usd(amount: object) -> str:
    """Money as people read it.

    >>> usd(1234.5), usd(0.0123), usd(None), usd(-3)
    ('$1,234.50', '$0.0123', 'unknown', '-$3.00')
    """
    if amount is None:
        return "unknown"
    value = float(str(amount))
    sign, size = ("-" if value < 0 else ""), abs(value)
    return f"{sign}${size:,.2f}" if size >= 0.1 or value == 0 else f"{sign}${size:,.4f}"


def at_worst(anomaly: Mapping[str, Any]) -> str | None:
    """What an anomaly may come to; None where it can grow no further.

    >>> from decimal import Decimal
    >>> row = dict(zip(OF_ANOMALY, (310, Decimal(100), "most", "UpdateAutoScalingGroup", 1)))
    >>> at_worst(row), at_worst({})
    ('$310.00 an hour, all 100 allowed by UpdateAutoScalingGroup', None)
    """
    return _told(anomaly, f" by {one_line(str(anomaly.get(CALL)))}")


def at_worst_of_many(anomaly: Mapping[str, Any]) -> str | None:
    """The same for a list, shorter: without the call that allows it.

    >>> from decimal import Decimal
    >>> at_worst_of_many(dict(zip(OF_ANOMALY, (None, Decimal(10), "asked", "CreateFleet", 3))))
    'what no record says, 10 asked for, one of 3'
    """
    return _told(anomaly, "")


def aside(anomaly: Mapping[str, Any]) -> str:
    """The same as the end of a line, which is empty for most."""
    told = at_worst_of_many(anomaly)
    return f"; at worst {told}" if told else ""


def worst_case(anomaly: Mapping[str, Any]) -> dict[str, Any]:
    """The same as data; empty where an anomaly can grow no further."""
    if anomaly.get(BOUND) is None:
        return {}
    return {name: anomaly[name] for name in OF_ANOMALY}


def _told(anomaly: Mapping[str, Any], by: str) -> str | None:
    if anomaly.get(BOUND) is None:
        return None
    hourly = anomaly[HOURLY_COST]
    money = "what no record says" if hourly is None else f"{usd(hourly)} an hour"
    words = bounded(anomaly[BOUND], anomaly[QUANTITY])
    return f"{money}, {words}{by}{one_of(anomaly[COUNT], priced=hourly is not None)}"
