"""Zombies: what costs money and does nothing, since when, whose, and how to remove it.

`?zombie=` opens one by its resource id.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import streamlit as st

from cost_pipeline.store import leftovers, sweeps, zombie_life, zombies
from ui.components import charts, pages, session, show, tables


def _totals(rows: list[dict[str, Any]], life: dict[str, Any], waste: list[dict[str, Any]]) -> None:
    columns = st.columns(4)
    change = float(life["change"]) if len(waste) > 1 else 0.0
    columns[0].metric(
        "Idle, a month",
        show.usd(life["monthly_cost"]),
        f"{change:+,.0f} since the day before" if abs(change) >= 1 else None,
        delta_color="inverse",
        border=True,
        height="stretch",
    )
    columns[1].metric("Idle resources", f"{life['zombies']:,}", border=True, height="stretch")
    nobody = sum(1 for row in rows if not row["creator"])
    columns[2].metric("Creator unknown", f"{nobody:,}", border=True, height="stretch")
    columns[3].metric(
        "Ended, saved a month", show.usd(life["saved"]), border=True, height="stretch"
    )
    if len(waste) > 1:
        st.altair_chart(charts.area_days(waste, "monthly_cost", "USD / month"), width="stretch")


def _narrow(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns = st.columns(3)
    for column, name, label in (
        (columns[0], "check_name", "Check"),
        (columns[1], "account_id", "Account"),
        (columns[2], "creator", "Owner"),
    ):
        values = sorted({row[name] or "unknown" for row in rows})
        words = _words if name == "check_name" else str
        wanted = column.multiselect(label, values, format_func=words)
        rows = [row for row in rows if not wanted or (row[name] or "unknown") in wanted]
    return rows


def _words(name: str) -> str:
    """A check's name in words."""
    return name.replace("_", " ")


def _table(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown = [
        {
            "USD / month": row["monthly_cost"],
            "what": row["title"],
            "created by": row["creator"] or "unknown",
            "idle since": row["idle_since"],
            "account": row["account_id"],
            "region": row["region"],
            "resource": row["resource_id"],
            "confidence": row["confidence"],
            "first seen": row["first_seen"],
            "state": "ignored" if row["ignored"] else row["lifecycle"],
            "why": row["why"] or "",
        }
        for row in rows
    ]
    picked = tables.show(
        shown,
        usd=["USD / month"],
        times=["idle since"],
        wide=["what"],
        height=520,
        key="zombies",
        ids=[f"{row['check_name']} {row['resource_id']}" for row in rows],
    )
    return [rows[number] for number in picked]


def _act(chosen: list[dict[str, Any]]) -> None:
    if not chosen:
        st.caption("Select rows to see how to remove them, or to leave them alone until a date.")
        return
    for row in chosen[:20]:
        with st.container(border=True):
            st.markdown(f"**{show.plain(row['title'])}** · {show.plain(row['resource_id'])}")
            cost = show.plain(show.usd(row["monthly_cost"]))
            st.caption(
                f"{cost} a month · {show.plain(row['account_id'])}, {row['region']} · created by"
                f" {show.plain(row['creator'] or 'unknown')} · first seen {row['first_seen']}"
            )
            _why(row["evidence"])
            st.code(row["remediation"], language="bash", wrap_lines=True)
    _ignore(chosen)


def _why(evidence: dict[str, Any]) -> None:
    """Why it counts as idle and how its price came about; then all that was seen, as data."""
    reasons = [*evidence.get("reasons", ()), *(f"Price: {p}." for p in evidence.get("price", ()))]
    if reasons:
        st.markdown("\n".join(f"- {show.plain(reason)}" for reason in reasons))
    with st.expander("What the sweep saw"):
        st.json(evidence, expanded=2)


def _ignore(chosen: list[dict[str, Any]]) -> None:
    if not session.may("operator"):
        st.caption("Operators can leave zombies alone until a date.")
        return
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    today = datetime.now(session.zone()).date()
    until = left.date_input(
        "Ignore until", today + timedelta(days=90), min_value=today + timedelta(days=1)
    )
    again = all(row["ignored"] for row in chosen)
    label = "Count again" if again else f"Ignore {len(chosen)} until then"
    if right.button(label, icon=":material/notifications_off:"):
        end = datetime.combine(until, time(), session.zone()) if not again else datetime.now(UTC)
        with session.acting("operator") as conn:
            zombies.ignore_all(
                conn,
                tenant_id=session.tenant(),
                found=[(row["check_name"], row["resource_id"]) for row in chosen],
                until=end,
                by=session.current().email,
            )
        st.toast("It counts again." if again else f"Left alone until {until}.")
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
    tables.show(shown, usd=["USD / month"], times=["when"], key="left behind", height=320)
    tables.download(left, "left-behind")


def _not_told(
    failed: list[dict[str, Any]], out: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    """What could not be judged, what was left out, and what the sweep took."""
    if failed:
        with st.expander(f"{len(failed)} checks could not be judged everywhere"):
            tables.show(failed, key="failed")
            tables.download(failed, "not-judged")
    if out:
        with st.expander(f"{len(out)} suspects were left out, with the reason"):
            tables.show(out, key="left out")
            tables.download(out, "left-out")
    if asked["places"]:
        st.caption(
            f"The last sweep asked {asked['places']} regions: {asked['calls']:,} calls and"
            f" {asked['metrics']:,} metric series, for {show.usd(asked['usd'])}."
        )


@st.cache_data(ttl=30, show_spinner=False)
def _facts(tenant_id: str) -> dict[str, Any]:
    scope: dict[str, Any] = {"tenant_id": tenant_id}
    now = datetime.now(UTC)
    with session.rows() as conn:
        return {
            "all": zombies.listing(conn, **scope),
            "life": zombie_life.summary(conn, **scope),
            "waste": zombies.waste_by_day(conn, since=now.date() - timedelta(days=90), **scope),
            "left": leftovers.since(conn, moment=now - timedelta(days=7), **scope),
            "failed": sweeps.failures(conn, **scope),
            "out": sweeps.left_out(conn, **scope),
            "asked": sweeps.usage(conn, **scope),
        }


def _linked(rows: list[dict[str, Any]], wanted: str) -> None:
    """One zombie, as a link names it."""
    pages.back("zombies")
    chosen = [row for row in rows if row["resource_id"] == wanted]
    if chosen:
        _act(chosen)
    else:
        show.empty("It is not idle any more.", "The latest sweep does not list it.")


def _page(facts: dict[str, Any]) -> None:
    ignored = st.toggle("Show what is ignored")
    found = [row for row in facts["all"] if ignored or not row["ignored"]]
    if not found:
        show.empty(
            "Nothing is known to be idle.",
            "The sweep runs every morning at 05:00 UTC with the AWS credentials of the pipeline; "
            "in Dagster, materialise `inventory` and `zombies` of today to run it now.",
        )
    else:
        _totals(found, facts["life"], facts["waste"])
        narrowed = _narrow(found)
        _act(_table(narrowed))
        tables.download(narrowed, "zombies")
    _left_behind(facts["left"])
    _not_told(facts["failed"], facts["out"], facts["asked"])


st.title("Zombies")
known = _facts(session.tenant())
if "zombie" in st.query_params:
    _linked(known["all"], st.query_params["zombie"])
else:
    _page(known)
