"""The app's frame: who is logged in, the panic banner, and the pages."""

import streamlit as st

from cost_pipeline.store import governance
from ui.components import session, show

st.set_page_config(page_title="dd0c/cost", page_icon=":material/savings:", layout="wide")

viewer = session.current()

pages = st.navigation(
    {
        "": [
            st.Page("pages/overview.py", title="Overview", icon=":material/home:", default=True),
            st.Page(
                "pages/anomalies.py",
                title="Anomalies",
                icon=":material/warning:",
                url_path="anomalies",
            ),
            st.Page(
                "pages/zombies.py", title="Zombies", icon=":material/hotel:", url_path="zombies"
            ),
        ],
        "Look closer": [
            st.Page(
                "pages/explore.py",
                title="Explore",
                icon=":material/query_stats:",
                url_path="explore",
            ),
            st.Page(
                "pages/resources.py", title="Resources", icon=":material/dns:", url_path="resources"
            ),
            st.Page(
                "pages/baselines.py",
                title="Baselines",
                icon=":material/show_chart:",
                url_path="baselines",
            ),
            st.Page(
                "pages/digests.py", title="Digests", icon=":material/mail:", url_path="digests"
            ),
        ],
        "Run it": [
            st.Page(
                "pages/health.py", title="Health", icon=":material/favorite:", url_path="health"
            ),
            st.Page(
                "pages/governance.py",
                title="Governance",
                icon=":material/shield:",
                url_path="governance",
            ),
        ],
    }
)

with st.sidebar:
    st.caption(f"{show.plain(viewer.email)} · {viewer.role}")
    st.link_button("Log out", "/auth/logout", icon=":material/logout:")

with session.rows() as conn:
    if governance.panicking(conn, tenant_id=viewer.tenant_id):
        st.error("Panic is on: all outbound calls (AWS, notifications) are stopped.")

pages.run()
