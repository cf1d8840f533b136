"""Charts, all of one palette: severities in their colours, one accent, eight for categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import altair as alt
import pandas as pd

from ui.components.tables import frame

SEVERITIES = ("critical", "high", "medium", "low")
COLOURS = {"critical": "#d92d20", "high": "#f79009", "medium": "#eaaa08", "low": "#6e8bb7"}
ACCENT = "#3366d6"
QUIET = "#9db5e8"
SERIES = (
    *("#3366d6", "#12a594", "#f79009", "#8e5bd9", "#d6409f", "#5b8c2a", "#c2410c", "#6e8bb7"),
)
_USD = "$,.2f"
_DAY, _MINUTE = "%d %b", "%d %b %H:%M"
_LEGEND: dict[str, Any] = {
    "columns": alt.ExprRef("width > 600 ? 4 : 2"),
    "labelLimit": alt.ExprRef("width > 600 ? 180 : 130"),
}

Rows = Sequence[Mapping[str, Any]]


def by_severity(rows: Rows, days: tuple[date, date] | None = None) -> alt.Chart:
    """Anomalies a day, stacked by severity; `rows` have day, severity, anomalies.

    Days without any have no row: `days`, the first and the last, says how far the chart goes.
    """
    colours = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    table = frame(rows)
    table["rank"] = table["severity"].map({name: n for n, name in enumerate(SEVERITIES)})
    return (
        alt.Chart(table)
        .mark_bar(cornerRadius=2, size=_bar_width(table["day"], days))
        .encode(
            x=_days("day", days),
            y=alt.Y("anomalies:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "severity:N",
                sort=list(SEVERITIES),
                scale=colours,
                legend=alt.Legend(orient="top", title=None),
            ),
            order=alt.Order("rank:Q", sort="descending"),
            tooltip=[alt.Tooltip("day:T", format="%A, %d %b"), "severity:N", "anomalies:Q"],
        )
        .properties(height=220)
    )


def named_bars(rows: Rows, value: str, title: str) -> alt.Chart:
    """Names with a bar each, the longest first."""
    return (
        alt.Chart(frame(rows))
        .mark_bar(color=ACCENT, cornerRadius=3)
        .encode(
            x=alt.X(f"{value}:Q", title=title, axis=alt.Axis(tickCount=6)),
            y=alt.Y("name:N", sort="-x", title=None, axis=alt.Axis(labelLimit=150)),
            tooltip=["name:N", alt.Tooltip(f"{value}:Q", format=_USD)],
        )
        .properties(height=alt.Step(26))
    )


def stacked_days(table: pd.DataFrame, value: str, title: str, *, most: int = 7) -> alt.Chart:
    """A bar for each day, in the colours of the largest names and one for all others."""
    sums = table.groupby("name")[value].apply(lambda column: column.abs().sum())
    top = list(sums.nlargest(most).index)
    named = table.assign(name=table["name"].where(table["name"].isin(top), "others"))
    named = named.groupby(["name", "day"], as_index=False)[value].sum()
    order = [*top, "others"] if len(sums) > most else top
    return (
        alt.Chart(named)
        .mark_bar(size=_bar_width(named["day"]))
        .encode(
            x=_days("day"),
            y=alt.Y(f"{value}:Q", title=title),
            color=alt.Color(
                "name:N",
                title=None,
                sort=order,
                scale=alt.Scale(domain=order, range=list(SERIES[: len(order)])),
                legend=alt.Legend(orient="bottom", **_LEGEND),
            ),
            tooltip=[
                "name:N",
                alt.Tooltip("day:T", format="%A, %d %b"),
                alt.Tooltip(f"{value}:Q", format=",.2f"),
            ],
        )
        .properties(height=320)
    )


def usual_and_this(days: Rows, *, day: Any, added: float, most_usual: float | None) -> Any:
    """What each day added, the most that was usual as a line, and the anomaly as a point."""
    table = frame(days)
    shown = pd.Series([*table["day"], day])
    bars = (
        alt.Chart(table)
        .mark_bar(cornerRadius=2, color=QUIET, size=_bar_width(shown))
        .encode(
            x=_days("day"),
            y=alt.Y("hourly_added:Q", title="USD / h added"),
            tooltip=[
                alt.Tooltip("day:T", format="%A, %d %b"),
                alt.Tooltip("hourly_added:Q", format=_USD, title="USD / h added"),
                alt.Tooltip("event_count:Q", title="calls"),
            ],
        )
    )
    point = (
        alt.Chart(pd.DataFrame([{"day": pd.Timestamp(day), "added": added}]))
        .mark_point(color=COLOURS["critical"], filled=True, size=130, opacity=1)
        .encode(
            x=_days("day"),
            y="added:Q",
            tooltip=alt.Tooltip("added:Q", format=_USD, title="this anomaly, USD / h"),
        )
    )
    layers: list[alt.Chart] = [bars, point]
    if most_usual is not None:
        rule = alt.Chart(pd.DataFrame([{"most": most_usual}]))
        layers.insert(1, rule.mark_rule(color=ACCENT, strokeDash=[5, 4], size=2).encode(y="most:Q"))
    return alt.layer(*layers).properties(height=220)


def learned_days(rows: Rows) -> alt.Chart:
    """What each day taught, and what was left out of it; `rows` have day, learned, left_out."""
    table = frame(rows).melt("day", ["learned", "left_out"], "kind", "usd")
    table["kind"] = table["kind"].map({"learned": "learned", "left_out": "left out"})
    colours = alt.Scale(domain=["learned", "left out"], range=[ACCENT, COLOURS["high"]])
    return (
        alt.Chart(table)
        .mark_bar(size=_bar_width(table["day"]), cornerRadius=2)
        .encode(
            x=_days("day"),
            y=alt.Y("usd:Q", title="USD / h added"),
            color=alt.Color("kind:N", scale=colours, legend=alt.Legend(orient="top", title=None)),
            tooltip=[
                alt.Tooltip("day:T", format="%A, %d %b"),
                "kind:N",
                alt.Tooltip("usd:Q", format=_USD),
            ],
        )
        .properties(height=220)
    )


def running_sum(rows: Rows, value: str, title: str, *, now: datetime | None = None) -> alt.Chart:
    """How something adds up over time, in steps; `rows` have event_time."""
    table = frame(rows)
    table["sum"] = table[value].fillna(0).cumsum()
    if now is not None and not table.empty:
        last = table.iloc[-1].to_dict() | {"event_time": frame([{"t": now}])["t"][0]}
        table = pd.concat([table, pd.DataFrame([last])], ignore_index=True)
    return (
        alt.Chart(table)
        .mark_area(color=ACCENT, opacity=0.3, line={"color": ACCENT}, interpolate="step-after")
        .encode(
            x=alt.X("event_time:T", title=None, axis=alt.Axis(format=_MINUTE, labelOverlap=True)),
            y=alt.Y("sum:Q", title=title),
            tooltip=[
                alt.Tooltip("event_time:T", format=_MINUTE),
                alt.Tooltip("sum:Q", format=_USD),
            ],
        )
        .properties(height=180)
    )


def area_days(rows: Rows, value: str, title: str) -> alt.Chart:
    """One amount over days."""
    return (
        alt.Chart(frame(rows))
        .mark_area(color=ACCENT, opacity=0.3, line={"color": ACCENT})
        .encode(
            x=_days("day"),
            y=alt.Y(f"{value}:Q", title=title),
            tooltip=[
                alt.Tooltip("day:T", format="%A, %d %b"),
                alt.Tooltip(f"{value}:Q", format=_USD),
            ],
        )
        .properties(height=180)
    )


def _days(name: str, days: tuple[date, date] | None = None) -> alt.X:
    axis = alt.Axis(format=_DAY, labelOverlap=True, tickCount="day")
    if days is None:
        return alt.X(f"{name}:T", title=None, axis=axis)
    ends = [alt.DateTime(year=one.year, month=one.month, date=one.day) for one in days]
    return alt.X(f"{name}:T", title=None, axis=axis, scale=alt.Scale(domain=ends))


def _bar_width(shown: pd.Series, days: tuple[date, date] | None = None) -> alt.ExprRef:
    """Most of a day's share of the chart, however wide it is drawn."""
    of = pd.to_datetime(pd.Series(days) if days else shown)
    return alt.ExprRef(f"max(3, min(26, 0.75 * width / {max((of.max() - of.min()).days, 1)}))")
