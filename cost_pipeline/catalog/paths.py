"""JMESPath expressions of the catalog, compiled once to plain Python closures.

The common shapes (`a.b`, `a[].b`, `a || b`) become closures, which read a record several
times faster than the interpreter of the jmespath library; everything else is handed to it.
Both give the same answers. On top of JMESPath there are a few functions, `_Functions`, for
arithmetic, which JMESPath has none of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError

Read = Callable[[Any], Any]
_Node = Mapping[str, Any]


class PathError(ValueError):
    """An expression that is not valid JMESPath, or that failed on a document."""


class _Functions(functions.Functions):  # type: ignore[misc]
    """Functions that the catalog may use beside those of JMESPath; null in, null out."""

    @functions.signature({"types": []}, {"types": []})
    def _func_product(self, left: Any, right: Any) -> float | None:
        """The product of two numbers, also when they are written as text."""
        factors = (_number(left), _number(right))
        return None if None in factors else factors[0] * factors[1]  # type: ignore[operator]

    @functions.signature({"types": []}, {"types": []})
    def _func_plus(self, left: Any, right: Any) -> float | None:
        """The sum of two numbers, also when they are written as text."""
        terms = (_number(left), _number(right))
        return None if None in terms else terms[0] + terms[1]  # type: ignore[operator]

    @functions.signature({"types": []}, {"types": []})
    def _func_quotient(self, left: Any, right: Any) -> float | int | None:
        """One number divided by another, also when they are written as text."""
        dividend, divisor = _number(left), _number(right)
        return _number(dividend / divisor) if dividend is not None and divisor else None

    @functions.signature({"types": []})
    def _func_total(self, numbers: Any) -> float | None:
        """The sum of a list, leaving out what is not a number; null for an empty one."""
        terms = [term for item in _list(numbers) if (term := _number(item)) is not None]
        return sum(terms) if terms else None

    @functions.signature({"types": []})
    def _func_list(self, value: Any) -> list[Any]:
        """EC2's lists: one element collapses to itself, none to null or an empty string."""
        return _list(value)

    @functions.signature({"types": []})
    def _func_count(self, value: Any) -> int | None:
        """How many an EC2 list or any other list has; null where there is none."""
        return None if value is None else len(_list(value))

    @functions.signature({"types": []})
    def _func_texts(self, value: Any) -> list[str]:
        """The texts of an EC2 list, whose items may be wrapped as `{tag, content}`."""
        items = [i.get("content") if isinstance(i, dict) else i for i in _list(value)]
        return [item for item in items if isinstance(item, str)]

    @functions.signature({"types": []})
    def _func_decoded(self, text: Any) -> Any:
        """Text without percent-encoding: ARNs in a REST path are encoded."""
        return unquote(text) if isinstance(text, str) else text

    @functions.signature({"types": []}, {"types": ["string"]})
    def _func_match(self, text: Any, pattern: str) -> str | None:
        """The first group of a regular expression, where it is found."""
        found = re.search(pattern, text) if isinstance(text, str) else None
        return found.group(1) if found else None


_FUNCTIONS = _Functions()
_OWN_FUNCTIONS = frozenset(
    {"product", "plus", "quotient", "total", "list", "count", "texts", "decoded", "match"}
)


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


def _interpreted(expression: str, parsed: Any) -> Read:
    options = jmespath.Options(custom_functions=_FUNCTIONS)

    def read(document: Any) -> Any:
        try:
            return parsed.search(document, options=options)
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
    function = getattr(_FUNCTIONS, f"_func_{node['value']}", None)
    arguments = [_closure(child) for child in node["children"]]
    if function is None or node["value"] not in _OWN_FUNCTIONS or None in arguments:
        return None
    return lambda value: function(*[argument(value) for argument in arguments])  # type: ignore[misc]


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


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else number


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None or value == "" else [value]
