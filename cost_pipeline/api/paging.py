"""Pages: a cursor is the place where the page before ended, written so that it fits an address."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from cost_pipeline.api.problems import ProblemError

Limit = Annotated[int, Query(ge=1, le=500, description="How many rows a page has at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=2000, pattern="^[A-Za-z0-9_-]+$", description="`next` of the page before."),
]
TEXT = r"^[^\u0000]*$"
"""What any text may hold: everything but the zero byte, which Postgres cannot keep."""


def end_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], limit: int) -> str | None:
    """The cursor of the next page; None where this one was the last.

    >>> end_of([{"id": 3}], ["id"], 2) is None, end_of([{"id": 3}], ["id"], 1)
    (True, 'WyIzIl0')
    """
    if len(rows) < limit:
        return None
    values = [_text(rows[-1][column]) for column in columns]
    written = json.dumps(values, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


def place(cursor: str | None, *kinds: Callable[[str], Any]) -> list[Any] | None:
    """The values that a cursor stands for.

    >>> place("WyIzIl0", int)
    [3]

    Raises:
        ProblemError: 400, for one that we never gave out.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        found = [kind(_checked(value)) for kind, value in zip(kinds, values, strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError):
        raise ProblemError(400, "This cursor is not one of ours; start without one.") from None
    return found


def moment(text: str) -> datetime:
    """A moment with its zone, as cursors write it; raises `ValueError` for anything else."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at


def number(text: str) -> int:
    """A row's number, within what Postgres counts with."""
    value = int(text)
    if abs(value) >= 2**63:
        raise ValueError("too large")
    return value


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with money and quantities as JSON numbers."""
    return {
        name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()
    }


def _checked(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("no text")
    value.encode()  # a lone surrogate is no text either
    return value


def _text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | UUID) else json.dumps(value)
