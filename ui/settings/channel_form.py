"""The form that adds a channel, or changes one: its fields, what it is told, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

import streamlit as st

from cost_pipeline.access.channel_vault import ChannelVault
from cost_pipeline.notify import channel_admin
from cost_pipeline.notify.channels import KINDS, Field
from cost_pipeline.store.channels import WANTS, Rules
from ui import login
from ui.components import session, show

SEVERITIES = ("low", "medium", "high", "critical")
NEW = Rules(hourly_limit=30)
_LABELS = {"url": "Address", "to": "Recipients", "starttls": "STARTTLS", "role_arn": "Role"}
_OPEN, _MADE = "channel that is changed", "channel secrets to show once"
_SAVED = "channels saved"


def open_with(row: Mapping[str, Any]) -> None:
    """Has the form show a channel to change, from the next run on."""
    st.session_state[_OPEN] = dict(row)


def made() -> None:
    """The secrets that were made for a channel just now, until they are put away."""
    told: dict[str, str] = st.session_state.get(_MADE, {})
    for field, value in told.items():
        st.success(f"Its {field}. Copy it now: it is not shown again.")
        st.code(value, language=None)
    if told and st.button("I have it"):
        del st.session_state[_MADE]
        st.rerun()


def form() -> None:
    """Adds a channel, or changes the one whose button was pressed; nothing is sent."""
    row: dict[str, Any] | None = st.session_state.get(_OPEN)
    title = "Add a channel" if row is None else f"Change {show.plain(row['name'])}"
    with st.expander(title, expanded=row is not None, key=f"form of {row and row['name']}"):
        key = row["name"] if row else "new"
        saved_before = st.session_state.get(_SAVED, 0)
        kinds = list(KINDS)
        kind = st.selectbox(
            "Kind",
            kinds,
            index=kinds.index(row["kind"]) if row else kinds.index("slack"),
            format_func=lambda one: KINDS[one].title,
            key=f"kind {key}",
        )
        with st.form(f"channel {key} {kind} {saved_before}", border=False):
            name = st.text_input("Name", row["name"] if row else "", disabled=row is not None)
            fields = _fields(KINDS[kind].fields, row if row and row["kind"] == kind else None)
            rules = _rules(Rules.of(row) if row else NEW)
            with st.container(horizontal=True):
                saved = st.form_submit_button("Save", type="primary")
                if row is not None and st.form_submit_button("Cancel"):
                    _close()
        if saved:
            _save(name.strip(), kind, fields, rules)


def _fields(fields: tuple[Field, ...], row: Mapping[str, Any] | None) -> dict[str, str]:
    given = {}
    for column, one in zip(_halves(len(fields)), fields, strict=True):
        kept = one.secret and row is not None
        given[one.name] = column.text_input(
            _LABELS.get(one.name) or one.name.replace("_", " ").capitalize(),
            "" if one.secret or row is None else row["config"].get(one.name, ""),
            type="password" if one.secret else "default",
            help=one.help,
            placeholder=_placeholder(one, kept=kept),
            autocomplete="off",
        )
    return given


def _placeholder(one: Field, *, kept: bool) -> str:
    if kept:
        return "kept as it is, unless you write another"
    return "needed" if one.required else ""


def _rules(now: Rules) -> Rules:
    left, right = st.columns(2)
    wants = left.multiselect("Is told", WANTS, default=now.wants)
    severity = right.selectbox(
        "From which severity on", SEVERITIES, SEVERITIES.index(now.min_severity)
    )
    accounts = left.text_input(
        "Only accounts", ", ".join(now.accounts), placeholder="all; or 1111*, 222233334444"
    )
    types = right.text_input(
        "Only services or types", ", ".join(now.types), placeholder="all; or ec2, rds_*"
    )
    start = left.time_input("Quiet from", now.quiet_from, help="In the tenant's time zone.")
    end = right.time_input("Quiet until", now.quiet_until)
    critical = left.checkbox(
        "What is critical is told in quiet hours too", now.critical_breaks_quiet
    )
    limit = right.number_input(
        "Messages an hour at most",
        min_value=1,
        value=now.hourly_limit,
        placeholder="no limit",
        help="What is more is told in one message together.",
    )
    return Rules(
        wants=tuple(wants),
        min_severity=severity,
        accounts=_listed(accounts),
        types=_listed(types),
        quiet_from=_minute(start),
        quiet_until=_minute(end),
        critical_breaks_quiet=critical,
        hourly_limit=limit,
    )


def _save(name: str, kind: str, fields: Mapping[str, str], rules: Rules) -> None:
    who = session.require("admin")
    try:
        told = channel_admin.add(
            session.database(),
            ChannelVault(login.keys(), who.tenant_id),
            tenant_id=who.tenant_id,
            name=name,
            kind=kind,
            fields=fields,
            rules=rules,
            by=who.email,
            settings=login.settings(),
        )
    except ValueError as error:
        st.error(show.plain(f"{error}."))
        return
    if told:
        st.session_state[_MADE] = told
    # A form of another key is empty: what was secret in this one is forgotten.
    st.session_state[_SAVED] = st.session_state.get(_SAVED, 0) + 1
    st.toast(f"{name} is set. Test it.")
    _close()


def _close() -> None:
    st.session_state.pop(_OPEN, None)
    st.rerun()


def _halves(number: int) -> list[Any]:
    """Places for so many inputs, two beside each other."""
    return [column for _ in range((number + 1) // 2) for column in st.columns(2)][:number]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _minute(at: time | None) -> time | None:
    return at.replace(second=0, microsecond=0) if at else None
