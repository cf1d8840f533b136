"""What calls allow at most, as people read it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cost_pipeline.core.worst_case import BOUND, COUNT, HOURLY_COST, QUANTITY
from ui.components import bounds


def _event(hourly: str | None, quantity: str | None, bound: str | None) -> dict[str, Any]:
    return {
        "event_name": "Call",
        "hourly_cost": Decimal(0),
        HOURLY_COST: hourly and Decimal(hourly),
        QUANTITY: quantity and Decimal(quantity),
        BOUND: bound,
    }


def _bound(hourly: str | None, quantity: str, bound: str, call: str = "Call") -> dict[str, Any]:
    return {
        "event_name": call,
        "resource_ids": ["web"],
        "hourly_cost": hourly and Decimal(hourly),
        "quantity": Decimal(quantity),
        "bound": bound,
        "stopped_at": None,
        "standing": 1,
    }


def test_a_table_has_the_columns_only_where_a_row_has_a_worst_case() -> None:
    none, most = _event(None, None, None), _event("310", "1E+2", "most")
    each, asked = _event("0.05", "1", "each"), _event(None, "10", "asked")
    assert bounds.table([none]) == [{"event_name": "Call", "hourly_cost": Decimal(0)}]
    rows = bounds.table([none, most, each, asked])
    assert [(row[bounds.USD], row[bounds.WORDS]) for row in rows] == [
        (None, None),
        (310, "all 100 allowed"),
        (Decimal("0.05"), "each use"),
        (None, "10 asked for"),
    ]
    assert list(rows[0]) == ["event_name", "hourly_cost", bounds.USD, bounds.WORDS]
    assert bounds.table([]) == []


def test_of_several_bounds_of_an_anomaly_the_costliest_is_told() -> None:
    one, three = ({**_event("310", "100", "most"), COUNT: count} for count in (1, 3))
    unknown = {**_event(None, "100", "most"), COUNT: 2}
    told = [row[bounds.WORDS] for row in bounds.table([one, three, unknown])]
    assert told == [
        "all 100 allowed",
        "all 100 allowed, the costliest of 3",
        "all 100 allowed, one of 2",
    ]
    said = r" · at worst **\$310\.00** an hour, all 100 allowed, the costliest of 3"
    assert bounds.aside(three) == said
    assert bounds.aside(_event(None, None, None)) == ""


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (
            _bound("310", "100", "most"),
            r"Now **\$12\.40** an hour; at most **\$310\.00** an hour if web grows to the 100 that"
            " Call allows.",
        ),
        (
            _bound("0.16", "1", "most"),
            r"Now **\$12\.40** an hour; at most **\$0\.16** an hour, as Call allows web.",
        ),
        (
            _bound("0.05", "1", "each"),
            r"Now **\$12\.40** an hour; **\$0\.05** an hour for each use of web, and nothing bounds"
            " how many there are.",
        ),
        (
            _bound("0.96", "10", "asked"),
            r"Now **\$12\.40** an hour; **\$0\.96** an hour for the 10 that Call asks for, within"
            " what web is allowed.",
        ),
        (
            _bound(None, "40", "most"),
            r"Now **\$12\.40** an hour; at most what no record says if web grows to the 40 that"
            " Call allows.",
        ),
    ],
)
def test_each_kind_of_bound_is_a_sentence(bound: dict[str, Any], said: str) -> None:
    assert bounds.of_anomaly(Decimal("12.4"), [bound]) == said


def test_several_bounds_are_listed_and_not_added() -> None:
    two = [_bound("310", "100", "most"), _bound("2", "1", "each")]
    said = bounds.of_anomaly(0, [one | {"standing": 2} for one in two])
    assert said is not None
    assert said.startswith(r"Now **\$0\.00** an hour. Beside that, and in no sum:")
    assert said.count("\n- ") == 2
    assert "312" not in said
    assert bounds.of_anomaly(0, []) is None


def test_bounds_that_are_not_told_are_counted() -> None:
    most = _bound("310", "100", "most") | {"standing": 9}
    said = bounds.of_anomaly(0, [most, most])
    assert said is not None
    assert said.endswith("allows.\n- And 7 more.")
    assert said.count("\n- ") == 3
    alone = bounds.of_anomaly(0, [most | {"standing": 2}])
    assert alone is not None
    assert alone.endswith("allows.\n- And 1 more.")


def test_what_has_ended_grows_no_more() -> None:
    ended = _bound("310", "100", "most") | {"stopped_at": datetime(2026, 3, 10, tzinfo=UTC)}
    assert bounds.of_anomaly(0, [ended]) is None


def test_a_name_from_outside_stays_text() -> None:
    sly = _bound("1", "2", "most") | {"resource_ids": ["[x](http://evil.example)"]}
    said = bounds.of_anomaly(0, [sly])
    assert said is not None
    assert "](" not in said


def test_a_call_tells_what_it_allows_where_it_allows_more() -> None:
    said = bounds.of_call(_event("310", "100", "most"))
    assert said == (
        r"This call adds **\$0\.00** an hour; at most **\$310\.00** an hour if it grows to the 100"
        " that it allows."
    )
    assert bounds.of_call(_event(None, None, None)) is None
    assert bounds.of_call({"event_name": "a refused call"}) is None
