"""What an entry leaves out for a record's shape is what the record would not have answered."""

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_pipeline.catalog import reader
from cost_pipeline.catalog.leaner import Shape, leaner
from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.catalog.reader import CompiledCall
from cost_pipeline_tests.fixtures.records import real_records

Document = dict[str, Any]
PARTS = ("requestParameters", "responseElements", "userIdentity")
EVERYWHERE = {"region": "us-east-1", "account": "1", "partition": "aws", "eventID": "e", "tags": {}}


def document(record: dict[str, Any]) -> Document:
    return EVERYWHERE | {part: record.get(part) or {} for part in PARTS}


@cache
def said() -> list[tuple[CompiledCall, Document]]:
    catalog = load_catalog()
    found = [
        (call, document(example.record))
        for call in catalog.entries
        for example in call.entry.examples
    ]
    for record in real_records():
        call = catalog.get(record["eventSource"], record["eventName"])
        if call is not None:
            found.append((call, document(record)))
    return found


def lines(call: CompiledCall, about: Document) -> object:
    call._of_shape.clear()
    try:
        return [(one.resource_type, line) for one, line in call.lines(about)]
    except (ValueError, TypeError, ArithmeticError) as error:
        return repr(error)


def assert_leaving_out_changes_nothing(
    cases: list[tuple[CompiledCall, Document]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lean = [lines(*case) for case in cases]
    with monkeypatch.context() as context:
        context.setattr(reader, "leaner", lambda entry, shape: entry)
        whole = [lines(*case) for case in cases]
    for call, _ in cases:
        call._of_shape.clear()
    assert lean == whole


def test_nothing_that_a_record_says_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_leaving_out_changes_nothing(said(), monkeypatch)


def _without(part: Document, key: str, _: random.Random) -> Document:
    return {name: value for name, value in part.items() if name != key}


def _spelled(part: Document, key: str, chance: random.Random) -> Document:
    other = chance.choice([str.upper, str.lower, str.swapcase, str.title])(key)
    return {other if name == key else name: value for name, value in part.items()}


def _wrapped(part: Document, _: str, chance: random.Random) -> Document:
    return {chance.choice(["XRequest", "XResponse", "XResult", "x"]): part}


def _beside_a_wrapper(part: Document, key: str, chance: random.Random) -> Document:
    return _without(part, key, chance) | {"requestId": "1", "MadeUpResponse": {key: part[key]}}


def _emptied(part: Document, key: str, chance: random.Random) -> Document:
    return part | {key: chance.choice([None, "", {}, [], {"items": []}])}


CHANGES: list[Callable[[Document, str, random.Random], Document]] = [
    *(_without, _without, _spelled, _wrapped, _beside_a_wrapper, _emptied),
]


@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 2**32))
def test_so_it_is_of_records_in_any_shape(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same cases every time
    cases = []
    for call, about in chance.sample(said(), 50):
        changed = dict(about)
        for _ in range(chance.randint(1, 3)):
            part = chance.choice(PARTS)
            if changed[part]:
                key = chance.choice(sorted(changed[part]))
                changed[part] = chance.choice(CHANGES)(changed[part], key, chance)
        cases.append((call, changed))
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_leaving_out_changes_nothing(cases, monkeypatch)


def test_a_launch_without_tags_is_not_asked_for_any() -> None:
    call = load_catalog().get("ec2.amazonaws.com", "RunInstances")
    assert call is not None
    launch = document(
        {
            "requestParameters": {"instanceType": "m5.large"},
            "responseElements": {"instancesSet": {"items": [{"instanceId": "i-1"}]}},
        }
    )
    lean = leaner(call.entry, Shape.of(launch))
    tagged = leaner(call.entry, Shape.of(launch | {"tags": {"aws:autoscaling:groupName": "web"}}))
    assert lean is not None
    assert tagged is not None
    assert not any("tags." in path for path in lean.workload)
    assert "named('asg', tags.\"aws:autoscaling:groupName\")" in tagged.workload


def test_what_the_first_of_several_machines_does_not_say_is_not_asked() -> None:
    call = load_catalog().get("ec2.amazonaws.com", "RunInstances")
    assert call is not None
    machine = {"instanceId": "i-1", "placement": {"tenancy": "dedicated"}}
    launch = document(
        {
            "requestParameters": {"instanceType": "m5.large"},
            "responseElements": {"instancesSet": {"items": [machine]}},
        }
    )
    lean = leaner(call.entry, Shape.of(launch | {"first": machine}))
    assert lean is not None
    assert set(lean.attributes) == {"tenancy"}
    ((_, line),) = call.lines(launch)
    assert line.units[0].attributes == {"tenancy": "dedicated"}
