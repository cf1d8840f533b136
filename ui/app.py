"""The app's frame: who is logged in, the panic banner, and the pages.

The pages lie in `views`: a folder named `pages` would be Streamlit's own, which it shows without
this frame to whoever comes by a deep link before the first run.
"""

from pathlib import Path

import streamlit as st

from cost_pipeline.store import governance, prices
from ui.components import session, show
from ui.components.links import outside
from ui.components.pages import page

HERE = Path(__file__).parent

st.set_page_config(
    page_title="dd0c/cost",
    page_icon=str(HERE / "icon.svg"),
    layout="wide",
    initial_sidebar_state=230,
)
st.html(HERE / "style.css")
st.logo(str(HERE / "logo.svg"), size="large")

viewer = session.current()


@st.cache_data(ttl=600, show_spinner=False)
def _price_dates() -> str:
    with session.rows() as conn:
        return prices.dates(conn)


chosen = st.navigation(
    {
        "": [page("overview"), page("anomalies"), page("zombies")],
        "Look closer": [
            page("explore"),
            page("actors"),
            page("resources"),
            page("baselines"),
            page("digests"),
        ],
        "Run it": [page("accounts"), page("health"), page("settings")],
    }
)

with st.sidebar:
    st.caption(f"{show.plain(viewer.email)} · {viewer.role}")
    outside("Log out", "/auth/logout")
    outside("Change password", "/auth/password")
    st.caption(_price_dates())

with session.rows() as conn:
    if governance.panicking(conn, tenant_id=viewer.tenant_id):
        st.error("Panic is on: all outbound calls (AWS, notifications) are stopped.")

try:
    chosen.run()
except session.NotAllowedError as error:
    st.error(show.plain(str(error)))
