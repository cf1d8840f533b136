"""Who changed what."""

from __future__ import annotations

import streamlit as st

from cost_pipeline.store import governance
from ui.components import session, tables

MOST = 1_000


def section() -> None:
    """The audit log, the newest first, to search and to save."""
    with session.rows() as conn:
        log = governance.recent(conn, tenant_id=session.tenant(), limit=MOST)
    text = st.text_input("Search", placeholder="who, what", key="audit search").strip().lower()
    log = [row for row in log if text in f"{row['who']} {row['action']} {row['details']}".lower()]
    if log:
        tables.show(log, times=["at"], wide=["details"], height=560, key="audit")
        tables.download(log, "audit-log")
    else:
        st.caption("Nothing of that kind has been changed yet.")
