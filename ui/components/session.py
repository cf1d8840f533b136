"""Who looks at the page, the rows that they may see, and the changes that they may make."""

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
from ui.components.links import outside


class NotAllowedError(PermissionError):
    """The viewer's role is too small for what they asked for."""


def current() -> Session:
    """Who is logged in; stops the page for whoever is not."""
    session = login.session_of(st.context.cookies.get(login.COOKIE))
    if session is None:
        st.warning("You are not logged in, or your session has ended.")
        outside("Log in", "/auth/login")
        st.stop()
    return session


@contextmanager
def rows() -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A transaction that sees the viewer's tenant alone, and in which nobody can write."""
    with database().transaction(current().tenant_id) as conn:
        conn.execute("SET TRANSACTION READ ONLY")
        yield conn


@contextmanager
def trying() -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A transaction for what takes scratch tables to work out: nothing of it is kept."""
    with database().transaction(current().tenant_id) as conn:
        yield conn
        conn.rollback()


@contextmanager
def acting(role: Role) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A transaction in which somebody of at least `role` changes something.

    What pages remember is forgotten after it, so that the change shows at once.

    Raises:
        NotAllowedError: the viewer's role is less, whatever their browser sent.
    """
    require(role)
    with database().transaction(tenant()) as conn:
        yield conn
    st.cache_data.clear()


def require(role: Role) -> Session:
    """Who is logged in, if their role is at least `role`.

    Raises:
        NotAllowedError: it is less.
    """
    who = current()
    if not who.may(role):
        raise NotAllowedError(f"this takes the role {role}; {who.email} is {who.role}")
    return who


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


def database() -> Database:
    """The database of this installation."""
    return login.database()
