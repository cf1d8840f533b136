"""JMESPath expressions of the catalog, compiled once to plain Python closures.

Closures (`closures.py`, `walking.py`) read a record several times faster than the interpreter of
the jmespath library, and forgive the shapes that AWS writes the same thing in (`shapes.py`). On
what has the named shape both give the same answers; the rare expression without a closure is handed
to the library. On top of JMESPath there are a few functions, for arithmetic above all
(`functions.py`).
"""

from __future__ import annotations

from functools import cache
from inspect import signature
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions

from cost_pipeline.catalog.closures import Name, closure_of, names_in
from cost_pipeline.catalog.functions import FUNCTIONS
from cost_pipeline.catalog.walking import Read


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
    parsed = _parsed(expression)
    return closure_of(parsed.parsed) or _interpreted(expression, parsed)


def compile_if_any(expression: str | None) -> Read | None:
    """The same, where there is an expression."""
    return compile_path(expression) if expression else None


@cache
def names_of(expression: str) -> frozenset[Name]:
    """The members of the document, to the second name, of which `expression` needs any.

    >>> sorted(names_of("a.b.c || f(d.e[].g)"))
    [('a', 'b'), ('d', 'e')]
    """
    return frozenset(names_in(_parsed(expression).parsed))


def _parsed(expression: str) -> Any:
    try:
        return jmespath.compile(expression)
    except JMESPathError as error:
        raise PathError(f"{expression!r} is not JMESPath: {error}") from error


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
