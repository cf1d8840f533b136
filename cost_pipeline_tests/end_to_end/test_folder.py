"""From files in a folder to anomalies, and the same again however often it is run."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from cost_pipeline.orchestration.run_range import RunSummary
from cost_pipeline.store import feedback
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.rows import derived
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, on, ordinary_day, run_instances

Runner = Callable[..., RunSummary]


def write_a_week(folder: LogFolder) -> None:
    """Six quiet days, then a newcomer starts what costs more than all of them."""
    for day in range(1, 7):
        folder.put(ordinary_day(day), moment(day, 20))
    folder.put(
        [
            *ordinary_day(7),
            run_instances("attack", moment(7, 3), kind="p4d.24xlarge", count=8, actor="eve"),
        ],
        moment(7, 20),
    )


def test_files_become_anomalies(folder: LogFolder, run: Runner, database: Database) -> None:
    write_a_week(folder)
    summary = run()
    assert summary.failures == ()
    assert (summary.files, summary.records, summary.cost_events) == (7, 43, 43)
    assert summary.anomalies == 1
    with database.transaction("default") as conn:
        found = conn.execute("SELECT * FROM anomalies").fetchall()
    assert [row["trigger_event_id"] for row in found] == ["attack"]
    assert found[0]["actor"] == "eve"
    assert found[0]["severity"] in ("high", "critical")
    assert found[0]["hourly_cost"] > 100
    assert found[0]["reasons"]


def test_running_again_gives_the_same_rows_and_keeps_decisions(
    folder: LogFolder, run: Runner, database: Database
) -> None:
    write_a_week(folder)
    run()
    before = derived(database)
    with database.transaction("default") as conn:
        anomaly = conn.execute("SELECT id FROM anomalies").fetchone()
        assert anomaly is not None
        feedback.decide(
            conn,
            tenant_id="default",
            anomaly_id=anomaly["id"],
            decision="acknowledged",
            by="grace",
            comment="on it",
        )
    run()
    assert derived(database) == before
    with database.transaction("default") as conn:
        kept = conn.execute("SELECT decision, decided_by, anomaly_id FROM feedback").fetchall()
    assert kept == [
        {"decision": "acknowledged", "decided_by": "grace", "anomaly_id": anomaly["id"]}
    ]


def test_day_by_day_ends_in_the_rows_of_one_range(
    folder: LogFolder, run: Runner, database: Database
) -> None:
    write_a_week(folder)
    run()
    whole = derived(database)
    for day in (6, 7):
        one = moment(day).date()
        run(one, one)
    assert derived(database) == whole


def test_a_file_that_says_less_takes_its_rows_along(
    folder: LogFolder, run: Runner, database: Database
) -> None:
    folder.put(ordinary_day(1), moment(1, 20))
    folder.put(ordinary_day(2), moment(2, 20))
    run()
    folder.put(ordinary_day(1)[:1], moment(1, 20))
    summary = run()
    assert summary.cost_events == 1 + 6
    with database.transaction("default") as conn:
        held = conn.execute("SELECT count(*) AS spans FROM resource_spans").fetchone()
    assert held == {"spans": 1 + 6}


def test_a_file_that_expired_keeps_its_rows(
    folder: LogFolder, run: Runner, database: Database
) -> None:
    gone = folder.put(ordinary_day(1)[:2], moment(1, 20), "aaaa")
    folder.put(ordinary_day(1)[2:], moment(1, 21), "bbbb")
    run()
    before = derived(database)
    gone.unlink()
    summary = run()
    assert summary.failures == ()
    assert derived(database) == before


def test_bad_files_state_why_and_harm_no_neighbour(
    folder: LogFolder, run: Runner, database: Database
) -> None:
    whole = gzip.compress(json.dumps({"Records": ordinary_day(1)}).encode())
    folder.put_bytes(whole, moment(1, 20), "good")
    folder.put_bytes(whole[:-20], moment(1, 20), "truncated")
    folder.put_bytes(b'{"Records": [{"eventID": "x", ', moment(1, 20), "half")
    folder.put_bytes(b"", moment(1, 20), "empty")
    folder.put_bytes(gzip.compress(b'{"hello": "world"}'), moment(1, 20), "foreign")
    summary = run()
    assert summary.cost_events == 6
    reasons = {failure.partition(".json.gz: ")[2] for failure in summary.failures}
    assert len(summary.failures) == len(reasons) == 4
    assert any("truncated gzip" in reason for reason in reasons)
    assert any("empty" in reason for reason in reasons)
    with database.transaction("default") as conn:
        states = conn.execute(
            "SELECT state, count(*) AS files, count(error) AS reasons FROM trail_objects"
            " GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert states == [
        {"state": "done", "files": 1, "reasons": 0},
        {"state": "failed", "files": 4, "reasons": 4},
    ]


def test_a_bad_record_is_set_aside_and_the_rest_is_read(
    folder: LogFolder, run: Runner, database: Database
) -> None:
    bad = run_instances("bad", moment(1)) | {"eventTime": "yesterday"}
    folder.put([*ordinary_day(1), bad, {"eventName": 7}], moment(1, 20))
    summary = run()
    assert summary.failures == ()
    assert (summary.cost_events, summary.quarantined) == (6, 2)
    with database.transaction("default") as conn:
        reasons = conn.execute(
            "SELECT record_offset, reason FROM quarantined_records ORDER BY 1"
        ).fetchall()
    assert [row["record_offset"] for row in reasons] == [6, 7]
    assert all(row["reason"] for row in reasons)


def test_what_has_no_price_is_said_and_never_free(
    folder: LogFolder, run: Runner, database: Database
) -> None:
    folder.put([run_instances("odd", moment(1), kind="z99.mega")], moment(1, 20))
    summary = run()
    assert summary.unpriced == 1
    with database.transaction("default") as conn:
        row = conn.execute("SELECT hourly_cost, price_basis FROM cost_events").fetchone()
    assert row == {"hourly_cost": None, "price_basis": "unpriced"}


def test_one_call_in_two_files_is_one_event_of_the_earlier_day(
    folder: LogFolder, run: Runner, database: Database
) -> None:
    late = run_instances("late", moment(1, 23.9))
    folder.put([late], moment(2, 0.1), "aaaa")
    folder.put([late], moment(2, 0.2), "bbbb")
    folder.put([late], moment(3, 0.1), "cccc")
    assert run().cost_events == 1
    with database.transaction("default") as conn:
        rows = conn.execute("SELECT partition_day FROM cost_events").fetchall()
    assert rows == [{"partition_day": moment(2).date()}]


def test_days_outside_the_partitions_are_left_out(
    folder: LogFolder, run: Runner, database: Database
) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    folder.put(ordinary_day(tomorrow), on(tomorrow, 1))
    folder.put(ordinary_day(1), moment(1, 20))
    day = moment(1).date()
    assert run(until=day).cost_events == 6
    with pytest.raises(ValueError, match="START_DATE"):
        run(tomorrow, tomorrow)
    with pytest.raises(ValueError, match="holds no CloudTrail files"):
        run(until=date(2020, 1, 1))


def test_old_files_are_read_as_well(folder: LogFolder, run: Runner, database: Database) -> None:
    day = date(2017, 2, 12)
    folder.put(ordinary_day(day), on(day, 20))
    assert run().cost_events == 6
