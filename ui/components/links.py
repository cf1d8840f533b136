"""Addresses: what they ask a page for, of which only what the page knows is taken, and links."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from urllib.parse import quote

import streamlit as st


def given(name: str, known: Collection[str]) -> list[str]:
    """The values of a query parameter that are among those known."""
    return [value for value in st.query_params.get_all(name) if value in known]


def day() -> date | None:
    """The day that `?day=` names; None where it names none."""
    try:
        return date.fromisoformat(st.query_params.get("day", ""))
    except ValueError:
        return None


def to(page: str, **query: str) -> str:
    """The address of a page that asks for something.

    >>> to("actors", actor="ada & co")
    '/actors?actor=ada%20%26%20co'
    """
    asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return f"/{page}?{asked}"


def outside(label: str, path: str) -> None:
    """A link out of the app, such as to log out, in the same tab."""
    st.html(f'<a class="outside" href="{path}" target="_self">{label}</a>')
