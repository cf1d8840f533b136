"""Anomalies: a list to filter, and each one with its story, numbers, events and decisions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import altair as alt
import streamlit as st

from cost_pipeline.store import anomalies, feedback
from cost_pipeline.store.anomalies import Filter
from ui.components import commands, session, show

STATES = ("open", "acknowledged", "snoozed", "expected", "resolved")
SORTS = ("newest", "costliest", "severest", "oldest")


def _chosen() -> tuple[Filter, anomalies.Sort]:
    with session.rows() as conn:
        choices = anomalies.choices(conn, tenant_id=session.tenant())
    text = st.text_input("Search", placeholder="actor, account, type, region …")
    columns = st.columns(5)
    severities = columns[0].multiselect("Severity", show.SEVERITIES)
    states = columns[1].multiselect("State", STATES, default=["open"])
    accounts = columns[2].multiselect("Account", choices.get("accounts", []))
    actors = columns[3].multiselect("Actor", choices.get("actors", []))
    types = columns[4].multiselect("Resource type", choices.get("resource_types", []))
    sort = st.segmented_control("Sort", SORTS, default="newest") or "newest"
    chosen = Filter(
        severities=severities,
        states=states,
        accounts=accounts,
        actors=actors,
        resource_types=types,
        text=text,
    )
    return chosen, sort  # type: ignore[return-value]


def _list() -> None:
    st.title("Anomalies")
    chosen, sort = _chosen()
    with session.rows() as conn:
        tenant = session.tenant()
        found = anomalies.listing(conn, tenant_id=tenant, chosen=chosen, sort=sort, limit=500)
        total = anomalies.count(conn, tenant_id=tenant, chosen=chosen)
    if not found:
        show.empty(
            "No anomaly matches.",
            "Widen the filter, or look at **Overview** to see whether the pipeline is up to date.",
        )
        return
    st.caption(f"{total:,} anomalies" + (", the first 500 shown" if total > 500 else ""))
    rows = [
        {
            "severity": row["severity"],
            "what": row["title"],
            "account": row["account_id"],
            "when": row["trigger_event_time"],
            "USD / h": row["hourly_cost"],
            "USD / month": row["projected_monthly_cost"],
            "state": row["state"],
            "open": f"/anomalies?anomaly={row['id']}",
        }
        for row in found
    ]
    st.dataframe(
        show.frame(rows),
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(rows), 640),
        column_config={
            "what": st.column_config.TextColumn(width="large"),
            "when": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
            "USD / h": st.column_config.NumberColumn(format="dollar"),
            "USD / month": st.column_config.NumberColumn(format="dollar"),
            "open": st.column_config.LinkColumn("", display_text="Open", width="small"),
        },
    )
    show.download(found, "anomalies")


def _detail(anomaly_id: UUID) -> None:
    now = datetime.now(UTC)
    tenant = session.tenant()
    with session.rows() as conn:
        row = anomalies.detail(conn, tenant_id=tenant, anomaly_id=anomaly_id, now=now)
        events = anomalies.events(conn, tenant_id=tenant, anomaly_id=anomaly_id)
        resources = anomalies.resources(conn, tenant_id=tenant, anomaly_id=anomaly_id)
        usual = (
            anomalies.usual_days(
                conn,
                tenant_id=tenant,
                account_id=row["account_id"],
                resource_type=row["resource_type"],
                since=row["day"] - timedelta(days=30),
                until=row["day"],
            )
            if row
            else []
        )
    if row is None:
        st.title("Anomalies")
        show.empty("This anomaly is gone.", "A rerun of its day may have revised it: see the list.")
        st.link_button("All anomalies", "/anomalies")
        return
    _story(row, events, resources)
    _decide(row)
    _why(row, usual)
    _evidence(row, events, resources)


def _story(
    row: dict[str, Any], events: list[dict[str, Any]], resources: list[dict[str, Any]]
) -> None:
    st.link_button("All anomalies", "/anomalies", icon=":material/arrow_back:")
    st.title(show.plain(row["title"]))
    running = [r for r in resources if r["stopped_at"] is None]
    still = f"{len(running)} of {len(resources)} still run" if resources else "nothing runs"
    calls = "one call" if len(events) == 1 else f"{len(events)} calls"
    st.markdown(
        f"{show.badge(row['severity'])} :gray-badge[{row['state']}] On "
        f"{show.when(row['first_event_time'])}, **{show.plain(row['actor'])}** made {calls} in "
        f"account **{row['account_id']}** that changed the bill; {still}."
    )
    columns = st.columns(4)
    columns[0].metric("An hour", show.usd(row["hourly_cost"]), border=True)
    columns[1].metric("A month, if it stays", show.usd(row["projected_monthly_cost"]), border=True)
    columns[2].metric("Spent so far", show.usd(row["spent"]), border=True)
    rate = sum(float(r["hourly_cost"] or 0) for r in running)
    until = _monday(datetime.now(session.zone()))
    hours = (until - datetime.now(session.zone())).total_seconds() / 3600
    columns[3].metric("More by Monday 09:00", show.usd(rate * hours), border=True)


def _monday(now: datetime) -> datetime:
    nine = now.replace(hour=9, minute=0, second=0, microsecond=0)
    ahead = (7 - now.weekday()) % 7
    return nine + timedelta(days=ahead if ahead or now < nine else 7)


def _decide(row: dict[str, Any]) -> None:
    if not session.may("operator"):
        st.caption("Operators can decide about anomalies; you can look.")
        return
    comment = st.text_input("Comment", placeholder="Why? (optional)", key="comment")
    columns = st.columns(5)
    until = columns[4].date_input(
        "until", datetime.now(UTC).date() + timedelta(days=30), key="until"
    )
    options: tuple[tuple[str, feedback.Kind, str], ...] = (
        ("Acknowledge", "acknowledged", "Somebody looks at it."),
        ("Expected", "expected", "Mutes this pattern until the date, and lets it train."),
        ("Snooze", "snoozed", "Mutes this pattern until the date."),
        ("Resolve", "resolved", "It is dealt with."),
    )
    if row["state"] != "open":
        options = (("Reopen", "reopened", "It is open again."), *options)[:4]
    for column, (label, decision, help_text) in zip(columns, options, strict=False):
        if column.button(label, help=help_text, width="stretch"):
            _save(row, decision, comment, until)
            st.rerun()
    for said in row["feedback"]:
        note = f": {said['comment']}" if said["comment"] else ""
        end = f" until {said['until']:%Y-%m-%d}" if said["until"] else ""
        at = show.when(said["decided_at"])
        st.caption(show.plain(f"{at} · {said['decided_by']} · {said['decision']}{end}{note}"))


def _save(row: dict[str, Any], decision: feedback.Kind, comment: str, until: Any) -> None:
    muted = decision in ("expected", "snoozed")
    end = datetime(until.year, until.month, until.day, tzinfo=UTC) if muted and until else None
    with session.rows() as conn:
        feedback.decide(
            conn,
            tenant_id=session.tenant(),
            anomaly_id=row["id"],
            decision=decision,
            by=session.current().email,
            until=end,
            comment=comment or None,
        )
    st.toast(f"Marked as {decision}.")


def _why(row: dict[str, Any], usual: list[dict[str, Any]]) -> None:
    st.subheader("Why it is unusual")
    for reason in row["reasons"]:
        st.markdown(f"- {show.plain(reason['sentence'])}")
    if len(usual) < 2:
        st.caption("There is no history of this resource type in this account to compare with.")
        return
    days = show.frame(usual)
    days["this day"] = days["day"] == row["day"]
    chart = (
        alt.Chart(days)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("hourly_added:Q", title="USD / h added"),
            color=alt.Color(
                "this day:N",
                scale=alt.Scale(domain=[False, True], range=["#9db5e8", "#d92d20"]),
                legend=None,
            ),
            tooltip=["day:T", alt.Tooltip("hourly_added:Q", format="$,.2f"), "event_count:Q"],
        )
        .properties(height=200)
    )
    st.altair_chart(chart, width="stretch")
    st.caption("What each day added of this type in this account; the anomaly's day in red.")


def _evidence(
    row: dict[str, Any], events: list[dict[str, Any]], resources: list[dict[str, Any]]
) -> None:
    tabs = st.tabs([f"Events ({len(events)})", f"Resources ({len(resources)})", "Stop it", "Data"])
    with tabs[0]:
        columns = (
            "event_time",
            "event_name",
            "resource_class",
            "region",
            "quantity",
            "hourly_cost",
        )
        st.dataframe(
            show.frame([{name: event[name] for name in columns} for event in events]),
            hide_index=True,
            width="stretch",
        )
        show.download(events, "anomaly-events")
    with tabs[1]:
        fields = ("resource_id", "resource_type", "resource_class", "region", "hourly_cost")
        rows = [
            {name: r[name] for name in fields} | {"stopped": show.when(r["stopped_at"])}
            for r in resources
        ]
        st.dataframe(show.frame(rows), hide_index=True, width="stretch")
        show.download(resources, "anomaly-resources")
    with tabs[2]:
        text = commands.to_stop(resources)
        if text:
            st.caption("Text to copy. Nothing here is ever run for you.")
            st.code(text, language="bash", wrap_lines=True)
        else:
            show.empty("Nothing to stop.", "Nothing of it runs that we know a command for.")
    with tabs[3]:
        st.json({name: str(value) for name, value in row.items() if name != "reasons"})
        st.json([{**event, "data": event["data"]} for event in events[:20]], expanded=False)


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
