from concurrent.futures import ThreadPoolExecutor

import pytest

from cost_pipeline.catalog import loader
from cost_pipeline.catalog.loader import CatalogError, assemble, load_catalog, parse_file

FILE = """
service: demo
title: Demo
source: demo.amazonaws.com
resources: {thing: {title: Thing, id: "arn:{partition}:demo:{region}:{account}:thing/{id}"}}
calls:
  - names: [MakeThing]
    action: start
    resource_type: thing
    pricing: free
    ids: requestParameters.name
    examples: [{record: {requestParameters: {name: a}}, yields: nothing}]
"""


def test_the_catalog_is_loaded_once() -> None:
    assert load_catalog() is load_catalog()


def test_calls_are_found_by_source_and_name() -> None:
    catalog = load_catalog()
    call = catalog.get("ec2.amazonaws.com", "RunInstances")
    assert call is not None
    assert ("ec2.amazonaws.com", "RunInstances") in catalog.calls
    assert catalog.get("ec2.amazonaws.com", "DescribeInstances") is None
    assert {(call.source, call.name) for call in catalog.entries} == catalog.calls


def test_ids_that_are_only_names_become_unique() -> None:
    catalog = assemble([parse_file(FILE, "demo.yaml")])
    call = catalog.get("demo.amazonaws.com", "MakeThing")
    assert call is not None
    scope: dict[str, object] = {"region": "eu-west-1", "account": "1", "partition": "aws"}
    scope |= {"responseElements": {}, "userIdentity": {}, "tags": {}}
    for name in ("a", "arn:aws:demo:eu-west-1:1:thing/a"):
        ((_, line),) = call.lines({**scope, "requestParameters": {"name": name}})
        assert line.ids == ("arn:aws:demo:eu-west-1:1:thing/a",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("action: start", "action: begin", "Invalid enum value 'begin'"),
        ("pricing: free", "pricing: usage", "MakeThing is priced by use, so it must say `because`"),
        ("pricing: free", "pricing: stated", "MakeThing states its price"),
        ("action: start", "action: stop", "MakeThing stops something"),
        ("pricing: free", "pricing: free\n    adds: true", "MakeThing adds to what there is"),
        ("resource_type: thing", "resource_type: thong", "names thong"),
        ("requestParameters.name", "requestParameters..name", "is not JMESPath"),
        ("names: [MakeThing]", "names: []", "has no names"),
        ("service: demo", "servise: demo", "servise"),
        ("title: Demo", "title: [Demo", "demo.yaml"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, message: str) -> None:
    with pytest.raises(CatalogError, match=message.replace("[", r"\[")):
        assemble([parse_file(FILE.replace(old, new, 1), "demo.yaml")])


def test_a_call_is_catalogued_once() -> None:
    again = parse_file(
        FILE.replace("thing:", "other:").replace("type: thing", "type: other"), "again.yaml"
    )
    with pytest.raises(CatalogError, match="MakeThing is catalogued twice"):
        assemble([parse_file(FILE, "demo.yaml"), again])


def test_a_resource_type_is_defined_once() -> None:
    again = parse_file(FILE.replace("MakeThing", "MakeOther"), "again.yaml")
    with pytest.raises(CatalogError, match="thing is defined twice"):
        assemble([parse_file(FILE, "demo.yaml"), again])


def test_nothing_is_both_catalogued_and_ignored() -> None:
    ignored = FILE + "ignored: [{names: [MakeThing], because: no reason}]\n"
    with pytest.raises(CatalogError, match="both catalogued and ignored"):
        assemble([parse_file(ignored, "demo.yaml")])


def test_dates_in_examples_stay_text() -> None:
    file = parse_file(FILE.replace("name: a", "name: a, at: 2026-01-05"), "demo.yaml")
    assert file.calls[0].examples[0].record["requestParameters"]["at"] == "2026-01-05"


def test_who_asks_at_the_same_time_gets_the_same_catalog() -> None:
    loader._packaged.cache_clear()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: loader.load_catalog(), range(2))
    assert first is second
