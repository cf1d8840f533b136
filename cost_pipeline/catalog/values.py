"""Values of a record as the catalog takes them: numbers, texts, price attributes."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from cost_pipeline.core.calls import Attribute

_NUMBER = re.compile(r"(0|[1-9][0-9]{0,15})([.][0-9]{1,9})?")


def decimal_of(value: object) -> Decimal | None:
    """A number, also one that is written as text; None for everything else.

    >>> decimal_of("1.50"), decimal_of(True), decimal_of([1])
    (Decimal('1.50'), None, None)
    """
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def text_of(value: object) -> str | None:
    """A text or a number as text; None where it is empty or something else."""
    if value is None or isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def attribute_of(value: object) -> Attribute | None:
    """A price attribute: numbers are numbers, also where they are written as text."""
    if isinstance(value, bool):
        return value
    return _attribute_written(value) if isinstance(value, str) else decimal_of(value)


@lru_cache(maxsize=4096)
def _attribute_written(text: str) -> Attribute | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else text.lower() or None
