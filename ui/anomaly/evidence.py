"""What an anomaly rests on: its reasons, what is usual, its calls, and what still runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import streamlit as st

from ui.anomaly import records
from ui.components import bounds, charts, commands, show, tables

Row = dict[str, Any]


def why(row: Row, usual: list[Row]) -> None:
    """The reasons with their time and numbers, and the days before as a chart with this one."""
    st.subheader("Why it is unusual")
    st.markdown("\n".join(f"- {one}" for one in sentences(row)))
    if time := as_of(row):
        st.caption(time)
    numbers = [
        {
            "rule": reason["signal"].replace("_", " "),
            "seen": round(reason["value"], 2),
            "usual": None if reason["usual"] is None else round(reason["usual"], 2),
            "unit": reason["unit"] or "",
            "times usual": round(reason["value"] / reason["usual"], 1) if reason["usual"] else None,
        }
        for reason in row["reasons"]
        if reason["value"] is not None
    ]
    if numbers:
        tables.show(numbers, key="reasons")
    _chart(row, usual)


def sentences(row: Row) -> list[str]:
    """The reasons in Markdown; those of a later time than the others name it."""
    return [
        show.plain(reason["sentence"]) + (f" (as of {time})" if time else "")
        for reason, time in zip(row["reasons"], _other_times(row), strict=True)
    ]


def as_of(row: Row) -> str | None:
    """Of what time the reasons are: they stay as they were while title and costs grow."""
    if not row["reasons"]:
        return None
    weightiest, raised = _time(row), row["trigger_event_time"]
    if weightiest is None:
        return f"As of the day that raised it, from {show.when(raised)} on."
    said = show.when(weightiest)
    if weightiest == raised:
        first = raised == row["first_event_time"]
        said = f"{'its first call' if first else 'the call that raised it'}, {said}"
    elif weightiest == row["noticed_at"]:
        said += ", when it had stayed for long enough to stand out"
    if any(_other_times(row)):
        said += ", unless another time is named"
    grew = row["last_event_time"] > weightiest
    return f"As of {said}." + (" What came later is in its title and its costs." if grew else "")


def _other_times(row: Row) -> list[str]:
    """The time of each reason, empty where it is that of the weightiest or of the whole day."""
    shown = show.when(_time(row)) if _time(row) else ""
    found = []
    for reason in row["reasons"]:
        text = reason.get("as_of")
        time = show.when(datetime.fromisoformat(text)) if text else shown
        same_day = time[:10] == shown[:10]
        found.append("" if time == shown else time[11:] if same_day else time)
    return found


def _time(row: Row) -> datetime | None:
    """Of when the weightiest reason is that has a time; older versions kept none."""
    times = [reason["as_of"] for reason in row["reasons"] if reason.get("as_of")]
    return datetime.fromisoformat(times[0]) if times else None


def _chart(row: Row, usual: list[Row]) -> None:
    if len(usual) < 2:
        st.caption(
            "There is no history of this resource type in this account to compare with: it is"
            " judged by its price and by what is new about it."
        )
        return
    known = row["baseline"]
    most = float(known["max_daily_added"]) if known else None
    chart = charts.usual_and_this(
        usual, day=row["day"], added=float(row["hourly_cost"]), most_usual=most
    )
    st.altair_chart(chart, width="stretch")
    st.caption(
        "Bars: what each day added of this type in this account. Dashed: the most that a day"
        " added before, without its anomalies. Red: this anomaly."
    )
    if known:
        st.caption(
            f"A call usually adds {show.plain(show.usd(known['mean_hourly_cost']))} ±"
            f" {show.plain(show.usd(known['stddev']))} an hour: {known['event_count']:,} calls on"
            f" {known['days']} days, as of {known['as_of']}."
        )


class Parts(NamedTuple):
    """What an anomaly is made of; `course` is what its resources came to cost, and when."""

    events: list[Row]
    refused: list[Row]
    resources: list[Row]
    files: list[Row]
    course: list[Row]


def tabs(row: Row, of: Parts) -> None:
    """Calls, those that AWS refused, resources, commands and raw records."""
    events, resources = of.events, of.resources
    names = [f"Events ({len(events)})", f"Resources ({len(resources)})", "Stop it", "Raw record"]
    parts = st.tabs([*names, *([f"Refused ({len(of.refused)})"] if of.refused else [])])
    with parts[0]:
        _events(events, of.course)
    with parts[1]:
        _resources(resources)
    with parts[2]:
        _stop(resources)
    with parts[3]:
        records.tab(row, [*events, *of.refused], of.files)
    if of.refused:
        with parts[4]:
            _refused(of.refused)


def _refused(calls: list[Row]) -> None:
    names = ("event_time", "event_name", "region", "error_code")
    rows = [{name: call[name] for name in names} for call in calls]
    tables.show(rows, times=["event_time"], key="refused")
    tables.download(calls, "anomaly-refused")


def _events(events: list[Row], course: list[Row]) -> None:
    if not events:
        show.empty("No call of it changed the bill.", "See what AWS refused.")
        return
    if course:
        now = datetime.now(UTC)
        st.altair_chart(charts.running_sum(course, "delta", "USD / h", now=now), width="stretch")
        st.caption("What its resources cost an hour, from the first call until now.")
    names = ("event_time", "event_name", "resource_class", "region", "quantity", "hourly_cost")
    rows = [
        {name: event[name] for name in names} | bounds.columns(event) | {"price": event["price"]}
        for event in events
    ]
    tables.show(
        bounds.table(rows),
        usd=["hourly_cost", bounds.USD],
        times=["event_time"],
        wide=["price"],
        short=[bounds.WORDS],
        key="events",
    )
    tables.download(events, "anomaly-events")


def _resources(resources: list[Row]) -> None:
    if not resources:
        show.empty("No resource is known.", "The calls name none, or nothing was left running.")
        return
    rows = [
        {
            "resource": one["resource_id"],
            "type": one["resource_type"],
            "class": one["resource_class"],
            "region": one["region"],
            "now": "runs" if one["stopped_at"] is None else f"ended {show.when(one['stopped_at'])}",
            "by": one["stopped_by"] or one["created_by"],
            "USD / h": one["hourly_cost"] if one["stopped_at"] is None else 0,
        }
        for one in resources
    ]
    tables.show(rows, usd=["USD / h"], key="resources")
    tables.download(resources, "anomaly-resources")


def _stop(resources: list[Row]) -> None:
    text = commands.to_stop(resources)
    if text:
        st.caption("Text to copy. Nothing here is ever run for you; read it before you do.")
        st.code(text, language="bash", wrap_lines=True)
    else:
        show.empty("Nothing to stop.", "Nothing of it runs that we know a command for.")
