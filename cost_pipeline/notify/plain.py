"""Text from outside, made harmless for each medium: names are shown, never obeyed."""

from __future__ import annotations

import unicodedata

_BREAKS = frozenset("\u2028\u2029")
_STEERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
_APART = "\u200b"


def one_line(text: str) -> str:
    r"""Text without line breaks, which no header and no log line may carry, nor control codes.

    >>> one_line("Ada\r\nBcc: eve@example.com"), one_line("\x1b[31mred\x07")
    ('Ada Bcc: eve@example.com', '[31mred')
    """
    kept = (
        " " if one.isspace() or one in _BREAKS else one
        for one in text
        if one.isspace() or one in _BREAKS or not _commands(one)
    )
    return " ".join("".join(kept).split())


def _commands(character: str) -> bool:
    """Whether it steers a terminal, or turns the direction of what follows."""
    return unicodedata.category(character) in ("Cc", "Cs") or character in _STEERING


def markdown_text(text: object) -> str:
    r"""Text that stays one table cell of plain words in Markdown: no link, no mention, no image.

    >>> print(markdown_text("a|b <i>[c]"))
    a\|b &lt;i>\[c\]
    """
    plain = one_line(str(text)).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    for mark in "|[]*_`~#!":
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("@", f"@{_APART}").replace("://", f":{_APART}//")


def unmentioned(text: str) -> str:
    """Text for a chat of unknown customs, lines kept: nobody is called by it.

    >>> unmentioned("@everyone") == "@everyone", "everyone" in unmentioned("@everyone")
    (False, True)
    """
    lines = (one_line(line) if line.strip() else "" for line in text.splitlines())
    kept = "\n".join(lines)
    return kept.replace("@", f"@{_APART}").replace("<!", f"<{_APART}!").replace("<#", f"<{_APART}#")


def slack_text(text: str) -> str:
    """Text that Slack shows as it is: names come from outside, and could mention a channel.

    >>> slack_text("<!channel> R&D")
    '&lt;!channel&gt; R&amp;D'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cell(value: object) -> object:
    """A value for a spreadsheet: text that it would take for a formula gets a quote before it.

    >>> cell("=HYPERLINK(1)"), cell(-1)
    ("'=HYPERLINK(1)", -1)
    """
    if not isinstance(value, str):
        return value
    plain = one_line(value)
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else plain
