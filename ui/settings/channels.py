"""Channels: where alerts and digests go, by which rules, a test of each, and a form for them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cost_pipeline.notify.channels import routes
from cost_pipeline.store import channels, requests
from cost_pipeline.store.channels import Rules
from ui import login
from ui.components import asking, session, show, tables
from ui.settings import channel_form


def section() -> None:
    """The channels with what each last said; administrators try, add, change and remove them."""
    st.markdown(
        "Where alerts and digests go. The channels of the environment hold for every tenant; one"
        " of yours with the same name takes its place."
    )
    channel_form.made()
    _known()
    if session.may("admin"):
        channel_form.form()
    else:
        st.caption("Administrators can test and change channels.")


@st.fragment(run_every="5s")
def _known() -> None:
    scope: dict[str, Any] = {"tenant_id": session.tenant()}
    with session.rows() as conn:
        own = {row["name"]: row for row in channels.listing(conn, **scope)}
        asked = requests.latest(conn, kind="channel", **scope)
    for route in routes([], None, login.settings()):
        name = route.channel.name
        if name not in own:
            _channel(name, f"environment · {route.rules.said()}", asked.get(name))
    for name, row in own.items():
        where = row["config"].get("where") or row["config"].get("to") or row["config"].get("topic")
        parts = [row["kind"], *([str(where)] if where else []), Rules.of(row).said()]
        _channel(name, " · ".join(parts), asked.get(name), row)
    if own:
        tables.download(list(own.values()), "channels")


def _channel(
    name: str, said: str, asked: dict[str, Any] | None, row: dict[str, Any] | None = None
) -> None:
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        left.markdown(f"**{show.plain(name)}**  \n{show.plain(said)}")
        _last_test(left, asked)
        if session.may("admin"):
            with right.container(horizontal=True, horizontal_alignment="right"):
                _buttons(name, row, waits=asking.waits(asked))


def _last_test(column: Any, asked: dict[str, Any] | None) -> None:
    if asked is None:
        column.caption("Never tested.")
    elif asked["answered_at"] is None:
        column.caption(f"{show.plain(asked['asked_by'])} asked {show.ago(asked['asked_at'])}.")
    else:
        mark = ":green[works]" if asked["ok"] else ":red[fails]"
        when = show.ago(asked["answered_at"])
        column.markdown(f"{mark} · {show.plain(asked['answer'])} · {when}")


def _buttons(name: str, row: dict[str, Any] | None, *, waits: bool) -> None:
    if st.button("Test", key=f"test {name}", disabled=waits):
        _ask(name)
    if row is None:
        return
    if st.button("Change", key=f"change {name}"):
        channel_form.open_with(row)
        st.rerun()
    with st.popover("Remove", key=f"remove {name}"):
        st.markdown(f"What waits for {show.plain(name)} is not sent any more.")
        if st.button(f"Remove {show.plain(name)}", type="primary"):
            _remove(name)


def _ask(name: str) -> None:
    asking.ask("admin", "channel", name)
    st.toast("Asked: the pipeline sends a message within seconds.")
    st.rerun()


def _remove(name: str) -> None:
    with session.acting("admin") as conn:
        channels.remove(conn, tenant_id=session.tenant(), name=name, by=session.current().email)
    st.toast(f"{name} is removed.")
    st.rerun()
