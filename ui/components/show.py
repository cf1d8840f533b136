"""Money, times, tables, downloads and empty states, the same on every page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from ui.components import session

SEVERITIES = ("critical", "high", "medium", "low")
COLOURS = {"critical": "#d92d20", "high": "#f79009", "medium": "#eaaa08", "low": "#6e8bb7"}
ACCENT = "#3366d6"
_BADGES = {"critical": "red", "high": "orange", "medium": "yellow", "low": "blue"}
_MARKDOWN = re.compile(r"([\\\\`*_{}\[\]()#+!$~|<>])")


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


def ago(time: datetime | None) -> str:
    """How long ago a moment was."""
    if time is None:
        return "never"
    minutes = (datetime.now(UTC) - time).total_seconds() / 60
    if minutes < 90:
        return f"{max(minutes, 0):.0f} min ago"
    return f"{minutes / 60:.0f} h ago" if minutes < 2880 else f"{minutes / 1440:.0f} days ago"


def plain(text: object) -> str:
    """Text as it is: nothing in it becomes Markdown, mathematics or a link."""
    return _MARKDOWN.sub(r"\\\1", str(text)).replace("@", "\N{WORD JOINER}@")


def badge(name: str) -> str:
    """A severity as a coloured badge, with its word for those who do not see colours."""
    return f":{_BADGES.get(name, 'gray')}-badge[{name}]"


def frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a table: decimals as numbers, times in the viewer's zone."""
    table = pd.DataFrame([{k: _plain(v) for k, v in row.items()} for row in rows])
    for name in table.columns:
        if isinstance(table[name].dtype, pd.DatetimeTZDtype):
            table[name] = table[name].dt.tz_convert(str(session.zone())).dt.tz_localize(None)
    return table


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return value


def download(rows: Sequence[Mapping[str, Any]], name: str) -> None:
    """A button that saves rows as CSV."""
    st.download_button(
        "Download CSV",
        pd.DataFrame(list(rows)).to_csv(index=False),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"csv {name}",
        on_click="ignore",
    )


def empty(title: str, what_next: str) -> None:
    """What to say where there is nothing: why, and what to do."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.markdown(what_next)


def severity_chart(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Anomalies a day, stacked by severity."""
    return (
        alt.Chart(frame(rows))
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("anomalies:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "severity:N",
                sort=list(SEVERITIES),
                scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["day:T", "severity:N", "anomalies:Q"],
        )
        .properties(height=220)
    )


def bars(rows: Sequence[Mapping[str, Any]], value: str, title: str) -> alt.Chart:
    """Names with a bar each, the longest first."""
    return (
        alt.Chart(frame(rows))
        .mark_bar(color=ACCENT, cornerRadius=3)
        .encode(
            x=alt.X(f"{value}:Q", title=title),
            y=alt.Y("name:N", sort="-x", title=None, axis=alt.Axis(labelLimit=180)),
            tooltip=["name:N", alt.Tooltip(f"{value}:Q", format="$,.2f")],
        )
        .properties(height=max(90, 30 * len(rows)))
    )
