"""Rows as the text that Postgres' COPY takes, made wherever there is a core to spare.

The one character that JSON allows and Postgres cannot keep, zero, is replaced (U+FFFD).

Format: PostgreSQL documentation, "COPY", text format; arrays and JSON as literals within it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

_SPECIAL = re.compile(r"[\\\t\n\r\0]")
_ESCAPES = {
    "\\": "\\\\",
    "\t": "\\t",
    "\n": "\\n",
    "\r": "\\r",
    "\0": "\N{REPLACEMENT CHARACTER}",
}
_ZERO_IN_JSON = re.compile(r"((?<!\\)(?:\\\\)*)\\u0000")
_NULL = r"\N"
_QUOTED = re.compile(r'(["\\])')


def copy_text(rows: Iterable[tuple[Any, ...]]) -> bytes:
    r"""The rows, a line each: text, numbers, times, lists of text, mappings as JSON, or nothing.

    >>> copy_text([("a\tb", None, 3, ["x", 'say "y"'], {"k": 1})])
    b'a\\tb\t\\N\t3\t{"x","say \\\\"y\\\\""}\t{"k":1}\n'
    >>> copy_text([(["x", 'y","z'], [], {"k": "a\0"})]).decode()
    '{"x","y\\\\",\\\\"z"}\t{}\t{"k":"a\\\\ufffd"}\n'
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
        return _array(value)
    if type(value) is dict:
        text = msgspec.json.encode(value).decode()
        return _ZERO_IN_JSON.sub(r"\1\\ufffd", text) if "\\u0000" in text else text
    return str(value)


def _array(items: list[str]) -> str:
    if not items:
        return "{}"
    together = "".join(items)
    if '"' in together or "\\" in together:  # few ids have any
        items = [_QUOTED.sub(_backslashed, item) for item in items]
    return '{"' + '","'.join(items) + '"}'


def _is_special(text: str) -> bool:
    return "\\" in text or "\t" in text or "\n" in text or "\r" in text or "\0" in text


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES[found[0]]


def _backslashed(found: re.Match[str]) -> str:
    return "\\" + found[0]
