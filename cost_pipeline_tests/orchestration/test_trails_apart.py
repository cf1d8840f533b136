"""One trail that cannot be listed does not stop the others, and a wrong address leaves no trace."""

from datetime import date
from pathlib import Path

import pytest

from cost_pipeline.aws.trails import TrailError
from cost_pipeline.orchestration.run_range import run_range
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.writer import write_days
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database

DAY = date(2026, 2, 3)


def _run(url: str, trail: Path) -> tuple[int, tuple[str, ...]]:
    summary = run_range(
        url,
        trail_url=str(trail),
        since=DAY,
        until=DAY,
        tenant_id="default",
        listener=lambda step: None,
    )
    return summary.cost_events, summary.failures


def test_a_wrong_address_leaves_no_trail_behind(database: Database, tmp_path: Path) -> None:
    with pytest.raises(TrailError, match="no folder"):
        _run(database.url, tmp_path / "nowhere")
    with database.transaction("default") as conn:
        assert objects.trails(conn, tenant_id="default") == []


def test_the_other_trails_go_on(database: Database, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    with database.transaction("default") as conn:
        objects.ensure_trail(conn, tenant_id="default", url=gone)
    organisation = Organisation(1, first_day=date(2026, 2, 1), reads=2)
    write_days(tmp_path / "trail", organisation, DAY, DAY)
    events, failures = _run(database.url, tmp_path / "trail")
    assert events > 0
    assert failures == ()
    with database.transaction("default") as conn:
        rows = conn.execute("SELECT url, state, error FROM trails ORDER BY trail_id").fetchall()
    assert [row["state"] for row in rows] == ["failed", "active"]
    assert "no folder" in rows[0]["error"]
