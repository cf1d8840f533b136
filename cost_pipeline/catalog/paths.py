"""JMESPath expressions of the catalog, compiled once to plain Python closures.

The common shapes (`a.b`, `a[].b`, `a || b`) become closures, which read a record several
times faster than the interpreter of the jmespath library; everything else is handed to it.
Both give the same answers. On top of JMESPath there are a few functions for
arithmetic, which JMESPath has none of (`functions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from inspect import signature
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions

from cost_pipeline.catalog.functions import FUNCTIONS, number_of

Read = Callable[[Any], Any]
_Node = Mapping[str, Any]


class PathError(ValueError):
    """An expression that is not valid JMESPath, or that failed on a document."""


@cache
def compile_path(expression: str) -> Read:
    """A function from a document to what `expression` selects in it.

    >>> compile_path("a.b || c")({"a": {}, "c": 3})
    3
    >>> compile_path("a[].b")({"a": [{"b": 1}, {}, {"b": 2}]})
    [1, 2]
    >>> compile_path("product(n, `2`)")({"n": "3"})
    6
    """
    try:
        parsed = jmespath.compile(expression)
    except JMESPathError as error:
        raise PathError(f"{expression!r} is not JMESPath: {error}") from error
    return _closure(parsed.parsed) or _interpreted(expression, parsed)


def _with_own_functions() -> Functions:
    """JMESPath's functions and ours, which check their arguments themselves."""
    known = Functions()
    anything: dict[str, list[str]] = {"types": []}
    own = {
        name: {
            "function": lambda _, *values, function=function: function(*values),
            "signature": (anything,) * len(signature(function).parameters),
        }
        for name, function in FUNCTIONS.items()
    }
    known.FUNCTION_TABLE = {**known.FUNCTION_TABLE, **own}
    return known


_OPTIONS = jmespath.Options(custom_functions=_with_own_functions())


def _interpreted(expression: str, parsed: Any) -> Read:
    def read(document: Any) -> Any:
        try:
            return parsed.search(document, options=_OPTIONS)
        except JMESPathError as error:
            raise PathError(f"{expression!r}: {error}") from error

    return read


def _closure(node: _Node) -> Read | None:
    """The node as a closure, or None when it has a part that only the interpreter knows."""
    build = _BUILDERS.get(node["type"])
    return build(node) if build else None


def _field(node: _Node) -> Read:
    name = node["value"]

    def read(value: Any) -> Any:
        return value.get(name) if isinstance(value, dict) else None

    return read


def _subexpression(node: _Node) -> Read | None:
    steps = [_closure(child) for child in node["children"]]
    if None in steps:
        return None
    if all(child["type"] == "field" for child in node["children"]):
        return _chain([child["value"] for child in node["children"]])

    def read(value: Any) -> Any:
        for step in steps:
            value = step(value)  # type: ignore[misc]
            if value is None:
                return None
        return value

    return read


def _chain(names: list[str]) -> Read:
    def read(value: Any) -> Any:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return read


def _index_expression(node: _Node) -> Read | None:
    return _subexpression({"children": node["children"], "type": "index_expression"})


def _index(node: _Node) -> Read:
    position = node["value"]

    def read(value: Any) -> Any:
        if not isinstance(value, list) or not -len(value) <= position < len(value):
            return None
        return value[position]

    return read


def _flatten(node: _Node) -> Read | None:
    inner = _closure(node["children"][0])
    if inner is None:
        return None

    def read(value: Any) -> Any:
        items = inner(value)
        if not isinstance(items, list):
            return None
        flat: list[Any] = []
        for item in items:
            if isinstance(item, list):
                flat.extend(item)
            else:
                flat.append(item)
        return flat

    return read


def _projection(node: _Node) -> Read | None:
    left, right = (_closure(child) for child in node["children"])
    if left is None or right is None:
        return None

    def read(value: Any) -> Any:
        items = left(value)
        if not isinstance(items, list):
            return None
        return [found for item in items if (found := right(item)) is not None]

    return read


def _or_expression(node: _Node) -> Read | None:
    left, right = (_closure(child) for child in node["children"])
    if left is None or right is None:
        return None

    def read(value: Any) -> Any:
        found = left(value)
        return right(value) if _is_false(found) else found

    return read


def _function(node: _Node) -> Read | None:
    function = FUNCTIONS.get(node["value"]) or _SAME_AS_JMESPATH.get(node["value"])
    arguments = [_closure(child) for child in node["children"]]
    if function is None or None in arguments:
        return None
    known = [argument for argument in arguments if argument is not None]
    return lambda value: function(*[argument(value) for argument in known])


def _first_not_null(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


_SAME_AS_JMESPATH: dict[str, Callable[..., Any]] = {
    "not_null": _first_not_null,
    "to_number": number_of,
}


def _literal(node: _Node) -> Read:
    constant = node["value"]
    return lambda _: constant


_BUILDERS: dict[str, Callable[[_Node], Read | None]] = {
    "field": _field,
    "subexpression": _subexpression,
    "index_expression": _index_expression,
    "index": _index,
    "flatten": _flatten,
    "projection": _projection,
    "or_expression": _or_expression,
    "function_expression": _function,
    "literal": _literal,
    "identity": lambda _: lambda value: value,
    "current": lambda _: lambda value: value,
}


def _is_false(value: Any) -> bool:
    """JMESPath's idea of false: null, false and what is empty, but not zero."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)
