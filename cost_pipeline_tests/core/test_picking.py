"""Picking gives what decoding every record gives, or leaves the file to that."""

import gzip
import json
import random
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core import picking
from cost_pipeline.core.cloudtrail import Quarantined, Record, read_log_file
from cost_pipeline.core.picking import Picker, counts_of
from cost_pipeline_tests.fixtures.records import canonical, real_records

NAMES = frozenset(name for _, name in load_catalog().calls)
PICKER = Picker(NAMES)
RUN = canonical({"eventName": "RunInstances", "eventID": "run"})
READ = canonical({"eventName": "DescribeInstances", "eventID": "read"})


def compact(*records: object) -> bytes:
    return json.dumps({"Records": records}, separators=(",", ":")).encode()


def plainly(text: bytes) -> tuple[int, list[tuple[int, Record]]]:
    log = read_log_file(text)
    assert not log.quarantined
    numbered = list(enumerate(log.records))
    return len(numbered), [(n, one) for n, one in numbered if one.call[1] in NAMES]


def picked(text: bytes) -> tuple[int, list[tuple[int, Record | Quarantined]]] | None:
    """What picking gives, without records that only carry a name elsewhere."""
    found = PICKER.pick(text)
    if found is None:
        return None
    count = found.count(counts_of(found.text))
    if count is None:
        return None
    matter = [
        (found.place(start), one)
        for start, one in found.found
        if isinstance(one, Quarantined) or one.call[1] in NAMES
    ]
    return count, matter


def test_it_finds_the_calls_and_their_places() -> None:
    text = compact(READ, RUN, READ, READ, RUN)
    found = picked(text)
    assert found == plainly(text)
    assert found is not None
    assert [number for number, _ in found[1]] == [1, 4]


def test_a_call_with_an_api_version_is_found() -> None:
    text = compact(READ, READ | {"eventName": "CreateFunction20150331v2"})
    assert picked(text) == plainly(text)


def test_a_name_that_stands_elsewhere_is_no_call() -> None:
    nested = READ | {"requestParameters": {"eventName": "RunInstances"}}
    text = compact(nested, READ)
    assert picked(text) == (2, []) == plainly(text)


def test_a_record_within_a_record_is_no_call() -> None:
    text = compact(READ | {"requestParameters": {"all": [RUN], "Records": [RUN]}}, READ)
    assert picked(text) == (2, []) == plainly(text)


def test_of_a_key_given_twice_the_last_counts() -> None:
    once = json.dumps(READ, separators=(",", ":"))
    twice = once[:-1] + ',"eventName":"RunInstances"}'
    text = f'{{"Records":[{twice},{once}]}}'.encode()
    assert picked(text) == plainly(text)
    assert len(plainly(text)[1]) == 1


SAFE_ELSEWHERE = {
    "white space around records": json.dumps({"Records": [READ, RUN]}).encode(),
    "a byte order mark": b"\xef\xbb\xbf" + compact(READ, RUN),
    "a hidden name": compact(READ, RUN).replace(b"RunInstances", b"\\u0052unInstances"),
    "a hidden key": compact(READ, RUN).replace(b"eventName", b"event\\u004eame"),
    "a hidden digit": compact(READ | {"eventName": "x"}).replace(b'"x"', b'"\\u0031"'),
    "another order in the record found": compact(READ, dict(reversed(RUN.items()))),
    "another order in the record after it": compact(RUN, dict(reversed(READ.items()))),
    "two lists of records": compact(RUN)[:-1] + b',"Records":[{}]}',
    "records within a record, after others": compact(
        READ | {"requestParameters": {"all": [1, {}, RUN, RUN, {"eventVersion": 1}]}}, READ
    ),
    "records within the record found": compact(RUN | {"requestParameters": [{}, READ, {}]}),
    "something after the records": compact(RUN)[:-1] + b',"more":[{}]}',
    "something before the records": b'{"more":1,' + compact(RUN)[1:],
    "a cut file": compact(READ, RUN)[:-20],
    "no records": compact(),
    "a list": b"[]",
    "nothing": b"",
}


@pytest.mark.parametrize("text", SAFE_ELSEWHERE.values(), ids=SAFE_ELSEWHERE)
def test_what_is_not_written_as_known_is_left_to_the_plain_way(text: bytes) -> None:
    assert PICKER.pick(text) is None


FORGED = [{"x": 1}, RUN, RUN, {"eventVersion": "1"}]
LISTS = {
    "of objects": FORGED,
    "after other things": [1, "a", [], *FORGED],
    "within lists": [[[], FORGED]],
    "within an object of a list": [{"a": {"b": FORGED}}, 1],
    "after texts with brackets": ["]", '["', "}]", *FORGED],
    "after texts with escapes": ['\\"]', "\\", *FORGED],
    "with brackets in the first object": [{"x": "}]", "y": "[{"}, *FORGED[1:]],
}


