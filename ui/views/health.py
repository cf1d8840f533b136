"""Health: trails, files, accounts, failures, and what has no price."""

from typing import Any

import streamlit as st

from cost_pipeline.store import health, objects
from ui.components import session, show, tables


@st.cache_data(ttl=10, show_spinner=False)
def _facts(tenant_id: str) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    with session.rows() as conn:
        scope: dict[str, Any] = {"tenant_id": tenant_id}
        return (
            health.overview(conn, **scope),
            objects.failures(conn, **scope),
            health.lag(conn, **scope),
        )


@st.fragment(run_every="15s")
def _numbers() -> None:
    facts, _, lag = _facts(session.tenant())
    columns = st.columns(4)
    columns[0].metric(
        "Files read", f"{facts['files'].get('done', 0):,}", border=True, height="stretch"
    )
    waited = f"the oldest for {show.age(lag['oldest'])}" if lag["oldest"] else None
    columns[1].metric(
        "Files waiting",
        f"{lag['waiting']:,}",
        waited,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
    )
    columns[2].metric(
        "Files failed", f"{facts['files'].get('failed', 0):,}", border=True, height="stretch"
    )
    columns[3].metric(
        "Quarantined records", f"{facts['quarantined']:,}", border=True, height="stretch"
    )


def _lists() -> None:
    facts, failed, _ = _facts(session.tenant())
    for title, rows, times, nothing in (
        ("Accounts", facts["accounts"], ["last_event"], "No event of the last 35 days."),
        ("Files that could not be read", failed, [], "Every file could be read."),
        ("Calls without a price", facts["unpriced"], [], "Everything that started has a price."),
        ("Failed runs of the last day", facts["failures"], ["at"], "No run failed."),
    ):
        st.subheader(title)
        if rows:
            tables.show(rows, times=times, key=title, height=320)
            tables.download(rows, title.lower().replace(" ", "-"))
        else:
            st.caption(nothing)


st.title("Health")
_numbers()
st.subheader("Trails")
trails = _facts(session.tenant())[0]["trails"]
if trails:
    tables.show(trails, times=["last_object_at", "last_listed_at"], key="trails")
else:
    show.empty("No trail is connected.", "`cost-pipeline up --trail s3://my-trail`")
_lists()
