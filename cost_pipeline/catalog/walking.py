"""From member to member of a record, to what is named in any of its shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cost_pipeline.catalog.shapes import content, elements, elsewhere, member, within_answer

Read = Callable[[Any], Any]
Step = str | int
"""The name of a member, or a place in a list."""


def walk(path: list[Step]) -> Read:
    """From step to step, to None where one leads nowhere: most of what the catalog asks for."""
    match path:
        case [str() as first, str() as second]:
            return _walk_two(first, second)
    return _walk_all(path)


def walk_record(path: list[Step]) -> Read:
    """The same from the top of a record: what a call answers may be wrapped once more."""
    first, *rest = path
    if first != "responseElements" or not rest or not isinstance(rest[0], str):
        return walk(path)
    second = rest[0]
    onward = walk(rest[1:])

    def read_answer(value: Any) -> Any:
        answer = value.get(first) if type(value) is dict else None
        if answer is None:
            return None
        found = answer.get(second) if type(answer) is dict else None
        return onward(within_answer(answer, second) if found is None else found)

    return read_answer


def _walk_two(first: str, second: str) -> Read:
    """`walk` for two members, the quickest way to what stands where it is named."""
    otherwise = _walk_all([first, second])

    def read(value: Any) -> Any:
        inner = value.get(first) if type(value) is dict else None
        if type(inner) is dict:
            if not inner:
                return None
            found = inner.get(second)
            if found is not None and type(found) is not dict:
                return found
        return otherwise(value)

    return read


def _walk_all(path: list[Step]) -> Read:
    to_member = not path or isinstance(path[-1], str)

    def read(value: Any) -> Any:
        for step in path:
            if type(value) is dict and (inner := value.get(step)) is not None:
                value = inner
                continue
            value = _step(value, step)
            if value is None:
                return None
        return content(value) if to_member and type(value) is dict else value

    return read


def _step(value: Any, step: Step) -> Any:
    """What a step leads to where that is not simply a member."""
    if isinstance(step, int):
        items = (value if type(value) is list else elements(content(value))) or []
        return content(items[step]) if -len(items) <= step < len(items) else None
    if type(value) is dict:
        return elsewhere(value, step) if value and step not in value else None
    return member(value, step)
