"""Channels: where alerts go, and a test of each."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cost_pipeline.notify.channels import channels_from
from cost_pipeline.store import requests
from ui import login
from ui.components import session, show


@st.fragment(run_every="5s")
def section() -> None:
    """The channels that are set up, what each last said, and a button that tests it."""
    settings = login.settings()
    names = [channel.name for channel in channels_from(settings)]
    with session.rows() as conn:
        asked = requests.latest(conn, tenant_id=session.tenant(), kind="channel")
    st.markdown(
        f"Alerts go out from severity **{settings.alert_min_severity}** on, to the channels below."
        " They are set up in the environment of the pipeline: see `docs/operations.md`."
    )
    for name in names:
        _channel(name, asked.get(name))
    if names == ["console"]:
        show.empty(
            "Only the log is told.",
            "Set `SLACK_WEBHOOK_URL`, or `SMTP_HOST` and `MAIL_TO`, and start again.",
        )


def _channel(name: str, asked: dict[str, Any] | None) -> None:
    waits = asked is not None and asked["answered_at"] is None
    with st.container(border=True):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(f"**{show.plain(name)}**")
        if asked is None:
            left.caption("Never tested.")
        elif waits:
            left.caption(f"{show.plain(asked['asked_by'])} asked {show.ago(asked['asked_at'])}.")
        else:
            mark = ":green[works]" if asked["ok"] else ":red[fails]"
            when = show.ago(asked["answered_at"])
            left.markdown(f"{mark} · {show.plain(asked['answer'])} · {when}")
        if session.may("admin") and right.button(
            "Test", key=f"test {name}", disabled=waits, width="stretch"
        ):
            with session.acting("admin") as conn:
                requests.ask(
                    conn,
                    tenant_id=session.tenant(),
                    kind="channel",
                    subject=name,
                    by=session.current().email,
                )
            st.rerun()
