"""Names that would be commands, on every page that shows names: text, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from cost_pipeline.orchestration import resources
from cost_pipeline.orchestration.run_range import run_range
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.hostile import NAMES, STEERING, hostile_records
from cost_pipeline_tests.fixtures.trail import LogFolder, on, ordinary_day
from ui.components import show

FORMATTED = ("markdown", "caption", "info", "warning", "error", "success", "title", "subheader")
"""Elements whose text Streamlit reads as Markdown."""

pytestmark = pytest.mark.soak


@pytest.fixture
def attacked(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    monkeypatch.setenv("COST_PIPELINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SWEEP_ENABLED", "false")
    resources.settings.cache_clear()
    st.cache_data.clear()
    trail, now = LogFolder(tmp_path / "trail"), datetime.now(UTC)
    yesterday = now.date() - timedelta(days=1)
    trail.put(ordinary_day(yesterday), on(yesterday, 20))
    trail.put(hostile_records(now - timedelta(minutes=9)), now)
    where: dict[str, Any] = {"trail_url": str(trail.root), "tenant_id": "default"}
    run = run_range(database_url, since=None, until=None, listener=lambda step: None, **where)
    assert run.failures == ()
    with Database(database_url) as database:
        yield database


def _pages(database: Database) -> list[tuple[str, dict[str, str]]]:
    """The lists, and each anomaly with its actor and one of its resources."""
    with database.transaction("default") as conn:
        found = conn.execute("SELECT id::text AS anomaly, actor FROM anomalies").fetchall()
        things = conn.execute("SELECT resource_id FROM resources ORDER BY 1").fetchall()
    lists = ("overview", "anomalies", "actors", "resources", "explore", "accounts", "health")
    return [
        *((name, {}) for name in lists),
        *(("anomalies", {"anomaly": row["anomaly"]}) for row in found),
        *(("actors", {"actor": row["actor"]}) for row in found),
        *(("resources", {"resource": row["resource_id"]}) for row in things[::8]),
    ]


def test_no_page_takes_a_name_for_more_than_text(
    attacked: Database, page: Any, use_database: Any
) -> None:
    use_database(attacked.url)
    meant = [name for name in NAMES.values() if show.plain(name) != name]
    seen = ""
    for name, query in _pages(attacked):
        shown = page(name, **query)
        assert not shown.exception, (name, query)
        for kind in FORMATTED:
            for element in getattr(shown, kind):
                text = element.value
                assert not set(text) & set(STEERING), (name, query, text)
                assert not [one for one in meant if one in text], (name, query, text)
                seen += text
    assert show.plain(NAMES["markdown"]) in seen
