"""Overview: what runs, what is unusual, what is wasted, and how the pipeline does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from cost_pipeline.store import anomalies, dashboard, health
from cost_pipeline.store.anomalies import Filter
from ui.components import session, show


@st.cache_data(ttl=15, show_spinner=False)
def _facts(tenant_id: str) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    with session.rows() as conn:
        newest = dashboard.newest_day(conn, tenant_id=tenant_id) or today
        return {
            "newest": newest,
            "totals": dashboard.totals(conn, tenant_id=tenant_id, today=today),
            "by_day": dashboard.anomalies_by_day(
                conn, tenant_id=tenant_id, since=newest - timedelta(days=34)
            ),
            "actors": dashboard.added_by(
                conn, tenant_id=tenant_id, dimension="actor", today=newest
            ),
            "accounts": dashboard.added_by(
                conn, tenant_id=tenant_id, dimension="account_id", today=newest
            ),
            "open": anomalies.listing(
                conn,
                tenant_id=tenant_id,
                chosen=Filter(states=("open",)),
                sort="newest",
                limit=6,
            ),
            "open_count": anomalies.count(
                conn, tenant_id=tenant_id, chosen=Filter(states=("open",))
            ),
            "health": health.overview(conn, tenant_id=tenant_id),
        }


def _numbers(facts: dict[str, Any]) -> None:
    totals = facts["totals"]
    columns = st.columns(4)
    columns[0].metric(
        "Running, tracked",
        f"{show.usd(totals['run_rate'])} / h",
        help="What was started since the trail is read and still runs, at list prices.",
        border=True,
    )
    columns[1].metric(
        "Added today",
        f"{show.usd(totals['added'])} / h",
        f"{show.usd(totals['removed'])} / h removed",
        delta_color="off",
        delta_arrow="off",
        border=True,
    )
    columns[2].metric("Open anomalies", f"{facts['open_count']:,}", border=True)
    columns[3].metric("Idle, a month", show.usd(totals["waste"]), border=True)


def _newest(rows: list[dict[str, Any]]) -> None:
    st.subheader("Newest anomalies")
    for row in rows:
        with st.container(border=True):
            left, right = st.columns([4, 1], vertical_alignment="center")
            left.markdown(f"{show.badge(row['severity'])} **{show.plain(row['title'])}**")
            reason = show.plain(row["reasons"][0]["sentence"]) if row["reasons"] else ""
            left.caption(f"{show.when(row['trigger_event_time'])} · {row['account_id']} · {reason}")
            right.link_button("Open", f"/anomalies?anomaly={row['id']}", width="stretch")
    if not rows:
        show.empty("Nothing unusual is open.", "New anomalies appear here minutes after the call.")


def _charts(facts: dict[str, Any]) -> None:
    st.subheader("Anomalies by day")
    if facts["by_day"]:
        st.altair_chart(show.severity_chart(facts["by_day"]), width="stretch")
    else:
        show.empty("No anomalies yet.", "Backfill 30 to 90 days to see past ones.")
    left, right = st.columns(2)
    for column, name, title in (
        (left, "actors", "Added by actor, last 7 days"),
        (right, "accounts", "Added by account, last 7 days"),
    ):
        with column:
            st.subheader(title)
            if facts[name]:
                st.altair_chart(show.bars(facts[name], "hourly", "USD / h"), width="stretch")
            else:
                show.empty("Nothing was added.", "Starts of the last seven days appear here.")


def _health(facts: dict[str, Any]) -> None:
    state = facts["health"]
    files = state["files"]
    st.subheader("Pipeline")
    columns = st.columns(4)
    last = max((row["last_event"] for row in state["accounts"]), default=None)
    columns[0].metric("Last event", show.ago(last))
    columns[1].metric("Files read", f"{files.get('done', 0):,}")
    columns[2].metric("Files failed", f"{files.get('failed', 0):,}")
    unpriced = sum(row["events"] for row in state["unpriced"])
    columns[3].metric("Unpriced starts", f"{unpriced:,}", help="The Health page names them.")


st.title("Overview")
facts = _facts(session.tenant())
if not facts["health"]["trails"]:
    show.empty(
        "No trail is connected yet.",
        "`cost-pipeline up --trail s3://my-trail` keeps reading a bucket; "
        "`cost-pipeline run --trail s3://my-trail` reads it once.",
    )
_numbers(facts)
_newest(facts["open"])
_charts(facts)
_health(facts)
