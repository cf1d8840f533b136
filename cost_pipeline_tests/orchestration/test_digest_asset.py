"""`digest` of a Sunday: the day's files and the week's, sent once in a live run."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dagster import materialize

from cost_pipeline.orchestration import telling
from cost_pipeline.orchestration.assets import digest as module
from cost_pipeline.orchestration.assets.digest import digest
from cost_pipeline.orchestration.resources import PostgresDatabase
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database

SUNDAY = date(2026, 3, 15)


def test_a_sunday_has_two_digests_and_each_is_sent_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody listens there: what matters is that each is queued once, and tried.
    made = Settings(home=tmp_path, smtp_host="127.0.0.1", smtp_port=9, mail_to="a@x.test")
    for place in (module, telling):
        monkeypatch.setattr(place, "settings", lambda: made)
    config: Any = {"ops": {"digest": {"config": {"mode": "live"}}}}
    for _ in range(2):
        assert materialize(
            [digest],
            partition_key=SUNDAY.isoformat(),
            run_config=config,
            resources={"database": PostgresDatabase(url=database.url)},
        ).success
    assert sorted(path.name for path in (tmp_path / "digests/default").iterdir()) == [
        "2026-03-15",
        "2026-W11",
    ]
    with database.transaction("default") as conn:
        rows = conn.execute("SELECT channel, dedup_key FROM alerts ORDER BY 2").fetchall()
    assert [row["dedup_key"] for row in rows] == [
        "digest/default/daily/2026-03-15/email/1",
        "digest/default/weekly/2026-03-15/email/1",
    ]
