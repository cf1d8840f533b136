"""Zombies: what costs money and does nothing, since when, whose, and how to remove it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt
import streamlit as st

from cost_pipeline.store import leftovers, sweeps, zombie_life, zombies
from ui.components import session, show


def _totals(rows: list[dict[str, Any]], life: dict[str, Any], waste: list[dict[str, Any]]) -> None:
    columns = st.columns(4)
    change = float(life["change"]) if len(waste) > 1 else 0.0
    columns[0].metric(
        "Idle, a month",
        show.usd(life["monthly_cost"]),
        f"{change:+,.0f} since the day before" if abs(change) >= 1 else None,
        delta_color="inverse",
        border=True,
    )
    columns[1].metric("Idle resources", f"{life['zombies']:,}", border=True)
    nobody = sum(1 for row in rows if not row["creator"])
    columns[2].metric("Creator unknown", f"{nobody:,}", border=True)
    columns[3].metric("Saved by what went away, a month", show.usd(life["saved"]), border=True)
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
            "why": row["why"] or "",
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


def _left_behind(left: list[dict[str, Any]]) -> None:
    """What calls of the last days left to bill on, and what became of it."""
    if not left:
        return
    st.subheader("Left behind this week")
    shown = [
        {
            "when": row["event_time"],
            "what": row["title"],
            "account": row["account_id"],
            "region": row["region"],
            "USD / month": row["monthly_cost"],
            "now": f"deleted by {row['removed_by']}"
            if row["removed_at"]
            else ("in use again" if row["used_again_at"] else "still there"),
        }
        for row in left
    ]
    st.dataframe(
        show.frame(shown),
        hide_index=True,
        width="stretch",
        column_config={"USD / month": st.column_config.NumberColumn(format="dollar")},
    )


def _not_told(
    failed: list[dict[str, Any]], out: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    """What could not be judged, what was left out, and what the sweep took."""
    if failed:
        with st.expander(f"{len(failed)} checks could not be judged everywhere"):
            st.dataframe(show.frame(failed), hide_index=True, width="stretch")
    if out:
        with st.expander(f"{len(out)} suspects were left out, with the reason"):
            st.dataframe(show.frame(out), hide_index=True, width="stretch")
    if asked["places"]:
        st.caption(
            f"The last sweep asked {asked['places']} regions: {asked['calls']:,} calls and"
            f" {asked['metrics']:,} metric series, for {show.usd(asked['usd'])}."
        )


st.title("Zombies")
ignored = st.toggle("Show what is ignored")
with session.rows() as conn:
    scope: dict[str, Any] = {"tenant_id": session.tenant()}
    found = [row for row in zombies.listing(conn, **scope) if ignored or not row["ignored"]]
    life = zombie_life.summary(conn, **scope)
    today = datetime.now(UTC)
    waste = zombies.waste_by_day(conn, since=today.date() - timedelta(days=90), **scope)
    left = leftovers.since(conn, moment=today - timedelta(days=7), **scope)
    failed = sweeps.failures(conn, **scope)
    out = sweeps.left_out(conn, **scope)
    asked = sweeps.usage(conn, **scope)
if not found:
    show.empty(
        "Nothing is known to be idle.",
        "The sweep runs every morning at 05:00 UTC with the AWS credentials of the pipeline; "
        "in Dagster, materialise `inventory` and `zombies` of today to run it now.",
    )
else:
    _totals(found, life, waste)
    narrowed = _narrow(found)
    _act(_table(narrowed))
    show.download(narrowed, "zombies")
_left_behind(left)
_not_told(failed, out, asked)
