"""Money, times and text as people read them, and what to say where there is nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import streamlit as st

from cost_pipeline.core.plain_text import visible
from ui.components import session

_BADGES = {"critical": "red", "high": "orange", "medium": "yellow", "low": "blue"}
_JOINER = "\N{WORD JOINER}"
_MARKDOWN = re.compile(r"([\\\\`*_{}\[\]()#+!$~|<>:.])")
_LINKED = re.compile(r"@|(?:(?<=http)|(?<=https))\\:(?=//)|(?<=www)\\\.", re.IGNORECASE)
"""What makes an address a link, escaped or not, and no longer does behind a joiner."""
_SYMBOLS = re.compile(r"(?<=(?<!\S)[<>~-])(?=[-=>]{1,2}(?!\S))")
"""Where Streamlit would write -- or -> as a symbol, unless a joiner comes between."""


def usd(amount: object, *, digits: int | None = None) -> str:
    """Money as people read it: cents only where they matter.

    >>> usd(12345.6), usd(3.5), usd(None)
    ('$12,346', '$3.50', 'unknown')
    """
    if amount is None:
        return "unknown"
    value = float(str(amount))
    if digits is None:
        digits = 0 if abs(value) >= 1000 else 2
    sign = "−" if value < 0 else ""
    return f"{sign}${abs(value):,.{digits}f}"


def when(time: datetime | None) -> str:
    """A moment in the viewer's time zone."""
    if time is None:
        return "never"
    return f"{time.astimezone(session.zone()):%Y-%m-%d %H:%M}"


def day(time: datetime | None) -> str:
    """The day of a moment in the viewer's time zone."""
    return "unknown" if time is None else f"{time.astimezone(session.zone()):%Y-%m-%d}"


def ago(time: datetime | None) -> str:
    """How long ago a moment was."""
    return "never" if time is None else f"{age(time)} ago"


def age(time: datetime) -> str:
    """The time since a moment, in the unit that tells it best."""
    minutes = max((datetime.now(UTC) - time) / timedelta(minutes=1), 0)
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 2880 else f"{minutes / 1440:.0f} days"


def plain(text: object) -> str:
    """Text as it is: nothing in it becomes Markdown, mathematics, an icon or a link."""
    flat = _SYMBOLS.sub(_JOINER, " ".join(visible(str(text)).split()))
    return _LINKED.sub(rf"{_JOINER}\g<0>", _MARKDOWN.sub(r"\\\1", flat))


def badge(name: str) -> str:
    """A severity as a coloured badge, with its word for those who do not see colours."""
    return f":{_BADGES.get(name, 'gray')}-badge[{plain(name)}]"


def empty(title: str, what_next: str) -> None:
    """What to say where there is nothing: why, and what to do."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.markdown(what_next)
