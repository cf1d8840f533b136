"""Who looks at the page, and the rows that they may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
import streamlit as st

from cost_pipeline.access.tokens import Session
from cost_pipeline.store.database import Database
from cost_pipeline.store.users import Role
from ui import login


def current() -> Session:
    """Who is logged in; stops the page for whoever is not."""
    session = login.session_of(st.context.cookies.get(login.COOKIE))
    if session is None:
        st.warning("You are not logged in, or your session has ended.")
        st.link_button("Log in", "/auth/login")
        st.stop()
    return session


@contextmanager
def rows() -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A transaction that sees the viewer's tenant alone."""
    with _database().transaction(current().tenant_id) as conn:
        yield conn


def tenant() -> str:
    """The viewer's tenant."""
    return current().tenant_id


def may(role: Role) -> bool:
    """Whether the viewer's role is at least `role`."""
    return current().may(role)


def zone() -> ZoneInfo:
    """The viewer's time zone, as the browser tells it."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _database() -> Database:
    return login.database()
