"""Rows as the text that Postgres' COPY takes, made wherever there is a core to spare.

Format: PostgreSQL documentation, "COPY", text format; arrays and JSON as literals within it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_QUOTED = re.compile(r'(["\\])')


def copy_text(rows: Iterable[tuple[Any, ...]]) -> bytes:
    r"""The rows, a line each: text, numbers, times, lists of text, mappings as JSON, or nothing.

    >>> copy_text([("a\tb", None, 3, ["x", 'say "y"'], {"k": 1})])
    b'a\\tb\t\\N\t3\t{"x","say \\\\"y\\\\""}\t{"k":1}\n'
    """
    return "".join("\t".join(map(_field, row)) + "\n" for row in rows).encode(errors="replace")


def _field(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, list):
        quoted = ",".join(f'"{_QUOTED.sub(_backslashed, item)}"' for item in value)
        return _escaped(f"{{{quoted}}}")
    if isinstance(value, dict):
        return _escaped(msgspec.json.encode(value).decode())
    return str(value)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text) if _SPECIAL.search(text) else text


def _backslashed(found: re.Match[str]) -> str:
    return "\\" + found[0]
