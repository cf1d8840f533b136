"""Reading a record whose shape varies: AWS writes the same thing in several ways.

EC2 wraps newer calls (`CreateFleetRequest`, `CreateFleetResponse`) with capital first letters,
collapses a list of one to its element, and wraps texts in lists as `{tag, content}`; services
that speak XML keep or drop the wrapper of their answer (`dBInstance`); acronyms start in either
case (`dBInstanceClass`, `DBInstanceClass`). The catalog names one shape; these functions find
it in the others. An exact name always counts first.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_WRAPPERS = ("Request", "Response", "Result")
_LISTS = ("items", "item", "member")
_MOST_KEYS_REMEMBERED = 64
_ABOUT_THE_CALL = {"requestId", "requestID", "responseMetadata", "xmlns", "_return"}


def member(value: Any, name: str) -> Any:
    """A member of an object, also under another spelling, in a wrapper, or without one.

    >>> member({"CreateFleetRequest": {"InstanceType": "m5.large"}}, "instanceType")
    'm5.large'
    >>> member(member({"instanceType": "m5.large"}, "CreateFleetRequest"), "InstanceType")
    'm5.large'
    >>> member([{"instanceId": "i-1"}], "items")
    [{'instanceId': 'i-1'}]
    """
    if type(value) is dict:
        found = value.get(name)
        return found if found is not None or name in value else elsewhere(value, name)
    return value if isinstance(value, list) and name in _LISTS else None


def elsewhere(value: dict[str, Any], name: str) -> Any:
    """What an object has in the place of a member that it does not have under this name.

    Most records lack most of what the catalog asks for, and most have the keys of the last.
    """
    places = _places if len(value) <= _MOST_KEYS_REMEMBERED else _places.__wrapped__
    spelled, wrappers = places(name, tuple(value))
    if spelled is not None:
        return value[spelled]
    if wrappers is None:
        return value
    for key in wrappers:
        if isinstance(value[key], dict):
            return member(value[key], name)
    return None


@lru_cache(maxsize=8192)
def _places(name: str, keys: tuple[str, ...]) -> tuple[str | None, tuple[str, ...] | None]:
    """The key that is this name in another spelling, else those that may wrap it.

    No tuple of wrappers at all, where the name is that of a wrapper which was left out.
    """
    lowered = name.lower()
    spelled = next((key for key in keys if key.lower() == lowered), None)
    wrappers = tuple(key for key in keys if key.endswith(_WRAPPERS))
    return spelled, None if name.endswith(_WRAPPERS) else wrappers


def lacks(keys: tuple[str, ...], name: str) -> bool:
    """Whether an object with these keys has no member of a name, under any spelling or wrapper.

    >>> lacks(("imageId",), "ImageId"), lacks(("CreateFleetRequest",), "x"), lacks(("y",), "x")
    (False, False, True)
    """
    if len(keys) > _MOST_KEYS_REMEMBERED:
        return False
    spelled, wrappers = _places(name, keys)
    return spelled is None and wrappers == ()


def lacks_in_answer(keys: tuple[str, ...], name: str) -> bool:
    """The same of a call's answer, whose only object may be the wrapper that XML has."""
    return lacks(keys, name) and len(set(keys) - _ABOUT_THE_CALL) != 1


def within_answer(answer: Any, name: str) -> Any:
    """A member of a call's answer, also where its only object is the wrapper that XML has.

    >>> within_answer({"dBInstance": {"multiAZ": True}, "requestId": "1"}, "multiAZ")
    True
    """
    found = member(answer, name)
    if found is not None or not isinstance(answer, dict):
        return found
    said = [inner for key, inner in answer.items() if key not in _ABOUT_THE_CALL]
    return member(said[0], name) if len(said) == 1 and isinstance(said[0], dict) else None


def elements(value: Any) -> list[Any] | None:
    """The elements of a list, also of one that was collapsed or wrapped; None for nothing.

    >>> elements({"items": [1]}), elements({"id": 1}), elements("a"), elements({}), elements(None)
    ([1], [{'id': 1}], ['a'], [], None)
    """
    if value is None or isinstance(value, list):
        return value
    if value in ("", {}):
        return []
    if isinstance(value, dict) and len(value) == 1:
        (key, inner), *_ = value.items()
        if key in _LISTS:
            return elements(inner) or []
    return [value]


def content(value: Any) -> Any:
    """What stands in a text that EC2 wrapped as `{tag, content}`; everything else as it is."""
    if type(value) is dict and "content" in value and len(value) <= 2:
        return value["content"]
    return value
