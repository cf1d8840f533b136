"""What calls allow at most, in words: beside what they cost now, and never added to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from cost_pipeline.core.wording import bounded, one_of
from cost_pipeline.core.worst_case import BOUND, COUNT, HOURLY_COST, OF_CALL, QUANTITY
from ui.components import show

Row = Mapping[str, Any]
USD, WORDS = "worst case / h", "of what"
"""What these are called in a table."""
_SHOWN = {HOURLY_COST: USD, BOUND: WORDS}
_OURS = (*OF_CALL, COUNT)


def columns(row: Row) -> dict[str, Any]:
    """A row's worst case, as `table` takes it; of an anomaly also of how many it is."""
    return {name: row[name] for name in _OURS if name in row}


def table(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows for a table: what each cost event or anomaly allows at most, and of what.

    Where none of them does, the table lacks these columns.

    >>> table([{"call": "a", HOURLY_COST: 2, QUANTITY: Decimal(100), BOUND: "most"}])
    [{'call': 'a', 'worst case / h': 2, 'of what': 'all 100 allowed'}]
    >>> table([{"call": "a", HOURLY_COST: None, QUANTITY: None, BOUND: None}])
    [{'call': 'a'}]
    """
    told = any(row[BOUND] for row in rows)
    return [
        {
            _SHOWN.get(name, name): _few_words(row) if name == BOUND else value
            for name, value in row.items()
            if name not in _OURS or (told and name in _SHOWN)
        }
        for row in rows
    ]


def _few_words(row: Row) -> str | None:
    if row[BOUND] is None:
        return None
    words = bounded(row[BOUND], row[QUANTITY])
    return words + one_of(row.get(COUNT), priced=row[HOURLY_COST] is not None)


def aside(row: Row) -> str:
    """The end of a line that tells of an anomaly, in Markdown; empty for most."""
    if row[BOUND] is None:
        return ""
    return f" · at worst {_money(row[HOURLY_COST])}, {_few_words(row)}"


def of_call(event: Row) -> str | None:
    """What one cost event allows, as a sentence in Markdown; None where it allows no more."""
    if event.get(BOUND) is None:
        return None
    now = f"This call adds {_money(event['hourly_cost'])}"
    return f"{now}; {_sentence(event[BOUND], event[HOURLY_COST], event[QUANTITY], 'it', None)}."


def of_anomaly(now: object, bounds: Sequence[Row]) -> str | None:
    """What an anomaly costs an hour now, and may, as Markdown; None where it cannot grow.

    Args:
        now: USD an hour.
        bounds: the first that `worst_cases` tells of it; what has ended is left out, and how many
            there are beside these is said.
    """
    said = [
        _sentence(
            one["bound"],
            one["hourly_cost"],
            one["quantity"],
            show.plain(one["resource_ids"][0] if one["resource_ids"] else "it"),
            show.plain(one["event_name"]),
        )
        for one in bounds
        if one["stopped_at"] is None
    ]
    if not said:
        return None
    more = bounds[0]["standing"] - len(said)
    if len(said) + more == 1:
        return f"Now {_money(now)}; {said[0]}."
    items = [*_items(said), *([f"- And {more} more."] if more else [])]
    return "\n".join([f"Now {_money(now)}. Beside that, and in no sum:", "", *items])


def _items(said: Sequence[str]) -> list[str]:
    return [f"- {one[0].upper()}{one[1:]}." for one in said]


def _sentence(bound: str, hourly: object, quantity: Decimal, what: str, call: str | None) -> str:
    money, number = _money(hourly), _number(quantity)
    by = f"{call} " if call else "it "
    if bound == "each":
        return f"{money} for each use of {what}, and nothing bounds how many there are"
    if bound == "asked":
        return f"{money} for the {number} that {by}asks for, within what {what} is allowed"
    if number == "1":
        return f"at most {money}, as {by}allows {'' if call is None else what}".rstrip()
    return f"at most {money} if {what} grows to the {number} that {by}allows"


def _money(hourly: object) -> str:
    if hourly is None:
        return "what no record says"
    return f"**{show.plain(show.usd(hourly))}** an hour"


def _number(quantity: Decimal | None) -> str:
    return "" if quantity is None else f"{quantity.normalize():,f}"
