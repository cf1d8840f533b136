"""The app's pages, and links that open one in the same tab, asking it for something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from ui.components import show

_VIEWS = Path(__file__).resolve().parents[1] / "views"
_ICONS = {
    "overview": "home",
    "anomalies": "warning",
    "zombies": "hotel",
    "explore": "query_stats",
    "actors": "group",
    "resources": "dns",
    "baselines": "show_chart",
    "digests": "mail",
    "accounts": "account_tree",
    "health": "favorite",
    "settings": "settings",
}
_FIRST = "overview"


def page(name: str) -> Page:
    """A page by its name; the first one has the bare address."""
    return st.Page(
        _VIEWS / f"{name}.py",
        title=name.capitalize(),
        icon=f":material/{_ICONS[name]}:",
        url_path=None if name == _FIRST else name,
        default=name == _FIRST,
    )


def link(label: str, name: str, icon: str, place: Any = st, **query: str) -> None:
    """A link to a page that asks it for something, somewhere on this one."""
    place.page_link(page(name), label=label, icon=f":material/{icon}:", query_params=query)


def back(name: str) -> None:
    """A link to the list that something was opened from."""
    link(f"All {name}", name, "arrow_back")


def head(listed: str, title: str) -> None:
    """How a page about one thing begins: the way back to the list, and what it is about."""
    back(listed)
    st.title(show.plain(title), anchor=False)


def one_or_all(parameter: str, one: Callable[[str], None], every: Callable[[], None]) -> None:
    """Shows what the address names by a parameter; the list where it names nothing."""
    wanted = st.query_params.get(parameter)
    if wanted:
        one(wanted)
    else:
        every()
