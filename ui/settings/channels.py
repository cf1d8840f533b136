"""Channels: where alerts go, and a test of each."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cost_pipeline.settings import Settings
from cost_pipeline.store import channels, requests
from ui import login
from ui.components import session, show, tables


@st.fragment(run_every="5s")
def section() -> None:
    """The channels that are set up, what each last said, and a button that tests it."""
    settings, scope = login.settings(), {"tenant_id": session.tenant()}
    with session.rows() as conn:
        own = {row["name"]: row for row in channels.listing(conn, **scope)}
        asked = requests.latest(conn, kind="channel", **scope)
    st.markdown(
        "Where alerts and digests go. `cost-pipeline channel add` adds one, with its routing,"
        " quiet hours and limit; those of the environment hold for every tenant."
    )
    for name, rules in (_of_environment(settings) | {k: _rules(v) for k, v in own.items()}).items():
        _channel(name, rules, asked.get(name))
    if own:
        tables.show(list(own.values()), times=["updated_at"], key="channels")
        tables.download(list(own.values()), "channels")


def _of_environment(settings: Settings) -> dict[str, str]:
    """The channels that the environment names, and what each is told."""
    least = f"alerts from {settings.alert_min_severity} on"
    found = {"console": f"environment · {least}, into the log"}
    if settings.smtp_host is not None and settings.recipients:
        found["email"] = f"environment · {least}, and digests, to {settings.mail_to}"
    if settings.slack_webhook_url is not None:
        found["slack"] = f"environment · {least}"
    return found


def _rules(row: dict[str, Any]) -> str:
    parts = [row["kind"], ", ".join(row["wants"]), f"from {row['min_severity']} on"]
    parts += [f"accounts {', '.join(row['accounts'])}"] if row["accounts"] else []
    parts += [f"types {', '.join(row['types'])}"] if row["types"] else []
    if row["quiet_from"] is not None:
        parts.append(f"quiet {row['quiet_from']:%H:%M}–{row['quiet_until']:%H:%M}")
    return " · ".join(parts)


def _channel(name: str, rules: str, asked: dict[str, Any] | None) -> None:
    waits = asked is not None and asked["answered_at"] is None
    with st.container(border=True):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(f"**{show.plain(name)}** · {show.plain(rules)}")
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
