"""Text from outside, made harmless: names are shown, never obeyed.

What would steer a terminal or turn a text around is written out where somebody looks closely
(`visible`), and left away where a header or a message takes one line (`one_line`). What chats
make of a text is the matter of `notify/chat_text.py`.
"""

from __future__ import annotations

import re

STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def visible(text: str) -> str:
    r"""Text with control codes, changes of direction and unseen marks written as escapes.

    Line feeds and tabs stay.

    >>> visible("\x1b[31mred"), visible("ada\u202egnp.exe"), visible("Zoë\n")
    ('\\x1b[31mred', 'ada\\u202egnp.exe', 'Zoë\n')
    """
    return STEERING.sub(_escaped, text)


def one_line(text: str) -> str:
    r"""Text without line breaks, which no header and no log line may carry, nor control codes.

    >>> one_line("Ada\r\nBcc: eve@example.com"), one_line("\x1b[31mred\x07")
    ('Ada Bcc: eve@example.com', '[31mred')
    """
    return " ".join(STEERING.sub("", " ".join(text.split())).split())


def _escaped(found: re.Match[str]) -> str:
    return ascii(found.group())[1:-1]


def markdown_cell(text: object) -> str:
    r"""Text that stays plain words in one cell of a Markdown table: no markup, link or picture.

    >>> print(markdown_cell("a|b <i>[c](d)"))
    a\|b &lt;i>\[c\]\(d\)
    """
    plain = " ".join(visible(str(text)).split()).replace("\\", "\\\\")
    plain = plain.replace("&", "&amp;").replace("<", "&lt;")
    for mark in "|[]()*_`~#!$":
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("://", ":\\//")


def spreadsheet_cell(value: object) -> object:
    """A value for CSV: text that a spreadsheet would run as a formula gets a quote before it.

    >>> spreadsheet_cell("=1+1"), spreadsheet_cell(-1), spreadsheet_cell("ada")
    ("'=1+1", -1, 'ada')
    """
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if value.lstrip(" ").startswith(_FORMULA) else shown
