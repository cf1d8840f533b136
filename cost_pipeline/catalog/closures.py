"""Parsed JMESPath as plain Python closures, which read what they name in any of its shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cost_pipeline.catalog.functions import COMPARISONS, FUNCTIONS, STANDARD
from cost_pipeline.catalog.shapes import content, elements, member, within_answer

Read = Callable[[Any], Any]
_Node = Mapping[str, Any]


def closure_of(node: Mapping[str, Any]) -> Read | None:
    """The node as a closure, or None when it has a part that only the interpreter knows."""
    build = _BUILDERS.get(node["type"])
    return build(node) if build else None


def _field(node: _Node) -> Read:
    name = node["value"]
    return lambda value: content(member(value, name))


def _closures(node: _Node) -> list[Read] | None:
    """All children as closures, or None when one of them cannot be."""
    closures = [closure_of(child) for child in node["children"]]
    known = [closure for closure in closures if closure is not None]
    return known if len(known) == len(closures) else None


def _subexpression(node: _Node) -> Read | None:
    if all(child["type"] == "field" for child in node["children"]):
        return _chain(_names(node))
    flat = _flat_names(node)
    if flat is not None:
        return _chain(flat)
    steps = _closures(node)
    if steps is None:
        return None

    def read(value: Any) -> Any:
        for step in steps:
            value = step(value)
            if value is None:
                return None
        return value

    return read


def _names(node: _Node) -> list[str]:
    return [child["value"] for child in node["children"]]


def _flat_names(node: _Node) -> list[str] | None:
    """The names of `a.b.c`, which is parsed as `(a.b).c`."""
    if node["type"] == "field":
        return [node["value"]]
    if node["type"] != "subexpression":
        return None
    names: list[str] = []
    for child in node["children"]:
        inner = _flat_names(child)
        if inner is None:
            return None
        names.extend(inner)
    return names


def _chain(names: list[str]) -> Read:
    first, *rest = names
    if first == "responseElements" and rest:
        second, *others = rest

        def read_answer(value: Any) -> Any:
            value = within_answer(value.get(first) if isinstance(value, dict) else None, second)
            for name in others:
                value = member(value, name)
            return content(value)

        return read_answer

    def read(value: Any) -> Any:
        for name in names:
            value = member(value, name)
            if value is None:
                return None
        return content(value)

    return read


def _index(node: _Node) -> Read:
    position = node["value"]

    def read(value: Any) -> Any:
        items = elements(value)
        if items is None or not -len(items) <= position < len(items):
            return None
        return content(items[position])

    return read


def _flatten(node: _Node) -> Read | None:
    inner = closure_of(node["children"][0])
    if inner is None:
        return None

    def read(value: Any) -> Any:
        items = elements(inner(value))
        if items is None:
            return None
        flat: list[Any] = []
        for item in items:
            if isinstance(item, list):
                flat.extend(item)
            else:
                flat.append(content(item))
        return flat

    return read


def _projection(node: _Node) -> Read | None:
    closures = _closures(node)
    if closures is None:
        return None
    left, right = closures

    def read(value: Any) -> Any:
        items = elements(left(value))
        if items is None:
            return None
        return [found for item in items if (found := right(item)) is not None]

    return read


def _filter_projection(node: _Node) -> Read | None:
    closures = _closures(node)
    if closures is None:
        return None
    left, right, holds = closures

    def read(value: Any) -> Any:
        items = elements(left(value))
        if items is None:
            return None
        chosen = (item for item in items if not _is_false(holds(item)))
        return [found for item in chosen if (found := right(item)) is not None]

    return read


def _comparator(node: _Node) -> Read | None:
    closures = _closures(node)
    compare = COMPARISONS[node["value"]]
    if closures is None:
        return None
    left, right = closures
    return lambda value: compare(left(value), right(value))


def _or_expression(node: _Node) -> Read | None:
    closures = _closures(node)
    if closures is None:
        return None
    left, right = closures

    def read(value: Any) -> Any:
        found = left(value)
        return right(value) if _is_false(found) else found

    return read


def _and_expression(node: _Node) -> Read | None:
    closures = _closures(node)
    if closures is None:
        return None
    left, right = closures

    def read(value: Any) -> Any:
        found = left(value)
        return found if _is_false(found) else right(value)

    return read


def _not_expression(node: _Node) -> Read | None:
    inner = closure_of(node["children"][0])
    return (lambda value: _is_false(inner(value))) if inner else None


def _pipe(node: _Node) -> Read | None:
    closures = _closures(node)
    if closures is None:
        return None
    left, right = closures
    return lambda value: right(left(value))


def _multi_select_list(node: _Node) -> Read | None:
    closures = _closures(node)
    if closures is None:
        return None
    return lambda value: None if value is None else [read(value) for read in closures]


def _multi_select_dict(node: _Node) -> Read | None:
    names = [pair["value"] for pair in node["children"]]
    values = [closure_of(pair["children"][0]) for pair in node["children"]]
    known = [read for read in values if read is not None]
    if len(known) != len(names):
        return None

    def read_all(value: Any) -> Any:
        if value is None:
            return None
        return {name: read(value) for name, read in zip(names, known, strict=True)}

    return read_all


def _function(node: _Node) -> Read | None:
    function = FUNCTIONS.get(node["value"]) or STANDARD.get(node["value"])
    known = _closures(node)
    if function is None or known is None:
        return None
    return lambda value: function(*[argument(value) for argument in known])


def _literal(node: _Node) -> Read:
    constant = node["value"]
    return lambda _: constant


_BUILDERS: dict[str, Callable[[_Node], Read | None]] = {
    "field": _field,
    "subexpression": _subexpression,
    "index_expression": _subexpression,
    "index": _index,
    "flatten": _flatten,
    "projection": _projection,
    "filter_projection": _filter_projection,
    "comparator": _comparator,
    "or_expression": _or_expression,
    "and_expression": _and_expression,
    "not_expression": _not_expression,
    "pipe": _pipe,
    "multi_select_list": _multi_select_list,
    "multi_select_dict": _multi_select_dict,
    "function_expression": _function,
    "literal": _literal,
    "identity": lambda _: lambda value: value,
    "current": lambda _: lambda value: value,
}


def _is_false(value: Any) -> bool:
    """JMESPath's idea of false: null, false and what is empty, but not zero."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)
