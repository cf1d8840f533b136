"""Baselines: what is usual for each account and resource type, and what it was learned from."""

from datetime import timedelta
from typing import Any

import streamlit as st

from cost_pipeline.store import baselines
from ui.components import charts, session, show, tables


@st.cache_data(ttl=60, show_spinner=False)
def _latest(tenant_id: str) -> list[dict[str, Any]]:
    with session.rows() as conn:
        return baselines.latest(conn, tenant_id=tenant_id)


def _list(found: list[dict[str, Any]]) -> list[int]:
    rows = [
        {
            "account": row["account_id"],
            "resource type": row["resource_type"],
            "calls": row["event_count"],
            "days": row["days"],
            "mean USD / h": row["mean_hourly_cost"],
            "deviation": row["stddev"],
            "most added in a day": row["max_daily_added"],
            "actors": len(row["observed_actors"]),
            "regions": ", ".join(sorted(row["observed_regions"])),
        }
        for row in found
    ]
    picked = tables.show(
        rows,
        usd=["mean USD / h", "deviation", "most added in a day"],
        height=480,
        key="baselines",
        ids=[f"{row['account_id']} {row['resource_type']} {row['as_of']}" for row in found],
    )
    tables.download(rows, "baselines")
    return picked


def _learned(row: dict[str, Any]) -> None:
    """The days, the actors, the classes and the regions that a baseline was learned from."""
    st.subheader(show.plain(f"{row['resource_type']} in {row['account_id']}"))
    with session.rows() as conn:
        days = baselines.trained_on(
            conn,
            tenant_id=session.tenant(),
            account_id=row["account_id"],
            resource_type=row["resource_type"],
            since=row["as_of"] - timedelta(days=baselines.WINDOW_DAYS - 1),
            until=row["as_of"],
        )
    if days:
        st.altair_chart(charts.learned_days(days), width="stretch")
        left_out = sum(day["left_out"] for day in days)
        st.caption(
            f"{len(days)} days trained it; {show.plain(show.usd(left_out))} an hour was anomalous,"
            " nobody confirmed it as expected, and it was left out."
        )
    for title, column in (
        ("Actors", "observed_actors"),
        ("Regions", "observed_regions"),
        ("Classes", "observed_classes"),
    ):
        rows = [
            {
                "name": name,
                "calls": facts["events"],
                "USD / h added": facts["hourly_added"],
                "days": facts.get("days"),
                "first seen": facts["first"][:16].replace("T", " "),
                "last seen": facts["last"][:16].replace("T", " "),
            }
            for name, facts in sorted(row[column].items(), key=lambda item: -item[1]["events"])
        ]
        if rows:
            st.markdown(f"**{title}**")
            tables.show(rows, usd=["USD / h added"], key=column, height=260)


st.title("Baselines")
known = _latest(session.tenant())
if not known:
    show.empty(
        "Nothing is usual yet.",
        "Baselines are made each night from the last 30 days; a backfill makes them at once.",
    )
else:
    st.caption(
        f"As of {known[0]['as_of']}, over the {baselines.WINDOW_DAYS} days before."
        " Choose a row to see what it was learned from."
    )
    for number in _list(known)[:1]:
        _learned(known[number])
