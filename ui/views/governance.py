"""Governance: the panic switch, the mode, the users, and who changed what."""

import streamlit as st

from cost_pipeline.store import governance, users
from ui.components import session, show

st.title("Governance")
tenant, viewer = session.tenant(), session.current()
with session.rows() as conn:
    panic = governance.panicking(conn, tenant_id=tenant)
    mode = governance.get(conn, tenant_id=tenant, key=governance.MODE, default="enforce")
    people = users.listing(conn)
    log = governance.recent(conn, tenant_id=tenant)

st.subheader("Panic")
st.markdown("Stops all outbound calls: AWS and notifications. What is downloaded is processed.")
if not session.may("admin"):
    st.caption(f"Panic is {'on' if panic else 'off'}. Only administrators can change it.")
elif st.button("Let calls go out again" if panic else "Stop all outbound calls", type="primary"):
    with session.rows() as conn:
        governance.put(
            conn, tenant_id=tenant, key=governance.PANIC, value=not panic, by=viewer.email
        )
    st.rerun()

st.subheader("Mode")
wanted = st.radio(
    "Mode",
    ("enforce", "audit"),
    index=int(mode == "audit"),
    captions=("Alerts go out.", "Everything is scored and recorded; nothing goes out."),
    disabled=not session.may("admin"),
    label_visibility="collapsed",
)
if wanted != mode and session.may("admin"):
    with session.rows() as conn:
        governance.put(conn, tenant_id=tenant, key=governance.MODE, value=wanted, by=viewer.email)
    st.rerun()

st.subheader("Users")
st.caption("`cost-pipeline user add you@example.com --role operator` adds one.")
st.dataframe(show.frame(people), hide_index=True, width="stretch")

st.subheader("Audit log")
if log:
    st.dataframe(show.frame(log), hide_index=True, width="stretch")
    show.download(log, "audit-log")
else:
    st.caption("Nothing has been changed yet.")
