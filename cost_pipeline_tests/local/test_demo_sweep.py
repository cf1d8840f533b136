from datetime import UTC, date, datetime

from cost_pipeline.local.demo_sweep import DAYS, sweep
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.store import zombies
from cost_pipeline.store.database import Database


def test_a_week_of_sweeps_is_archived_and_judged(database: Database) -> None:
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
