"""Every example again in the other shapes that AWS writes the same thing in."""

import copy
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from cost_pipeline.catalog.examples import example_record
from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.catalog.model import Example
from cost_pipeline.catalog.reader import CompiledCall
from cost_pipeline.core.model import CostEvent, RefusedCall
from cost_pipeline.core.normalize import normalize
from cost_pipeline.prices.book import PriceBook

Shape = Callable[[str, str, Any], Any]
BODIES = {"requestParameters": "Request", "responseElements": "Response"}


def collapsed(name: str, suffix: str, body: Any) -> Any:
    """Lists of one become their element."""
    if isinstance(body, list):
        items = [collapsed(name, suffix, item) for item in body]
        return items[0] if len(items) == 1 else items
    if isinstance(body, dict):
        return {key: collapsed(name, suffix, item) for key, item in body.items()}
    return body


def as_text(name: str, suffix: str, body: Any) -> Any:
    """Numbers and truths become texts."""
    if isinstance(body, list):
        return [as_text(name, suffix, item) for item in body]
    if isinstance(body, dict):
        return {key: as_text(name, suffix, item) for key, item in body.items()}
    if isinstance(body, bool):
        return str(body).lower()
    return str(body) if isinstance(body, int | float) else body


def lower_first(name: str, suffix: str, body: Any) -> Any:
    """Names begin with a small letter."""
    if isinstance(body, list):
        return [lower_first(name, suffix, item) for item in body]
    if isinstance(body, dict):
        pairs = ((key[:1].lower() + key[1:], item) for key, item in body.items())
        return {key: lower_first(name, suffix, item) for key, item in pairs}
    return body


def unwrapped(name: str, suffix: str, body: Any) -> Any:
    """EC2's wrapper is left out."""
    inner = body.get(name + suffix) if isinstance(body, dict) else None
    return body if inner is None else lower_first(name, suffix, inner)


def wrapped(name: str, suffix: str, body: Any) -> Any:
    """EC2's wrapper is put around."""
    if not isinstance(body, dict) or any(key.endswith(suffix) for key in body):
        return body
    return {name + suffix: body}


def in_an_object(name: str, suffix: str, body: Any) -> Any:
    """An answer of the services that speak XML keeps its wrapper."""
    return {"dBInstance": body} if suffix == "Response" and isinstance(body, dict) else body


KEEP_NO_WRAPPER = ("rds.amazonaws.com", "elasticache.amazonaws.com", "redshift.amazonaws.com")
SHAPES: list[Shape] = [collapsed, as_text, lower_first, unwrapped, wrapped, in_an_object]


def outcome(call: CompiledCall, record: dict[str, Any]) -> list[CostEvent] | RefusedCall | None:
    return normalize(
        example_record(call.source, call.name, Example(record=record, yields=[])),
        tenant_id="default",
        partition_day=date(2026, 1, 5),
        catalog=load_catalog(),
        prices=PriceBook.packaged(),
    )


def said(found: list[CostEvent] | RefusedCall | None) -> object:
    """What counts of an outcome: ids, classes, numbers and prices."""
    if not isinstance(found, list):
        return type(found)
    return [
        (
            event.resource_ids,
            event.resource_class,
            event.quantity,
            event.hourly_cost,
            event.rate_after,
            event.one_time_cost,
            event.price_basis,
            event.data.get("workload"),
            event.data.get("units"),
            event.data.get("worst_case_hourly_cost"),
        )
        for event in found
    ]


def cases() -> Iterator[object]:
    for call in load_catalog().entries:
        service = call.source.partition(".")[0]
        for number, example in enumerate(call.entry.examples):
            yield pytest.param(call, example.record, id=f"{service}-{call.name}-{number}")


@pytest.mark.parametrize(("call", "record"), list(cases()))
def test_an_example_yields_the_same_in_every_shape(
    call: CompiledCall, record: dict[str, Any]
) -> None:
    expected = said(outcome(call, record))
    for shape in SHAPES:
        if shape is wrapped and call.source != "ec2.amazonaws.com":
            continue
        if shape is in_an_object and call.source not in KEEP_NO_WRAPPER:
            continue
        other = copy.deepcopy(record)
        for body, suffix in BODIES.items():
            if body in other:
                other[body] = shape(call.name, suffix, other[body])
        assert said(outcome(call, other)) == expected, shape.__doc__


@pytest.mark.parametrize("call", load_catalog().entries, ids=lambda call: call.name)
def test_a_start_without_an_answer_is_an_event_all_the_same(call: CompiledCall) -> None:
    for example in call.entry.examples:
        if call.action in ("start", "purchase") and isinstance(example.yields, list):
            found = outcome(call, example.record | {"responseElements": None})
            assert isinstance(found, list)
            assert all(event.resource_ids for event in found)
