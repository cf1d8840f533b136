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
_NULL = r"\N"
_QUOTED = re.compile(r'(["\\])')


def copy_text(rows: Iterable[tuple[Any, ...]]) -> bytes:
    r"""The rows, a line each: text, numbers, times, lists of text, mappings as JSON, or nothing.

    >>> copy_text([("a\tb", None, 3, ["x", 'say "y"'], {"k": 1})])
    b'a\\tb\t\\N\t3\t{"x","say \\\\"y\\\\""}\t{"k":1}\n'
    """
    return "".join(map(_line, rows)).encode(errors="replace")


def _line(row: tuple[Any, ...]) -> str:
    plain = msgspec.to_builtins(row)  # ids, times and decimals as text, in one call
    written = [v if v is None or type(v) is str else _written(v) for v in plain]
    if _is_special("".join(filter(None, written))):  # few rows are
        written = [text and _SPECIAL.sub(_escaped, text) for text in written]
    return "\t".join([_NULL if text is None else text for text in written]) + "\n"


def _written(value: Any) -> str:
    if type(value) is list:
        quoted = [f'"{_QUOTED.sub(_backslashed, item)}"' for item in value]
        return f"{{{','.join(quoted)}}}"
    if type(value) is dict:
        return msgspec.json.encode(value).decode()
    return str(value)


def _is_special(text: str) -> bool:
    return "\\" in text or "\t" in text or "\n" in text or "\r" in text


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES[found[0]]


def _backslashed(found: re.Match[str]) -> str:
    return "\\" + found[0]
