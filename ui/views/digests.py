"""Digests: what was written and mailed, day by day."""

from pathlib import Path

import streamlit as st

from cost_pipeline.store import digests
from ui.components import session, show

st.title("Digests")
with session.rows() as conn:
    found = digests.listing(conn, tenant_id=session.tenant())
if not found:
    show.empty("No digest yet.", "One is written each morning at seven in the tenant's time zone.")
else:
    days = {str(row["day"]): row for row in found}
    chosen = days[st.selectbox("Day", list(days))]
    sent = f"mailed {show.when(chosen['sent_at'])}" if chosen["sent_at"] else "not mailed"
    st.caption(f"Written {show.when(chosen['written_at'])}, {sent}.")
    page = Path(chosen["path"]) / "digest.html"
    if page.exists():
        st.iframe(page, height=760)
    else:
        show.empty(
            "The files of this digest are gone.", "Materialise `digest` of that day to write them."
        )
    show.download(found, "digests")
