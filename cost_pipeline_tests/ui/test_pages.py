"""Every page, with nothing in the database and with an organisation's weeks."""

from typing import Any

import pytest
import streamlit as st

from cost_pipeline.store import feedback
from cost_pipeline.store.database import Database

PAGES = (
    "overview",
    "anomalies",
    "zombies",
    "explore",
    "resources",
    "baselines",
    "digests",
    "health",
    "governance",
)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    st.cache_data.clear()


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_database_teaches_what_to_do(
    name: str, page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url)
    shown = page(name)
    assert not shown.exception
    assert shown.title[0].value


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_a_filled_database(
    name: str, page: Any, use_database: Any, filled_url: str
) -> None:
    use_database(filled_url)
    shown = page(name)
    assert not shown.exception


def test_the_overview_counts_what_is_open(page: Any, use_database: Any, filled_url: str) -> None:
    use_database(filled_url)
    metrics = {metric.label: metric.value for metric in page("overview").metric}
    with Database(filled_url) as db, db.transaction("default") as conn:
        row = conn.execute("SELECT count(*) AS n FROM anomalies").fetchone()
    assert row is not None
    assert int(metrics["Open anomalies"]) == row["n"] > 0


def test_an_anomaly_tells_its_story_and_takes_a_decision(
    page: Any, use_database: Any, filled_url: str
) -> None:
    use_database(filled_url)
    with Database(filled_url) as db, db.transaction("default") as conn:
        row = conn.execute("SELECT id, title FROM anomalies ORDER BY day LIMIT 1").fetchone()
    assert row is not None
    shown = page("anomalies", anomaly=str(row["id"]))
    assert not shown.exception
    assert "Why it is unusual" in [heading.value for heading in shown.subheader]
    next(button for button in shown.button if button.label == "Acknowledge").click().run()
    with Database(filled_url) as db, db.transaction("default") as conn:
        said = feedback.history(conn, tenant_id="default", anomaly_id=row["id"])
    assert [one["decision"] for one in said] == ["acknowledged"]
    assert said[0]["decided_by"] == "ada@example.com"


def test_a_viewer_may_look_and_not_decide(page: Any, use_database: Any, filled_url: str) -> None:
    use_database(filled_url, "viewer")
    with Database(filled_url) as db, db.transaction("default") as conn:
        row = conn.execute("SELECT id FROM anomalies LIMIT 1").fetchone()
    assert row is not None
    shown = page("anomalies", anomaly=str(row["id"]))
    assert not [button for button in shown.button if button.label == "Expected"]


def test_a_link_to_nothing_is_explained(page: Any, use_database: Any, database: Database) -> None:
    use_database(database.url)
    shown = page("anomalies", anomaly="00000000-0000-0000-0000-000000000000")
    assert not shown.exception
    assert any("gone" in text.value for text in shown.markdown)


def test_only_an_administrator_may_panic(page: Any, use_database: Any, database: Database) -> None:
    use_database(database.url, "operator")
    assert not page("governance").button
    use_database(database.url, "admin")
    page("governance").button[0].click().run()
    with database.transaction("default") as conn:
        assert conn.execute("SELECT value FROM governance").fetchone() == {"value": True}


def test_nobody_sees_a_page_without_a_session(
    page: Any, use_database: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_database(database.url)
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    shown = page("overview")
    assert "not logged in" in shown.warning[0].value
    assert not shown.metric
