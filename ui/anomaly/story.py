"""An anomaly in one sentence and four numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from cost_pipeline.core.burn import Burn
from ui.anomaly.evidence import Parts
from ui.components import bounds, show

Row = dict[str, Any]
_MOST_REGIONS = 3


def tell(row: Row, of: Parts) -> None:
    """Who did what, where, for how much, what of it still runs, and how far it may grow."""
    st.title(show.plain(row["title"]))
    running = [one for one in of.resources if one["stopped_at"] is None]
    state = f"{show.badge(row['severity'])} :gray-badge[{row['state']}]"
    story = f"{sentence(row, of.events, of.refused)} {_still(running, of.resources, of.events)}"
    st.markdown(f"{state} {story}")
    columns = st.columns(4)
    columns[0].metric("An hour", show.usd(row["hourly_cost"]), border=True, height="stretch")
    columns[1].metric(
        "A month, if it stays",
        show.usd(row["projected_monthly_cost"]),
        help="730 hours of what it costs now, and what is paid once.",
        border=True,
        height="stretch",
    )
    columns[2].metric("Spent so far", show.usd(row["spent"]), border=True, height="stretch")
    meter: Burn = row["burn"]
    columns[3].metric(
        f"By {meter.monday_at:%A %H:%M}",
        show.usd(meter.by_monday),
        help=f"Spent so far, and what still runs at {show.usd(meter.hourly)} an hour until then;"
        f" {show.usd(meter.by_month_end)} by the end of the month.",
        border=True,
        height="stretch",
    )
    if allowed := bounds.of_anomaly(meter.hourly, row["worst_cases"]):
        st.markdown(allowed)


def sentence(row: Row, events: list[Row], refused: list[Row]) -> str:
    """When, who, how many calls, where; and whether AWS refused them."""
    told, what = events, "that changed the bill"
    if not events and refused:
        told, what = refused, "that AWS refused"
    calls = "one call" if len(told) == 1 else f"{len(told)} calls"
    times = [one["event_time"] for one in told] or [row["first_event_time"], row["last_event_time"]]
    first, last = min(times), max(times)
    long = last - first > timedelta(minutes=2)
    when = f"From {show.when(first)} until {show.when(last)}" if long else f"On {show.when(first)}"
    regions = sorted({one["region"] for one in told} or {row["region"]})
    return (
        f"{when}, **{show.plain(row['actor'])}** made {calls} in account"
        f" **{show.plain(row['account_id'])}**, {show.plain(_listed(regions))}, {what}."
    )


def _listed(regions: list[str]) -> str:
    if len(regions) > _MOST_REGIONS:
        return f"{len(regions)} regions"
    return " and ".join([", ".join(regions[:-1]), regions[-1]] if regions[1:] else regions)


def _still(running: list[Row], resources: list[Row], events: list[Row]) -> str:
    if not events:
        return "Nothing was started by it."
    if not resources:
        return "No resource of it is known."
    if not running:
        return "Nothing of it runs any more."
    if len(running) == len(resources):
        return "It still runs." if len(running) == 1 else f"All {len(running)} still run."
    return f"{len(running)} of {len(resources)} still run."
