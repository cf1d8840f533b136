"""Zombies: what costs money and does nothing, since when, whose, and how to remove it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt
import streamlit as st

from cost_pipeline.store import zombies
from ui.components import session, show


def _totals(rows: list[dict[str, Any]], now: dict[str, Any], waste: list[dict[str, Any]]) -> None:
    columns = st.columns(3)
    total = float(now["monthly_cost"])
    before = float(waste[-2]["monthly_cost"]) if len(waste) > 1 else None
    columns[0].metric(
        "Idle, a month",
        show.usd(total),
        f"{total - before:+,.0f} since the day before"
        if before is not None and abs(total - before) >= 1
        else None,
        delta_color="inverse",
        border=True,
    )
    columns[1].metric("Idle resources", f"{now['zombies']:,}", border=True)
    nobody = sum(1 for row in rows if not row["creator"])
    columns[2].metric("Creator unknown", f"{nobody:,}", border=True)
    if len(waste) > 1:
        chart = (
            alt.Chart(show.frame(waste))
            .mark_area(color=show.ACCENT, opacity=0.35, line=True)
            .encode(x=alt.X("day:T", title=None), y=alt.Y("monthly_cost:Q", title="USD / month"))
            .properties(height=180)
        )
        st.altair_chart(chart, width="stretch")


def _narrow(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns = st.columns(3)
    for column, name, label in (
        (columns[0], "title", "Check"),
        (columns[1], "account_id", "Account"),
        (columns[2], "creator", "Owner"),
    ):
        values = sorted({row[name] or "unknown" for row in rows})
        wanted = column.multiselect(label, values)
        rows = [row for row in rows if not wanted or (row[name] or "unknown") in wanted]
    return rows


def _table(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown = [
        {
            "check": row["title"],
            "resource": row["resource_id"],
            "account": row["account_id"],
            "region": row["region"],
            "idle since": row["idle_since"],
            "created by": row["creator"] or "unknown",
            "USD / month": row["monthly_cost"],
            "confidence": row["confidence"],
            "first seen": row["first_seen"],
            "state": "ignored" if row["ignored"] else row["lifecycle"],
        }
        for row in rows
    ]
    event = st.dataframe(
        show.frame(shown),
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="multi-row",
        key="zombies",
        column_config={"USD / month": st.column_config.NumberColumn(format="dollar")},
    )
    chosen = event["selection"]["rows"]
    return [rows[number] for number in chosen if number < len(rows)]


def _act(chosen: list[dict[str, Any]]) -> None:
    if not chosen:
        st.caption("Select rows to see how to remove them, or to leave them alone until a date.")
        return
    for row in chosen[:20]:
        with st.container(border=True):
            st.markdown(f"**{show.plain(row['title'])}** · `{row['resource_id']}`")
            st.json(row["evidence"], expanded=False)
            st.code(row["remediation"], language="bash", wrap_lines=True)
    if session.may("operator"):
        until = st.date_input("Ignore until", datetime.now(UTC).date() + timedelta(days=90))
        if st.button(f"Ignore {len(chosen)} until then", icon=":material/notifications_off:"):
            end = datetime(until.year, until.month, until.day, tzinfo=UTC)
            with session.rows() as conn:
                for row in chosen:
                    zombies.ignore(
                        conn,
                        tenant_id=session.tenant(),
                        check_name=row["check_name"],
                        resource_id=row["resource_id"],
                        until=end,
                        by=session.current().email,
                    )
            st.rerun()


st.title("Zombies")
ignored = st.toggle("Show what is ignored")
with session.rows() as conn:
    found = [
        row
        for row in zombies.listing(conn, tenant_id=session.tenant())
        if ignored or not row["ignored"]
    ]
    now = zombies.waste(conn, tenant_id=session.tenant())
    since = datetime.now(UTC).date() - timedelta(days=90)
    waste = zombies.waste_by_day(conn, tenant_id=session.tenant(), since=since)
if not found:
    show.empty(
        "Nothing is known to be idle.",
        "The sweep runs every morning at 05:00 UTC with the AWS credentials of the pipeline; "
        "in Dagster, materialise `inventory` and `zombies` of today to run it now.",
    )
else:
    _totals(found, now, waste)
    narrowed = _narrow(found)
    _act(_table(narrowed))
    show.download(narrowed, "zombies")
