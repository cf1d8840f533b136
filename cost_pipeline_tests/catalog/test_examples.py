from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline.catalog.examples import example_record
from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.catalog.model import Example, Yield
from cost_pipeline.catalog.reader import CompiledCall
from cost_pipeline.core.model import CostEvent, RefusedCall
from cost_pipeline.core.normalize import normalize
from cost_pipeline.prices.book import PriceBook

DAY = date(2026, 1, 5)


def cases() -> Iterator[object]:
    for call in load_catalog().entries:
        for number, example in enumerate(call.entry.examples):
            service = call.source.partition(".")[0]
            yield pytest.param(call, example, id=f"{service}-{call.name}-{number}")


def outcome(call: CompiledCall, example: Example) -> list[CostEvent] | RefusedCall | None:
    return normalize(
        example_record(call.source, call.name, example),
        tenant_id="default",
        partition_day=DAY,
        catalog=load_catalog(),
        prices=PriceBook.packaged(),
    )


@pytest.mark.parametrize(("call", "example"), list(cases()))
def test_an_example_yields_what_it_says(call: CompiledCall, example: Example) -> None:
    found = outcome(call, example)
    if example.yields == "nothing":
        assert found is None
    elif example.yields == "refused":
        assert isinstance(found, RefusedCall)
    else:
        assert isinstance(found, list)
        assert len(found) == len(example.yields)
        for event, expected in zip(found, example.yields, strict=True):
            check(event, expected)


def check(event: CostEvent, expected: Yield) -> None:
    assert event.resource_ids == tuple(expected.ids or [])
    assert event.resource_class == expected.resource_class
    assert event.quantity == Decimal(expected.quantity or len(event.resource_ids))
    assert number(event.hourly_cost) == number(expected.hourly_cost)
    assert number(event.rate_after) == number(expected.rate_after)
    assert event.one_time_cost == Decimal(expected.one_time_cost or 0)
    assert event.price_basis == expected.basis
    assert event.data.get("workload") == expected.workload
    assert number(event.data.get("worst_case_hourly_cost")) == number(expected.worst_case)
    if expected.worst_of:
        assert event.data.get("worst_case_of") == expected.worst_of
    if expected.sized_by or expected.unit_rate:
        assert number(event.data.get("unit_rate")) == number(expected.unit_rate)
    assert event.data.get("sized_by") == expected.sized_by
    assert event.data.get("same_as") == expected.same_as
    assert number(event.data.get("term_years")) == number(expected.term_years)
    assert event.data.get("kept", {}) == expected.kept


def number(value: Decimal | str | None) -> Decimal | None:
    """Compared to eight places: a rate may be a third of something."""
    return None if value is None else round(Decimal(value), 8)


@pytest.mark.parametrize("call", load_catalog().entries, ids=lambda call: call.name)
def test_signs_follow_the_action(call: CompiledCall) -> None:
    for example in call.entry.examples:
        found = outcome(call, example)
        for event in found if isinstance(found, list) else []:
            if event.action == "stop":
                assert (event.hourly_cost, event.rate_after) == (None, 0)
            elif event.action != "change":
                assert event.hourly_cost is None or event.hourly_cost >= 0
            assert (
                event.price_basis == "unpriced"
                or event.hourly_cost is not None
                or (event.rate_after is not None)
                or "unit_rate" in event.data
            )
