"""Lines of a record that are alike but for their resources, joined."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from cost_pipeline.core.calls import Line


def merged(lines: list[Line]) -> Sequence[Line]:
    """Lines that are alike but for their ids, joined into one."""
    if len(lines) < 2:
        return lines
    alike: dict[str, list[Line]] = {}
    for line in lines:
        alike.setdefault(repr(replace(line, ids=())), []).append(line)
    return [_joined(group) for group in alike.values()]


def _joined(group: list[Line]) -> Line:
    first = group[0]
    ids = tuple(dict.fromkeys(name for line in group for name in line.ids))
    times = Decimal(len(group))
    return replace(
        first,
        ids=ids,
        units=tuple(replace(unit, quantity=unit.quantity * times) for unit in first.units),
        before=tuple(replace(unit, quantity=unit.quantity * times) for unit in first.before),
        once=None if first.once is None else first.once * times,
        hourly=None if first.hourly is None else first.hourly * times,
    )
