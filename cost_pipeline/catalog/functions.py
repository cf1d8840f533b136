"""Functions that the catalog's expressions may use beside those of JMESPath.

Null in, null out: what a record does not say stays unknown. Numbers may be written as text.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

_HOURS_PER_YEAR = 8760


def number_of(value: Any) -> float | int | None:
    """A number, also one that is written as text.

    >>> number_of("1.50"), number_of("2"), number_of(True), number_of([])
    (1.5, 2, None, None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else number


def product(left: Any, right: Any) -> float | int | None:
    """One number times another."""
    first, second = number_of(left), number_of(right)
    return None if first is None or second is None else first * second


def plus(left: Any, right: Any) -> float | int | None:
    """One number and another."""
    first, second = number_of(left), number_of(right)
    return None if first is None or second is None else first + second


def quotient(left: Any, right: Any) -> float | int | None:
    """One number divided by another; null where that is zero."""
    dividend, divisor = number_of(left), number_of(right)
    return number_of(dividend / divisor) if dividend is not None and divisor else None


def total(numbers: Any) -> float | int | None:
    """The sum of a list, leaving out what is not a number; null for an empty one."""
    terms = [term for item in list_of(numbers) if (term := number_of(item)) is not None]
    return sum(terms) if terms else None


def recurring(commitment: Any, upfront: Any, years: Any) -> float | int | None:
    """What is left to pay an hour of a commitment whose upfront part is already paid.

    >>> recurring("4.5", "39420", 1), recurring("4.5", None, 1), recurring(None, "39420", 1)
    (0, 4.5, None)
    """
    hourly, paid, term = number_of(commitment), number_of(upfront), number_of(years)
    if hourly is None or not term:
        return None
    return number_of(max(hourly - (paid or 0) / (term * _HOURS_PER_YEAR), 0))


def list_of(value: Any) -> list[Any]:
    """EC2's lists: one element collapses to itself, none to null or an empty string."""
    if isinstance(value, list):
        return value
    return [] if value is None or value == "" else [value]


def count(value: Any) -> int | None:
    """How many a list has; null where there is none."""
    return None if value is None else len(list_of(value))


def texts(value: Any) -> list[str]:
    """The texts of an EC2 list, whose items may be wrapped as `{tag, content}`."""
    items = [item.get("content") if isinstance(item, dict) else item for item in list_of(value)]
    return [item for item in items if isinstance(item, str)]


def decoded(text: Any) -> Any:
    """Text without percent-encoding: ARNs in a REST path are encoded."""
    return unquote(text) if isinstance(text, str) else text


def match(text: Any, pattern: Any) -> str | None:
    """The first group of a regular expression, where it is found."""
    found = _compiled(pattern).search(text) if isinstance(text, str) else None
    return found.group(1) if found else None


_compiled = cache(re.compile)


def tags(value: Any) -> dict[str, str]:
    """Tags by key, from whatever shape a service writes them in, at any depth.

    >>> tags([{"key": "team", "value": "web"}]), tags({"Tag": {"Key": "team", "Value": "web"}})
    ({'team': 'web'}, {'team': 'web'})
    >>> tags({"team": "web"}), tags(None)
    ({'team': 'web'}, {})
    """
    found: dict[str, str] = {}
    _gather_tags(value, found)
    return found


def _gather_tags(value: Any, found: dict[str, str]) -> None:
    if isinstance(value, list):
        for item in value:
            _gather_tags(item, found)
    elif isinstance(value, dict):
        key = value.get("key", value.get("Key"))
        text = value.get("value", value.get("Value"))
        if isinstance(key, str) and isinstance(text, str | None):
            found.setdefault(key, text or "")
            return
        for name, inner in value.items():
            if isinstance(inner, str):
                found.setdefault(name, inner)
            else:
                _gather_tags(inner, found)


def hours_between(start: Any, end: Any) -> float | int | None:
    """Hours from one time to another, each as text of ISO 8601 or in milliseconds since 1970.

    >>> hours_between("2026-02-01T11:30:00.000Z", "2026-02-03T11:30:00.000Z")
    48
    """
    first, last = _time(start), _time(end)
    if first is None or last is None:
        return None
    return number_of((last - first).total_seconds() / 3600)


def _time(value: Any) -> datetime | None:
    if (milliseconds := number_of(value)) is not None:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def named(kind: Any, name: Any) -> str | None:
    """A name with its kind before it, `asg/web`; null where there is no name."""
    return f"{kind}/{name}" if isinstance(name, str) and name else None


def versioned(template: Any, version: Any) -> str | None:
    """The id of a launch template's version as the catalog keeps it; the latest has the template's.

    >>> versioned("lt-1", 3), versioned("lt-1", None), versioned("lt-1", "$Latest")
    ('lt-1/3', 'lt-1/$Default', 'lt-1')
    """
    if not isinstance(template, str) or not template:
        return None
    return template if version == "$Latest" else f"{template}/{version or '$Default'}"


def key_after(mapping: Any, prefix: Any) -> str | None:
    """What follows a prefix in the first key that has it: tags that hide a name in their key."""
    keys = mapping if isinstance(mapping, dict) else {}
    return next((k.removeprefix(prefix) for k in keys if k.startswith(prefix)), None)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "product": product,
    "plus": plus,
    "quotient": quotient,
    "total": total,
    "recurring": recurring,
    "list": list_of,
    "count": count,
    "texts": texts,
    "decoded": decoded,
    "match": match,
    "tags": tags,
    "hours_between": hours_between,
    "named": named,
    "versioned": versioned,
    "key_after": key_after,
}
"""By the name that an expression uses."""


def _first_not_null(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _length(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str | list | dict):
        return len(value)
    raise ValueError(f"length of {value!r}, which has none")


def _to_string(value: Any) -> str | None:
    """As JSON writes it: true, false, numbers; a text as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _contains(whole: Any, part: Any) -> bool | None:
    return part in whole if isinstance(whole, str | list) else None


def _join(glue: Any, items: Any) -> str:
    return str(glue).join(item for item in list_of(items) if isinstance(item, str))


STANDARD: dict[str, Callable[..., Any]] = {
    "not_null": _first_not_null,
    "to_number": number_of,
    "length": _length,
    "to_string": _to_string,
    "contains": _contains,
    "join": _join,
}
"""Functions of JMESPath itself that the catalog uses, with null in, null out."""


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    def compared(left: Any, right: Any) -> bool | None:
        first, second = number_of(left), number_of(right)
        return None if first is None or second is None else compare(first, second)

    return compared


COMPARISONS: dict[str, Callable[[Any, Any], bool | None]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": _ordered(operator.lt),
    "lte": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "gte": _ordered(operator.ge),
}
"""By jmespath's own names."""