@pytest.mark.parametrize("forged", LISTS.values(), ids=LISTS)
def test_parameters_that_imitate_records_are_not_taken_for_records(forged: list[object]) -> None:
    """Whoever may call PutBucketPolicy could otherwise make up what others did."""
    text = compact(READ, READ | {"requestParameters": {"bucketPolicy": forged}}, READ)
    assert PICKER.pick(text) is None
    assert plainly(text) == (3, [])


def test_a_list_of_another_name_beside_the_records_is_not_taken_for_records() -> None:
    assert PICKER.pick(compact(READ)[:-1] + b"," + compact({}, RUN, READ)[1:]) is None
    other = compact({}, RUN, READ)[1:].replace(b"Records", b"others")
    assert PICKER.pick(compact(READ)[:-1] + b"," + other) is None


def test_lists_of_any_kind_do_not_stop_the_picking() -> None:
    lists = {"a": [[], [1, ["x"]]], "b": ["]", "\\"], "c": [{"d": [{}, {}]}, {"e": "[["}], "f": "["}
    text = compact(READ | {"requestParameters": lists}, RUN, READ | {"resources": [lists, lists]})
    assert picked(text) == plainly(text)
    assert picked(text) is not None


def test_where_a_record_begins_otherwise_every_record_is_counted_by_decoding() -> None:
    text = compact(RUN, READ, dict(reversed(READ.items())), READ)
    found = PICKER.pick(text)
    assert found is not None
    assert [one for _, one in found.found] == [one for _, one in plainly(text)[1]]
    assert found.count(counts_of(found.text)) is None


def test_without_hyperscan_every_record_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picking, "hyperscan", None)
    assert Picker(NAMES).pick(compact(READ, RUN, READ)) is None


@cache
def pool() -> list[dict[str, Any]]:
    return real_records()


def _reversed(record: dict[str, Any], _: random.Random) -> Any:
    return dict(reversed(record.items()))


def _shuffled(record: dict[str, Any], chance: random.Random) -> Any:
    keys = list(record)
    chance.shuffle(keys)
    return {key: record[key] for key in keys}


def _nested(record: dict[str, Any], chance: random.Random) -> Any:
    inner = chance.choice([{"eventName": "RunInstances"}, RUN, [RUN], [READ, RUN]])
    return record | {"requestParameters": {"inner": inner}}


def _named(record: dict[str, Any], chance: random.Random) -> Any:
    return record | {"eventName": chance.choice(sorted(NAMES))}


def _forged(record: dict[str, Any], chance: random.Random) -> Any:
    """Somebody's own parameters, made to look like records of others in lists of any kind."""
    records = [RUN] * chance.randint(1, 3) + [{"eventVersion": "1"}] * chance.randint(0, 2)
    first = chance.choice([{"x": 1}, {"x": ["}]"]}, {"x": '["'}, {"x": '\\"[{"'}, {"x": [[], {}]}])
    forged = [*chance.choice([[], [1], ["a]"], ["\\"], [[]], ["[{"]]), first, *records]
    for _ in range(chance.randint(0, 2)):
        forged = chance.choice([[forged], [{"y": forged}, 2], ["]", forged, "["], [[1], forged]])
    place = chance.choice(["requestParameters", "eventVersion", "tail"])
    return record | {place: {"policy": forged}}


def _quoting(record: dict[str, Any], _: random.Random) -> Any:
    return record | {"userAgent": json.dumps({"Records": [RUN]}) + "\\u0052},{"}


CHANGES = [_reversed, _shuffled, _nested, _named, _forged, _forged, _quoting]


def _written(record: dict[str, Any], chance: random.Random) -> str:
    """The record as text, in one of the ways that JSON allows."""
    text = json.dumps(record, separators=chance.choice([(",", ":")] * 6 + [(", ", ": ")]))
    way = chance.randrange(12)
    if way == 0:
        letter = chance.choice("RCnaem")
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    elif way == 1:
        text = text.replace('"eventName":', '"eventName" :\n')
    elif way == 2:
        text = text[:-1] + ',"eventName":"RunInstances"}'
    return text


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 2**32))
def test_mutated_real_records_give_the_same_either_way(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same cases every time
    records = chance.choices(pool(), k=chance.randint(1, 12))
    for _ in range(chance.randint(0, 2)):
        at = chance.randrange(len(records))
        records[at] = chance.choice(CHANGES)(records[at], chance)
    text = ('{"Records":[' + ",".join(_written(one, chance) for one in records) + "]}").encode()
    found = picked(text)
    if found is not None:
        # Places are counted by how a record begins: right unless two hands wrote one file.
        assert [one for _, one in found[1]] == [one for _, one in plainly(text)[1]]
        if all(next(iter(one)) == "eventVersion" for one in records):
            assert found == plainly(text)


def test_most_real_files_are_picked() -> None:
    assert PICKER.pick(compact(*pool()[:500])) is not None


def test_members_of_gzip_are_one_text() -> None:
    text = compact(READ, RUN)
    members = gzip.compress(text[:50]) + gzip.compress(text[50:])
    assert [one.event_id for one in read_log_file(members).records] == ["read", "run"]
