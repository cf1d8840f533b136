"""Explore: cost events by account, region, service, actor and day."""

from datetime import UTC, datetime, timedelta

import altair as alt
import pandas as pd
import streamlit as st

from cost_pipeline.store import dashboard
from cost_pipeline.store.dashboard import Dimension
from ui.components import session, show

DIMENSIONS: tuple[Dimension, ...] = (
    "actor",
    "account_id",
    "region",
    "service",
    "resource_type",
    "event_name",
)

st.title("Explore")
today = datetime.now(UTC).date()
columns = st.columns([2, 2, 3])
rows: Dimension = columns[0].selectbox(
    "Group by", DIMENSIONS, format_func=lambda n: n.removesuffix("_id").replace("_", " ")
)
span = columns[1].date_input("Days", (today - timedelta(days=13), today), max_value=today)
narrow = columns[2].text_input(
    "Only", placeholder="account_id=111122223333 region=eu-west-1", help="name=value, with spaces"
)
where: dict[Dimension, str] = {}
for part in narrow.split():
    name, _, value = part.partition("=")
    if name in DIMENSIONS and value:
        where[name] = value  # type: ignore[index]
    else:
        st.warning(f"“{part}” is not of the form name=value with one of: {', '.join(DIMENSIONS)}.")
if not isinstance(span, tuple) or len(span) != 2:
    st.info("Choose the last day too.")
    st.stop()
with session.rows() as conn:
    found = dashboard.explore(
        conn,
        tenant_id=session.tenant(),
        rows=rows,
        since=span[0],
        until=span[1],
        where=where,
        limit=5000,
    )
if not found:
    show.empty("No cost event in these days.", "Choose other days, or remove a condition.")
    st.stop()
table = show.frame(found)
top = table.groupby("name")["added"].sum().nlargest(8).index
chart = (
    alt.Chart(table[table["name"].isin(top)])
    .mark_bar()
    .encode(
        x=alt.X("day:T", title=None),
        y=alt.Y("added:Q", title="USD / h added"),
        color=alt.Color("name:N", title=None, legend=alt.Legend(orient="top", columns=4)),
        tooltip=["name:N", "day:T", alt.Tooltip("added:Q", format="$,.2f"), "events:Q"],
    )
    .properties(height=280)
)
st.altair_chart(chart, width="stretch")
summary = (
    table.groupby("name", as_index=False)[["events", "added", "removed", "one_time"]]
    .sum()
    .sort_values("added", ascending=False)
)
st.dataframe(
    summary,
    hide_index=True,
    width="stretch",
    column_config={
        name: st.column_config.NumberColumn(label, format="dollar")
        for name, label in (
            ("added", "USD / h added"),
            ("removed", "USD / h removed"),
            ("one_time", "USD once"),
        )
    },
)
pivot = pd.pivot_table(table, index="name", columns="day", values="added", aggfunc="sum")
with st.expander("By day"):
    st.dataframe(pivot, width="stretch")
show.download(found, "explore")
