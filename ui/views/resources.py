"""Resources: what runs now, the dearest first, and who started it."""

import streamlit as st

from cost_pipeline.store import dashboard
from ui.components import session, show

st.title("Resources")
st.caption(
    "What CloudTrail saw start and has not seen end. What is older than the trail is absent."
)
text = st.text_input("Search", placeholder="id, type, class or creator")
with session.rows() as conn:
    found = dashboard.running(conn, tenant_id=session.tenant(), text=text)
if not found:
    show.empty("Nothing runs that matches.", "Search for something else, or connect a trail.")
else:
    st.dataframe(
        show.frame(found),
        hide_index=True,
        width="stretch",
        height=640,
        column_config={
            "hourly_cost": st.column_config.NumberColumn("USD / h", format="dollar"),
            "created_at": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
            "last_event_time": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
    )
    show.download(found, "resources")
