"""Functions that the catalog's expressions may use beside those of JMESPath.

Null in, null out: what a record does not say stays unknown. Numbers may be written as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote


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
    found = re.search(pattern, text) if isinstance(text, str) else None
    return found.group(1) if found else None


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "product": product,
    "plus": plus,
    "quotient": quotient,
    "total": total,
    "list": list_of,
    "count": count,
    "texts": texts,
    "decoded": decoded,
    "match": match,
}
"""By the name that an expression uses."""
