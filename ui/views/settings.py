"""Settings: thresholds, what counts as idle, channels, governance, users, tokens and the audit log.

`?section=` opens one.
"""

import streamlit as st

from ui.components import links
from ui.settings import audit, channels, idle, people, switches, thresholds

SECTIONS = {
    "thresholds": thresholds.section,
    "idle resources": idle.section,
    "channels": channels.section,
    "governance": switches.section,
    "users": people.user_section,
    "tokens": people.token_section,
    "audit log": audit.section,
}

st.title("Settings")
given = links.given("section", SECTIONS)
chosen = st.segmented_control(
    "Section",
    list(SECTIONS),
    default=given[0] if given else "thresholds",
    label_visibility="collapsed",
    format_func=str.capitalize,
)
SECTIONS[chosen or "thresholds"]()
