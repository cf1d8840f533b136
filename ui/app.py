"""The app's frame: who is logged in, the panic banner, and the pages.

The pages lie in `views`: a folder named `pages` would be Streamlit's own, which it shows without
this frame to whoever comes by a deep link before the first run.
"""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from cost_pipeline.store import governance
from ui.components import session, show

HERE = Path(__file__).parent

st.set_page_config(
    page_title="dd0c/cost",
    page_icon=":material/savings:",
    layout="wide",
    initial_sidebar_state=230,
)
st.html(HERE / "style.css")
st.logo(str(HERE / "logo.svg"), size="large")

viewer = session.current()


def _page(name: str, icon: str, *, default: bool = False) -> Page:
    return st.Page(
        f"views/{name}.py",
        title=name.capitalize(),
        icon=f":material/{icon}:",
        url_path=None if default else name,
        default=default,
    )


pages = st.navigation(
    {
        "": [
            _page("overview", "home", default=True),
            _page("anomalies", "warning"),
            _page("zombies", "hotel"),
        ],
        "Look closer": [
            _page("explore", "query_stats"),
            _page("actors", "group"),
            _page("resources", "dns"),
            _page("baselines", "show_chart"),
            _page("digests", "mail"),
        ],
        "Run it": [
            _page("accounts", "account_tree"),
            _page("health", "favorite"),
            _page("settings", "settings"),
        ],
    }
)

with st.sidebar:
    st.caption(f"{show.plain(viewer.email)} · {viewer.role}")
    st.link_button("Log out", "/auth/logout", icon=":material/logout:")

with session.rows() as conn:
    if governance.panicking(conn, tenant_id=viewer.tenant_id):
        st.error("Panic is on: all outbound calls (AWS, notifications) are stopped.")

try:
    pages.run()
except session.NotAllowedError as error:
    st.error(show.plain(str(error)))
