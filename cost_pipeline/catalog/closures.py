"""Parsed JMESPath as plain Python closures, which read what they name in any of its shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cost_pipeline.catalog.functions import COMPARISONS, FUNCTIONS, STANDARD
from cost_pipeline.catalog.shapes import content, elements
from cost_pipeline.catalog.walking import Read, Step, walk, walk_record

_Node = Mapping[str, Any]


def closure_of(node: Mapping[str, Any]) -> Read | None:
    """The node as a closure, or None when it has a part that only the interpreter knows."""
    build = _BUILDERS.get(node["type"])
    return build(node) if build else None


Name = tuple[str, str | None]
"""A member of the document, and the one of its members that is asked for; None for all of it."""


def names_in(node: _Node) -> Iterator[Name]:
    """What the node asks for of the document that it is read from."""
    match node["type"]:
        case "subexpression" | "index_expression":
            first, *rest = _parts(node)
            if first["type"] != "field":
                yield from names_in(first)
            else:
                named = bool(rest) and rest[0]["type"] == "field"
                yield first["value"], rest[0]["value"] if named else None
        case "field":
            yield node["value"], None
        case "projection" | "filter_projection" | "flatten" | "pipe" | "and_expression":
            yield from names_in(node["children"][0])  # without which the rest is not read
        case "literal":
            return
        case kind if kind in _OF_ALL_CHILDREN:
            for child in node["children"]:
                yield from names_in(child)
        case _:
            yield "@", None


_OF_ALL_CHILDREN = {
    *("comparator", "or_expression", "not_expression", "function_expression"),
    *("multi_select_list", "multi_select_dict", "key_val_pair"),
}


def _field(node: _Node) -> Read:
    return walk([node["value"]])


def _closures(node: _Node) -> list[Read] | None:
    """All children as closures, or None when one of them cannot be."""
    closures = [closure_of(child) for child in node["children"]]
    known = [closure for closure in closures if closure is not None]
    return known if len(known) == len(closures) else None


def _subexpression(node: _Node) -> Read | None:
    steps: list[Read] = []
    for path, other in _steps(node):
        step = closure_of(other) if other else walk(path) if steps else walk_record(path)
        if step is None:
            return None
        steps.append(step)
    if len(steps) == 1:
        return steps[0]

    def read(value: Any) -> Any:
        for step in steps:
            value = step(value)
            if value is None:
                return None
        return value

    return read


def _steps(node: _Node) -> Iterator[tuple[list[Step], _Node | None]]:
    """The steps of `a.b[0].c.d`, which is parsed as `(((a.b)[0]).c).d`: a path, or another node."""
    path: list[Step] = []
    for part in _parts(node):
        if part["type"] in ("field", "index"):
            path.append(part["value"])
            continue
        if path:
            yield path, None
        path = []
        yield [], part
    if path:
        yield path, None


def _parts(node: _Node) -> Iterator[_Node]:
    if node["type"] not in ("subexpression", "index_expression"):
        yield node
        return
    for child in node["children"]:
        yield from _parts(child)


def _index(node: _Node) -> Read:
    return walk([node["value"]])


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
    closures = [closure_of(child) for child in _alternatives(node)]
    known = [closure for closure in closures if closure is not None]
    if len(known) != len(closures):
        return None

    def read(value: Any) -> Any:
        found = None
        for closure in known:
            found = closure(value)
            if found or (found is not None and not _is_false(found)):
                return found
        return found

    return read


def _alternatives(node: _Node) -> list[_Node]:
    """The parts of `a || b || c`, which is parsed as `(a || b) || c`."""
    if node["type"] != "or_expression":
        return [node]
    return [one for child in node["children"] for one in _alternatives(child)]


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
    if len(known) == 1:
        (only,) = known
        return lambda value: function(only(value))
    if len(known) == 2:
        return _of_two(function, node["children"], *known)
    return lambda value: function(*[argument(value) for argument in known])


def _of_two(
    function: Callable[[Any, Any], Any], nodes: list[_Node], left: Read, right: Read
) -> Read:
    """A function of two arguments, one of which is often a constant."""
    first, second = (node.get("value") for node in nodes)
    if nodes[0]["type"] == "literal":
        return lambda value: function(first, right(value))
    if nodes[1]["type"] == "literal":
        return lambda value: function(left(value), second)
    return lambda value: function(left(value), right(value))


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
    return not value and (value is None or value is False or isinstance(value, str | list | dict))
