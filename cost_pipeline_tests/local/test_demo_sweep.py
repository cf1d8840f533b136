from datetime import UTC, date, datetime
from pathlib import Path

from cost_pipeline.local.demo_sweep import DAYS, sweep, write_digests
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.store import zombies
from cost_pipeline.store.database import Database


def test_a_week_of_sweeps_is_archived_and_judged(database: Database, tmp_path: Path) -> None:
    organisation = Organisation(7, first_day=date(2026, 2, 1), reads=1)
    now = datetime(2026, 3, 7, 9, tzinfo=UTC)
    found = sweep(database, organisation, now)
    assert found >= 10
    assert sweep(database, organisation, now) == found
    with database.transaction("default") as conn:
        days = conn.execute("SELECT count(DISTINCT day) AS days FROM zombies").fetchone()
        rows = zombies.listing(conn, tenant_id="default")
    assert days == {"days": DAYS}
    assert len(rows) == found
    assert {row["lifecycle"] for row in rows} == {"standing"}
    write_digests(database, now, tmp_path, "http://localhost:8501")
    told = [file.read_text() for file in (tmp_path / "default").glob("*/digest.txt")]
    assert len(told) == DAYS + 1, "one is of a week"
    assert all("Idle resources waste $" in text for text in told)
