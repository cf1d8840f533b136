"""Overview: what runs, what is unusual, what is wasted, and how the pipeline does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from cost_pipeline.core.wording import counted
from cost_pipeline.store import anomalies, dashboard, health, zombies
from cost_pipeline.store.anomalies import Filter
from ui.components import bounds, charts, pages, session, show, tables

OPEN = Filter(states=("open",))


@st.cache_data(ttl=14, show_spinner=False)
def _facts(tenant_id: str) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    scope: dict[str, Any] = {"tenant_id": tenant_id}
    with session.rows() as conn:
        newest = dashboard.newest_day(conn, **scope) or today
        since = newest - timedelta(days=34)
        return {
            "days": (since, newest),
            "totals": dashboard.totals(conn, today=today, **scope),
            "waste": zombies.waste(conn, **scope),
            "by_day": dashboard.anomalies_by_day(conn, since=since, **scope),
            "actors": dashboard.added_by(conn, dimension="actor", today=newest, **scope),
            "accounts": dashboard.added_by(conn, dimension="account_id", today=newest, **scope),
            "open": anomalies.listing(conn, chosen=OPEN, sort="newest", limit=5, **scope),
            "open_count": anomalies.count(conn, chosen=OPEN, **scope),
            "health": health.overview(conn, **scope),
            "lag": health.lag(conn, **scope),
        }


def _numbers(facts: dict[str, Any]) -> None:
    totals = facts["totals"]
    columns = st.columns(4)
    _figure(
        columns[0],
        "Running, an hour",
        show.usd(totals["run_rate"]),
        f"{show.usd(totals['run_rate'] * 730)} a month",
        "Tracked: what was started since the trail is read, and still runs, at your prices.",
    )
    _figure(
        columns[1],
        "Added today, an hour",
        show.usd(totals["added"]),
        f"{show.usd(abs(totals['removed']))} removed",
    )
    severe = sum(
        row["anomalies"] for row in facts["by_day"] if row["severity"] in ("critical", "high")
    )
    _figure(
        columns[2],
        "Open anomalies",
        f"{facts['open_count']:,}",
        f"{severe:,} severe in 35 days",
        "Below: of the last 35 days, those that were high or critical, decided or not.",
    )
    waste = facts["waste"]
    idle = counted(waste["zombies"], "resource")
    _figure(
        columns[3],
        "Idle, a month",
        show.usd(waste["monthly_cost"]) if waste["day"] else "–",
        idle if waste["day"] else "no sweep yet",
    )


def _figure(column: Any, label: str, value: str, below: str, meaning: str | None = None) -> None:
    column.metric(
        label,
        value,
        below,
        delta_color="off",
        delta_arrow="off",
        help=meaning,
        border=True,
        height="stretch",
    )


def _newest(rows: list[dict[str, Any]]) -> None:
    st.subheader("Newest anomalies")
    for row in rows:
        with st.container(border=True):
            left, right = st.columns([5, 1], vertical_alignment="center")
            left.markdown(f"{show.badge(row['severity'])} **{show.plain(row['title'])}**")
            reason = show.plain(row["reasons"][0]["sentence"]) if row["reasons"] else ""
            about = f"{show.when(row['trigger_event_time'])} · {row['account_id']} · {reason}"
            left.caption(about + bounds.aside(row))
            pages.link("Open", "anomalies", "arrow_forward", right, anomaly=str(row["id"]))
    if not rows:
        show.empty("Nothing unusual is open.", "New anomalies appear here minutes after the call.")


def _charts(facts: dict[str, Any]) -> None:
    st.subheader("Anomalies by day")
    if facts["by_day"]:
        st.altair_chart(charts.by_severity(facts["by_day"], facts["days"]), width="stretch")
    else:
        show.empty("No anomalies yet.", "`cost-pipeline run --since YYYY-MM-DD` reads past days.")
    left, right = st.columns(2)
    for column, name, title in (
        (left, "actors", "Added by actor, last 7 days"),
        (right, "accounts", "Added by account, last 7 days"),
    ):
        with column:
            st.subheader(title)
            if facts[name]:
                st.altair_chart(
                    charts.named_bars(facts[name], "hourly", "USD / h"), width="stretch"
                )
            else:
                show.empty("Nothing was added.", "Starts of the last seven days appear here.")


def _health(facts: dict[str, Any]) -> None:
    state, lag = facts["health"], facts["lag"]
    st.subheader("Pipeline")
    columns = st.columns(4)
    columns[0].metric(
        "From file to event, median",
        "nothing new" if lag["seconds"] is None else f"{lag['seconds']:,.0f} s",
        help="Of the files of the last day: from their delivery until their events were kept.",
    )
    columns[1].metric(
        "Files waiting",
        f"{lag['waiting']:,}",
        f"the oldest for {show.age(lag['oldest'])}" if lag["oldest"] else None,
        delta_color="off",
        delta_arrow="off",
    )
    columns[2].metric("Files failed", f"{state['files'].get('failed', 0):,}")
    unpriced = sum(row["events"] for row in state["unpriced"])
    columns[3].metric("Calls without a price", f"{unpriced:,}", help="The Health page names them.")
    if state["accounts"]:
        rows = [
            {
                "account": row["account_id"],
                "last event": row["last_event"],
                "age": show.ago(row["last_event"]),
            }
            for row in state["accounts"]
        ]
        tables.show(rows, times=["last event"], key="accounts", height=220)


@st.fragment(run_every="15s")
def _page() -> None:
    facts = _facts(session.tenant())
    if not facts["health"]["trails"]:
        show.empty(
            "No trail is connected yet.",
            "`cost-pipeline up --trail s3://my-trail` keeps reading a bucket; "
            "`cost-pipeline run --trail s3://my-trail` reads it once.",
        )
    elif not facts["health"]["files"]:
        show.empty(
            "No log file has come yet.",
            "The first is read seconds after it lies where the trail points; **Health** says when "
            "each trail was last listed. A trail points at what holds `AWSLogs/`.",
        )
    _numbers(facts)
    _newest(facts["open"])
    _charts(facts)
    _health(facts)


st.title("Overview")
_page()
