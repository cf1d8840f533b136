"""Anomalies: a list to filter and decide about, and each one with its story and numbers.

Links: `?anomaly=ID` opens one; `?day=`, `?severity=`, `?state=`, `?account=`, `?actor=` narrow
the list.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import streamlit as st

from cost_pipeline.store import anomalies, burning
from cost_pipeline.store.anomalies import Filter
from ui.anomaly import decide, evidence, story
from ui.anomaly.evidence import Parts
from ui.components import bounds, charts, links, pages, session, show, tables

STATES = ("open", "acknowledged", "mine", "snoozed", "expected", "resolved", "withdrawn")
SORTS = ("newest", "costliest", "severest", "oldest")
MOST = 500
MOST_BOUNDS = 5


@st.cache_data(ttl=15, show_spinner=False)
def _choices(tenant_id: str) -> dict[str, list[str]]:
    with session.rows() as conn:
        return anomalies.choices(conn, tenant_id=tenant_id)


@st.cache_data(ttl=15, show_spinner=False)
def _found(tenant_id: str, chosen: Filter, sort: anomalies.Sort) -> tuple[list[Any], int]:
    with session.rows() as conn:
        scope: dict[str, Any] = {"tenant_id": tenant_id, "chosen": chosen}
        found = anomalies.listing(conn, sort=sort, limit=MOST, **scope)
        return found, anomalies.count(conn, **scope)


def _chosen() -> tuple[Filter, anomalies.Sort]:
    known = _choices(session.tenant())
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    text = left.text_input("Search", placeholder="actor, account, type, region …")
    sort = right.segmented_control("Sort", SORTS, default="newest") or "newest"
    columns = st.columns(3)
    severities = columns[0].multiselect(
        "Severity", charts.SEVERITIES, default=links.given("severity", charts.SEVERITIES)
    )
    linked = any(st.query_params.get(name) for name in ("day", "actor", "state"))
    states = columns[1].multiselect(
        "State", STATES, default=links.given("state", STATES) or ([] if linked else ["open"])
    )
    accounts = columns[2].multiselect(
        "Account", known["accounts"], default=links.given("account", known["accounts"])
    )
    with st.expander("More filters", expanded=bool(linked)):
        columns = st.columns(3)
        actors = columns[0].multiselect(
            "Actor", known["actors"], default=links.given("actor", known["actors"])
        )
        types = columns[1].multiselect("Resource type", known["resource_types"])
        regions = columns[2].multiselect("Region", known["regions"])
        columns = st.columns(3)
        day = links.day()
        since = columns[0].date_input("From day", day, key="since")
        until = columns[1].date_input("To day", day, key="until")
        least = columns[2].number_input("At least, USD a month", min_value=0, step=100)
    chosen = Filter(
        since if isinstance(since, date) else None,
        until if isinstance(until, date) else None,
        tuple(severities),
        tuple(accounts),
        tuple(actors),
        tuple(types),
        tuple(states),
        text,
        tuple(regions),
        float(least),
    )
    return chosen, sort  # type: ignore[return-value]


def _list() -> None:
    st.title("Anomalies")
    chosen, sort = _chosen()
    found, total = _found(session.tenant(), chosen, sort)
    if not found:
        show.empty(
            "No anomaly matches.",
            "Widen the filter, or look at **Overview** to see whether the pipeline is up to date.",
        )
        return
    monthly = sum(row["projected_monthly_cost"] for row in found)
    st.caption(
        f"{total:,} {'anomaly' if total == 1 else 'anomalies'}"
        + (f", the first {MOST} shown" if total > MOST else "")
        + f" · {show.plain(show.usd(monthly))} a month together, if all of it stayed;"
        " what is paid once is in it"
    )
    rows = [
        {
            "severity": row["severity"],
            "open": f"/anomalies?anomaly={row['id']}",
            "what": row["title"],
            "USD / month": row["projected_monthly_cost"],
            "account": row["account_id"],
            "when": row["trigger_event_time"],
            **bounds.columns(row),
            "state": row["state"],
            "actor": row["actor"],
            "type": row["resource_type"],
            "region": row["region"],
            "USD / h": row["hourly_cost"],
        }
        for row in found
    ]
    picked = tables.show(
        bounds.table(rows),
        usd=["USD / h", "USD / month", bounds.USD],
        times=["when"],
        links={"open": "Open"},
        wide=["what"],
        short=[bounds.WORDS],
        height=560,
        key="anomalies",
        ids=[str(row["id"]) for row in found],
    )
    with st.container(border=True):
        if picked:
            st.markdown(f"**{len(picked)} chosen**")
            chosen_rows = [found[number] for number in picked]
            states = {row["state"] for row in chosen_rows}
            decide.controls([row["id"] for row in chosen_rows], states, key="bulk")
        else:
            st.caption("Choose rows at their left edge to decide about several at once.")
    tables.download(found, "anomalies")


def _detail(anomaly_id: UUID) -> None:
    pages.back("anomalies")
    scope: dict[str, Any] = {"tenant_id": session.tenant(), "anomaly_id": anomaly_id}
    with session.rows() as conn:
        now = datetime.now(UTC)
        row = anomalies.detail(conn, now=now, most_bounds=MOST_BOUNDS, **scope)
        if row is None:
            st.title("Anomalies")
            show.empty(
                "This anomaly is gone.", "A rerun of its day may have revised it: see the list."
            )
            return
        scope["anomaly_id"] = row["id"]
        events = anomalies.events(conn, **scope)
        resources = anomalies.resources(conn, **scope)
        files = anomalies.files(conn, **scope)
        refused = anomalies.refused(conn, **scope)
        course = burning.course(conn, **scope)
        usual = anomalies.usual_days(
            conn,
            tenant_id=session.tenant(),
            account_id=row["account_id"],
            resource_type=row["resource_type"],
            since=row["day"] - timedelta(days=30),
            until=row["day"],
        )
    parts = Parts(events, refused, resources, files, course)
    story.tell(row, parts)
    with st.container(border=True):
        decide.controls([row["id"]], {row["state"]}, key="one")
        decide.history(row["feedback"])
    evidence.why(row, usual)
    evidence.tabs(row, parts)


wanted = st.query_params.get("anomaly")
try:
    chosen_id = UUID(wanted) if wanted else None
except ValueError:
    chosen_id = None
    st.warning("The link names no anomaly.")
if chosen_id is None:
    _list()
else:
    _detail(chosen_id)
