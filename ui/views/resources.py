"""Resources: what runs now, the dearest first, who started it, and each one's history."""

from typing import Any

import streamlit as st

from cost_pipeline.store import dashboard
from ui.components import bounds, charts, links, pages, session, show, tables

STATES = {"Running": True, "Ended": False, "All": None}


@st.cache_data(ttl=30, show_spinner=False)
def _listing(tenant_id: str, text: str, running: bool | None) -> list[dict[str, Any]]:
    with session.rows() as conn:
        return dashboard.resources(conn, tenant_id=tenant_id, text=text, running=running)


def _list() -> None:
    st.title("Resources")
    st.caption(
        "What CloudTrail saw start. What is older than the trail, and has not changed since, is"
        " absent."
    )
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    text = left.text_input("Search", placeholder="id, type, class, account or creator")
    state = right.segmented_control("Show", list(STATES), default="Running") or "Running"
    found = _listing(session.tenant(), text.strip(), STATES[state])
    if not found:
        show.empty("Nothing matches.", "Search for something else, or connect a trail.")
        return
    rows = [
        {
            "resource": row["resource_id"],
            "open": links.to("resources", resource=row["resource_id"]),
            "type": row["resource_type"],
            "class": row["resource_class"],
            "USD / h": row["hourly_cost"],
            "account": row["account_id"],
            "region": row["region"],
            "created by": row["created_by"],
            "created": row["created_at"],
            "ended": row["stopped_at"],
        }
        for row in found
    ]
    st.caption(f"{len(found):,} shown, the dearest first")
    tables.show(
        rows,
        usd=["USD / h"],
        times=["created", "ended"],
        links={"open": "Open"},
        height=600,
        key="resources",
    )
    tables.download(found, "resources")


def _one(resource_id: str) -> None:
    pages.head("resources", resource_id)
    with session.rows() as conn:
        scope: dict[str, Any] = {"tenant_id": session.tenant(), "resource_id": resource_id}
        row, spans = dashboard.resource(conn, **scope)
    if row is None:
        show.empty("No resource of that id is known.", "Look in the list of all resources.")
        return
    columns = st.columns(4)
    runs = row["stopped_at"] is None
    columns[0].metric(
        "Now",
        "runs" if runs else f"ended {show.ago(row['stopped_at'])}",
        border=True,
        height="stretch",
    )
    columns[1].metric(
        "An hour", show.usd(row["hourly_cost"] if runs else 0), border=True, height="stretch"
    )
    columns[2].metric("Cost so far", show.usd(row["spent"]), border=True, height="stretch")
    columns[3].metric("Created", show.day(row["created_at"]), border=True, height="stretch")
    what = ", ".join(
        str(row[name]) for name in ("resource_type", "resource_class", "account_id", "region")
        if row[name]
    )  # fmt: skip
    st.markdown(f"{show.plain(what)} · created by **{show.plain(row['created_by'] or 'unknown')}**")
    if len(spans) > 1:
        st.altair_chart(charts.running_sum(spans, "delta", "USD / h"), width="stretch")
    st.subheader("History")
    tables.show(
        bounds.table(spans),
        usd=["hourly_cost", "delta", bounds.USD],
        times=["event_time"],
        short=[bounds.WORDS],
        key="spans",
    )
    tables.download(spans, "resource-history")


pages.one_or_all("resource", _one, _list)
