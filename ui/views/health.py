"""Health: trails, files, accounts, failures, and what has no price."""

import streamlit as st

from cost_pipeline.store import health, objects
from ui.components import session, show

st.title("Health")
with session.rows() as conn:
    facts = health.overview(conn, tenant_id=session.tenant())
    failed = objects.failures(conn, tenant_id=session.tenant())

st.subheader("Trails")
if facts["trails"]:
    st.dataframe(show.frame(facts["trails"]), hide_index=True, width="stretch")
else:
    show.empty("No trail is connected.", "`cost-pipeline up --trail s3://my-trail`")

columns = st.columns(4)
for column, state in zip(columns, ("done", "pending", "failed"), strict=False):
    column.metric(f"Files {state}", f"{facts['files'].get(state, 0):,}", border=True)
columns[3].metric("Quarantined records", f"{facts['quarantined']:,}", border=True)

for title, rows, nothing in (
    ("Accounts", facts["accounts"], "No event of the last 35 days."),
    ("Files that could not be read", failed, "Every file could be read."),
    ("Starts without a price", facts["unpriced"], "Everything that started has a price."),
    ("Failed runs of the last day", facts["failures"], "No run failed."),
):
    st.subheader(title)
    if rows:
        st.dataframe(show.frame(rows), hide_index=True, width="stretch")
        show.download(rows, title.lower().replace(" ", "-"))
    else:
        st.caption(nothing)
