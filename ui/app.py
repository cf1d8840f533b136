"""The app's frame: who is logged in, the panic banner, and the pages.

The pages lie in `views`: a folder named `pages` would be Streamlit's own, which it shows without
this frame to whoever comes by a deep link before the first run.
"""

import streamlit as st

from cost_pipeline.store import governance
from ui.components import session, show

st.set_page_config(page_title="dd0c/cost", page_icon=":material/savings:", layout="wide")

viewer = session.current()

pages = st.navigation(
    {
        "": [
            st.Page("views/overview.py", title="Overview", icon=":material/home:", default=True),
            st.Page(
                "views/anomalies.py",
                title="Anomalies",
                icon=":material/warning:",
                url_path="anomalies",
            ),
            st.Page(
                "views/zombies.py", title="Zombies", icon=":material/hotel:", url_path="zombies"
            ),
        ],
        "Look closer": [
            st.Page(
                "views/explore.py",
                title="Explore",
                icon=":material/query_stats:",
                url_path="explore",
            ),
            st.Page(
                "views/resources.py", title="Resources", icon=":material/dns:", url_path="resources"
            ),
            st.Page(
                "views/baselines.py",
                title="Baselines",
                icon=":material/show_chart:",
                url_path="baselines",
            ),
            st.Page(
                "views/digests.py", title="Digests", icon=":material/mail:", url_path="digests"
            ),
        ],
        "Run it": [
            st.Page(
                "views/health.py", title="Health", icon=":material/favorite:", url_path="health"
            ),
            st.Page(
                "views/governance.py",
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
