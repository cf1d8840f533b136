"""Actors: who adds what, since when they are known, and which of their calls were refused.

`?actor=` opens one.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from cost_pipeline.store import actors
from ui.components import charts, links, pages, session, show, tables

SPANS = {"7 days": 7, "30 days": 30, "90 days": 90}


@st.cache_data(ttl=30, show_spinner=False)
def _listing(tenant_id: str, days: int, text: str) -> list[dict[str, Any]]:
    today = datetime.now(UTC).date()
    with session.rows() as conn:
        return actors.listing(
            conn,
            tenant_id=tenant_id,
            since=today - timedelta(days=days - 1),
            until=today,
            text=text,
        )


def _list() -> None:
    st.title("Actors")
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    text = left.text_input("Search", placeholder="a person, role or service")
    span = right.segmented_control("Over the last", list(SPANS), default="30 days") or "30 days"
    found = _listing(session.tenant(), SPANS[span], text.strip())
    if not found:
        show.empty(
            "Nobody did anything that costs money.",
            "Actors appear with the first file that is read: people, roles and AWS's own services.",
        )
        return
    rows = [
        {
            "actor": row["actor"],
            "open": links.to("actors", actor=row["actor"]),
            "USD / h added": row["added"],
            "USD / h running": row["running"],
            "calls": row["events"],
            "refused calls": row["refused"],
            "first seen": row["first_seen"],
            "last seen": row["last_seen"],
            "accounts": row["accounts"],
            "types": row["types"],
        }
        for row in found
    ]
    tables.show(
        rows,
        usd=["USD / h added", "USD / h running"],
        times=["first seen", "last seen"],
        links={"open": "Open"},
        height=600,
        key="actors",
    )
    tables.download(found, "actors")


def _one(actor: str) -> None:
    pages.head("actors", actor)
    since = datetime.now(UTC).date() - timedelta(days=90)
    scope: dict[str, Any] = {"tenant_id": session.tenant(), "actor": actor}
    with session.rows() as conn:
        types = actors.by_type(conn, **scope)
        days = actors.by_day(conn, since=since, **scope)
        running = actors.running(conn, **scope)
        refused = actors.refused(conn, since=since, **scope)
    if not (types or running or refused):
        show.empty("Nobody of that name is known.", "Look in the list of all actors.")
        return
    _numbers(types, running, refused)
    pages.link("Their anomalies", "anomalies", "warning", actor=actor)
    if days:
        st.subheader("Added by day")
        chart = charts.stacked_days(tables.frame(days), "added", "USD / h added")
        st.altair_chart(chart, width="stretch")
    _table("What they start", types, ["added"], ["first_seen", "last_seen"], "actor-types")
    _table("What still runs", running, ["hourly_cost"], ["created_at"], "actor-running")
    _table("Refused calls, 90 days", refused, [], ["first", "last"], "actor-refused")


def _numbers(
    types: list[dict[str, Any]], running: list[dict[str, Any]], refused: list[dict[str, Any]]
) -> None:
    columns = st.columns(4)
    first = min((row["first_seen"] for row in types), default=None)
    columns[0].metric("First seen", show.day(first), border=True, height="stretch")
    added = sum(row["added"] or 0 for row in types)
    columns[1].metric("Added, an hour", show.usd(added), border=True, height="stretch")
    rate = sum(row["hourly_cost"] or 0 for row in running)
    columns[2].metric("Still running, an hour", show.usd(rate), border=True, height="stretch")
    calls = sum(row["calls"] for row in refused)
    columns[3].metric("Refused calls", f"{calls:,}", border=True, height="stretch")


def _table(
    title: str, rows: list[dict[str, Any]], usd: list[str], times: list[str], name: str
) -> None:
    if not rows:
        return
    st.subheader(title)
    tables.show(rows, usd=usd, times=times, key=name, height=320)
    tables.download(rows, name)


pages.one_or_all("actor", _one, _list)
