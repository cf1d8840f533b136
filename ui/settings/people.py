"""Users and API tokens: who may do what."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, get_args

import psycopg
import streamlit as st

from cost_pipeline.access import api_tokens
from cost_pipeline.access.passwords import WeakPasswordError, hash_password
from cost_pipeline.access.scopes import Scope
from cost_pipeline.store import api_tokens as stored_tokens
from cost_pipeline.store import governance, users
from cost_pipeline.store.users import Role
from ui.components import session, show, tables

ROLES: tuple[Role, ...] = get_args(Role)
MEANINGS = (
    "viewer looks; operator also decides about anomalies and zombies, and tests connections; admin"
    " also changes settings, accounts and users."
)


def user_section() -> None:
    """The users; administrators add them, change their role, and lock them out."""
    with session.rows() as conn:
        people = users.listing(conn)
    rows = [
        {
            "e-mail": one["email"],
            "role": one["role"],
            "since": one["created_at"],
            "locked out": one["disabled_at"],
        }
        for one in people
    ]
    tables.show(rows, times=["since", "locked out"], key="users", height=320)
    tables.download(rows, "users")
    st.caption(MEANINGS)
    if not session.may("admin"):
        st.caption("Administrators can change users.")
        return
    _add_user()
    _change_user([one for one in people if one["disabled_at"] is None])


def _add_user() -> None:
    with st.form("user"):
        st.markdown("**Add a user, or give one a new password**")
        left, middle, right = st.columns([3, 3, 2])
        email = left.text_input("E-mail", autocomplete="off").strip().lower()
        password = middle.text_input("Password", type="password", autocomplete="new-password")
        role: Role = right.selectbox("Role", ROLES)
        if st.form_submit_button("Save", type="primary"):
            said = _saved(email, password, role)
            if said:
                st.error(said)
            else:
                st.rerun()


def _saved(email: str, password: str, role: Role) -> str | None:
    """Saves a user; what is wrong, or None."""
    if email.count("@") != 1 or " " in email:
        return "This is no e-mail address."
    try:
        hashed = hash_password(password)
        with session.acting("admin") as conn:
            users.put(
                conn, tenant_id=session.tenant(), email=email, password_hash=hashed, role=role
            )
            _audit(conn, "set user", {"email": email, "role": role})
    except WeakPasswordError as error:
        return f"{error}.".capitalize()
    except psycopg.errors.InsufficientPrivilege:
        return "This address cannot be used here."
    st.toast(f"{email} is {role}.")
    return None


def _change_user(people: list[dict[str, Any]]) -> None:
    st.markdown("**Change a role, or lock somebody out**")
    left, middle, right = st.columns([3, 2, 3], vertical_alignment="bottom")
    email = left.selectbox("User", [one["email"] for one in people])
    role: Role = middle.selectbox("New role", ROLES)
    admins = [one["email"] for one in people if one["role"] == "admin"]
    last = admins == [email]
    with right.container(horizontal=True):
        changed = st.button("Change role", disabled=last and role != "admin")
        locked = st.button("Lock out", disabled=last or email == session.current().email)
    if last:
        st.caption("The last administrator stays one.")
    if changed or locked:
        with session.acting("admin") as conn:
            if locked:
                users.disable(conn, email=email)
                _audit(conn, "locked user out", {"email": email})
            else:
                users.set_role(conn, email=email, role=role)
                _audit(conn, "set user", {"email": email, "role": role})
        st.rerun()


def _audit(conn: psycopg.Connection[Any], action: str, details: dict[str, Any]) -> None:
    who = session.current()
    governance.audit(conn, tenant_id=who.tenant_id, who=who.email, action=action, details=details)


def token_section() -> None:
    """API tokens: listed, made (and shown once), revoked."""
    with session.rows() as conn:
        known = stored_tokens.listing(conn, tenant_id=session.tenant())
    if known:
        tables.show(
            known,
            times=["created_at", "expires_at", "last_used_at", "revoked_at"],
            key="tokens",
            height=280,
        )
        tables.download(known, "tokens")
    else:
        st.caption("No token yet: make one for a script that reads or writes over the HTTP API.")
    if not session.may("admin"):
        st.caption("Administrators can make and revoke tokens.")
        return
    _make_token()
    valid = [one["name"] for one in known if one["revoked_at"] is None]
    if valid:
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        name = left.selectbox("Token", valid)
        if right.button("Revoke", width="stretch"):
            _revoke(name)


def _make_token() -> None:
    with st.form("token"):
        left, middle, right = st.columns([2, 3, 2])
        name = left.text_input("Name", max_chars=100).strip()
        scopes = middle.multiselect("May", get_args(Scope), default=["read"])
        today = datetime.now(session.zone()).date()
        until = right.date_input("Expires", today + timedelta(days=90), min_value=today)
        if not st.form_submit_button("Make a token", type="primary"):
            return
        if not name or not scopes:
            st.error("A token needs a name, and something that it may do.")
            return
        who = session.require("admin")
        try:
            made = api_tokens.create(
                session.database(),
                tenant_id=who.tenant_id,
                name=name,
                scopes=scopes,
                by=who.email,
                expires_at=datetime.combine(until, time(), session.zone()),
            )
        except ValueError as error:
            st.error(show.plain(str(error)))
            return
        st.success("Copy it now: it is not shown again.")
        st.code(made, language=None)


def _revoke(name: str) -> None:
    who = session.require("admin")
    api_tokens.revoke(
        session.database(), tenant_id=who.tenant_id, name=name, by=who.email, now=datetime.now(UTC)
    )
    st.rerun()
