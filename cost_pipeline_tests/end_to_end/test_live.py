"""What arrives while the system runs: found, read, told of, and the same as read by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cost_pipeline.orchestration import sensors
from cost_pipeline.orchestration.run_range import RunSummary
from cost_pipeline.store import resources
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.rows import LEARNED, derived
from cost_pipeline_tests.fixtures.trail import LogFolder, on, ordinary_day, run_instances

NOW = datetime.now(UTC)
TODAY = NOW.date()
JUST_NOW = NOW - timedelta(minutes=10)


@pytest.fixture
def history(folder: LogFolder, run: Callable[..., RunSummary]) -> None:
    """Five quiet days before today, backfilled."""
    for back in range(5, 0, -1):
        day = TODAY - timedelta(days=back)
        folder.put(ordinary_day(day), on(day, 20))
    assert run().anomalies == 0


def _attack(name: str = "attack") -> dict[str, Any]:
    return run_instances(name, JUST_NOW, kind="p4d.24xlarge", count=8, actor="eve")


def _rows(database: Database, query: str) -> list[dict[str, Any]]:
    with database.transaction("default") as conn:
        return conn.execute(query).fetchall()


@pytest.mark.usefixtures("history")
def test_a_new_file_becomes_an_anomaly_and_one_alert(
    folder: LogFolder, live: Any, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    folder.put([_attack()], NOW, "m")
    assert live.follow() == [TODAY.isoformat()]
    (found,) = _rows(database, "SELECT * FROM anomalies JOIN anomaly_detections ON id = anomaly_id")
    assert (found["actor"], found["day"], found["backfilled"]) == ("eve", TODAY, False)
    assert _rows(database, "SELECT channel, state FROM alerts") == [
        {"channel": "console", "state": "sent"}
    ]
    assert "eve" in capfd.readouterr().out
    assert live.follow() == []


@pytest.mark.usefixtures("history")
def test_by_hand_after_live_gives_the_rows_of_live_and_tells_nobody_again(
    folder: LogFolder, live: Any, database: Database, run: Callable[..., RunSummary]
) -> None:
    folder.put([_attack()], NOW, "m")
    live.follow()
    folder.put([run_instances("small", JUST_NOW + timedelta(minutes=1))], NOW, "a")
    assert live.follow() == [TODAY.isoformat()]
    lived = derived(database, without=LEARNED)
    told = _rows(database, "SELECT * FROM alerts, anomaly_detections")
    assert len(told) == 1
    assert run(TODAY, TODAY).failures == ()
    assert derived(database, without=LEARNED) == lived
    assert _rows(database, "SELECT * FROM alerts, anomaly_detections") == told


@pytest.mark.usefixtures("history")
def test_a_late_file_with_an_early_key_changes_its_own_day_only(
    folder: LogFolder, live: Any, database: Database
) -> None:
    folder.put([run_instances("on time", JUST_NOW)], NOW, "m")
    live.follow()
    before = _rows(database, "SELECT * FROM cost_events WHERE event_id <> 'late' ORDER BY id")
    late = run_instances("late", on(TODAY - timedelta(days=1), 23))
    folder.put([late], NOW - timedelta(minutes=1) if NOW.hour else NOW, "0")
    assert live.follow() == [TODAY.isoformat()]
    after = _rows(database, "SELECT * FROM cost_events WHERE event_id <> 'late' ORDER BY id")
    assert after == before
    (row,) = _rows(database, "SELECT partition_day FROM cost_events WHERE event_id = 'late'")
    assert row["partition_day"] == TODAY


@pytest.mark.usefixtures("history")
def test_a_file_of_yesterday_counts_when_today_is_judged(
    folder: LogFolder, live: Any, database: Database
) -> None:
    yesterday = TODAY - timedelta(days=1)
    folder.put([run_instances("eve", on(yesterday, 22), actor="eve")], on(yesterday, 23), "z")
    folder.put([run_instances("today", JUST_NOW)], NOW, "m")
    assert live.follow() == [yesterday.isoformat(), TODAY.isoformat()]
    (row,) = _rows(
        database,
        f"SELECT activity.actors ? 'eve' AS seen FROM activity WHERE day = '{yesterday}'",
    )
    assert row["seen"]


def test_a_bad_file_alone_blocks_what_follows_and_is_tried_again_later(
    folder: LogFolder,
    run: Callable[..., RunSummary],
    live: Any,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder.put(ordinary_day(TODAY - timedelta(days=1)), on(TODAY - timedelta(days=1), 20))
    run()
    path = folder.put([_attack()], NOW, "m")
    whole = path.read_bytes()
    folder.put_bytes(whole[:-9], NOW, "m")
    (request,) = live.tick()
    result = live.make(request)
    assert not result.success
    (check,) = [c for c in result.get_asset_check_evaluations() if c.check_name == "readable"]
    assert not check.passed
    assert live.tick() == []
    folder.put_bytes(whole, NOW, "m")
    with database.transaction("default") as conn:
        conn.execute("UPDATE trail_objects SET retry_at = now() WHERE state = 'failed'")
    assert live.tick() == []
    monkeypatch.setattr(sensors, "wait_seconds", lambda failures, new_work: 0.0)
    (request,) = live.tick()
    assert live.make(request).success
    assert len(_rows(database, "SELECT id FROM anomalies")) == 1


@pytest.mark.usefixtures("history")
def test_what_a_run_had_read_when_it_ended_is_judged_and_told_by_another(
    folder: LogFolder, live: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put([_attack()], NOW, "m")
    (request,) = live.tick()
    for _ in range(2):
        with monkeypatch.context() as broken:
            broken.setattr(resources, "rebuild", None)
            assert not live.make(request).success
        assert _rows(database, "SELECT state FROM trail_objects WHERE state <> 'done'") == []
        assert live.tick() == []
        with monkeypatch.context() as later:
            later.setattr(sensors, "wait_seconds", lambda failures, new_work: 0.0)
            (request,) = live.tick()
    assert live.make(request).success
    assert _rows(database, "SELECT state FROM alerts") == [{"state": "sent"}]
    assert live.tick() == []
