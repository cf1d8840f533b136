"""No page, link or saved list of the app shows anything of another tenant."""

from typing import Any

import pytest
import streamlit as st

from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.rows import fill
from ui.components import tables

LINKS: tuple[tuple[str, dict[str, str]], ...] = (
    *((name, {}) for name in ("overview", "anomalies", "zombies", "explore", "actors")),
    *((name, {}) for name in ("resources", "baselines", "digests", "accounts", "health")),
    *(("settings", {"section": name}) for name in ("channels", "governance", "tokens")),
    ("settings", {"section": "audit log"}),
    ("anomalies", {"anomaly": "ID"}),
    ("anomalies", {"actor": "other-ada"}),
    ("actors", {"actor": "other-ada"}),
    ("resources", {"resource": "i-other-0"}),
    ("zombies", {"zombie": "eip-other-0"}),
    ("explore", {"actor": "other-ada", "day": "2026-03-10"}),
)
MARKS = ("other-ada", "of other", "i-other", "eip-other")


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every list that a page offers to save."""
    kept: list[str] = []
    write = tables.csv_text

    def csv_text(rows: Any) -> str:
        kept.append(write(rows))
        return kept[-1]

    monkeypatch.setattr(tables, "csv_text", csv_text)
    return kept


def _said(shown: Any, asked: dict[str, str]) -> str:
    """All that a page says, but for what its address asked for."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "text", "code", "json")
    parts = [str(one.value) for kind in kinds for one in shown.get(kind)]
    parts += [f"{one.label} {one.value} {one.delta}" for one in shown.metric]
    parts += [one.value.to_string() for one in shown.dataframe]
    parts += [str(one.options) for one in [*shown.multiselect, *shown.selectbox]]
    text = "\n".join(parts).replace("\\", "").replace("\N{WORD JOINER}", "")
    for value in asked.values():
        text = text.replace(value, "")
    return text


def test_only_the_viewers_tenant_is_shown_and_saved(
    page: Any, use_database: Any, database: Database, saved: list[str]
) -> None:
    ids = fill(database, "other")
    fill(database, "default")
    asked = [
        (name, {key: value.replace("ID", str(ids[0])) for key, value in query.items()})
        for name, query in LINKS
    ]
    use_database(database.url, "admin", "default")
    seen = _walk(page, asked) + "\n".join(saved)
    assert [mark for mark in MARKS if mark in seen] == []
    use_database(database.url, "admin", "other")
    st.cache_data.clear()
    theirs = _walk(page, [link for link in asked if link[0] in ("anomalies", "actors", "zombies")])
    assert [mark for mark in MARKS if mark not in theirs + "\n".join(saved)] == []


def _walk(page: Any, links: list[tuple[str, dict[str, str]]]) -> str:
    seen = ""
    for name, query in links:
        shown = page(name, **query)
        assert not shown.exception, (name, query)
        seen += _said(shown, query)
    return seen
