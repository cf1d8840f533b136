"""Baselines: what is usual for each account and resource type, and what it was learned from."""

import streamlit as st

from cost_pipeline.store import baselines
from ui.components import session, show

st.title("Baselines")
with session.rows() as conn:
    found = baselines.latest(conn, tenant_id=session.tenant())
if not found:
    show.empty(
        "Nothing is usual yet.",
        "Baselines are made each night from the last 30 days; a backfill makes them at once.",
    )
else:
    st.caption(f"As of the end of {found[0]['as_of']}, over the 30 days before.")
    rows = [
        {
            "account": row["account_id"],
            "resource type": row["resource_type"],
            "events": row["event_count"],
            "days": row["days"],
            "mean USD / h": row["mean_hourly_cost"],
            "deviation": row["stddev"],
            "most added in a day": row["max_daily_added"],
            "actors": ", ".join(sorted(row["observed_actors"])),
            "regions": ", ".join(sorted(row["observed_regions"])),
        }
        for row in found
    ]
    st.dataframe(show.frame(rows), hide_index=True, width="stretch", height=640)
    show.download(rows, "baselines")
