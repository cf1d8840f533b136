"""A backfill writes its days in order, on all cores as on one, and leaves no process behind."""

import multiprocessing
import time
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from cost_pipeline.aws.folder_trail import FolderTrail
from cost_pipeline.aws.trails import open_trail
from cost_pipeline.orchestration import decoding
from cost_pipeline.orchestration.decoding import Decoders
from cost_pipeline.orchestration.loading import Loading
from cost_pipeline.orchestration.resources import TrailReader
from cost_pipeline.orchestration.run_range import run_range
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.writer import write_days
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database
from cost_pipeline.store.ingest import Staging
from cost_pipeline_tests.fixtures.rows import derived
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, run_instances

FIRST, LAST = date(2026, 2, 1), date(2026, 2, 3)


def _run(database: Database, trail: Path) -> tuple[int, int]:
    summary = run_range(
        database.url,
        trail_url=str(trail),
        since=FIRST,
        until=LAST,
        tenant_id="default",
        listener=lambda step: None,
    )
    assert len(summary.failures) == 1, summary.failures
    assert "truncated gzip" in summary.failures[0]
    return summary.files, summary.records


@pytest.mark.soak  # it starts processes, which takes long
@pytest.mark.usefixtures("settings")
def test_all_cores_leave_the_rows_that_one_leaves(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = tmp_path / "trail"
    write_days(trail, Organisation(1, first_day=FIRST, reads=5), FIRST, LAST)
    bad = next(trail.rglob("*.json.gz"))
    bad.write_bytes(bad.read_bytes()[:-9])
    counts, alone = _run(database, trail), derived(database)
    monkeypatch.setattr(decoding, "ENOUGH_BYTES", 0)
    monkeypatch.setattr(decoding, "cores", lambda: decoding.ENOUGH_CORES)
    assert _run(database, trail) == counts
    assert derived(database) == alone
    assert multiprocessing.active_children() == []


def test_a_day_that_fails_leaves_the_later_ones_as_they_were(
    database: Database, folder: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are decoded before it is written, but written after it."""
    moments = [moment(day) for day in (1, 2, 3)]
    for at in moments:
        folder.put([run_instances(f"launch-{at.day}", at)], at)
    days = [at.date() for at in moments]
    _register(database, folder, days)
    merge, merged = Staging.merge, []

    def failing_on_the_second(staging: Staging, *, replace: bool = False) -> None:
        merged.append(staging)
        if len(merged) == 2:
            raise OSError("the disk is full")
        merge(staging, replace=replace)

    monkeypatch.setattr(Staging, "merge", failing_on_the_second)
    loading = Loading(database, TrailReader(), "default", _trails, live=False)
    with pytest.raises(OSError, match="disk is full"):
        list(loading.days(days))
    with database.transaction("default") as conn:
        written = conn.execute("SELECT event_id FROM cost_events").fetchall()
    assert [row["event_id"] for row in written] == ["launch-1"]
    assert len(merged) == 2


def test_days_are_read_in_their_order_whichever_is_ready_first(
    database: Database, folder: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second would otherwise be decoded first and wait for the first to be written."""
    moments = [moment(day) for day in (1, 2, 3)]
    for at in moments:
        folder.put([run_instances(f"launch-{at.day}", at)], at)
    days = [at.date() for at in moments]
    _register(database, folder, days)
    begin, read, read_from = Staging.__init__, FolderTrail.read, list[str]()

    def late_on_the_first(staging: Staging, conn: Any, *, tenant_id: str, day: date) -> None:
        if day == days[0]:
            time.sleep(0.2)
        begin(staging, conn, tenant_id=tenant_id, day=day)

    def noted(trail: FolderTrail, key: str) -> bytes:
        read_from.append(key)
        return read(trail, key)

    monkeypatch.setattr(Staging, "__init__", late_on_the_first)
    monkeypatch.setattr(FolderTrail, "read", noted)
    loading = Loading(database, TrailReader(), "default", _trails, live=False)
    assert [facts["events"] for facts in loading.days(days)] == [1, 1, 1]
    assert read_from == sorted(read_from)


def test_an_empty_day_between_lets_no_later_one_pass(
    database: Database, folder: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [moment(day) for day in (1, 3)]
    for at in moments:
        folder.put([run_instances(f"launch-{at.day}", at)], at)
    days = [moment(day).date() for day in (1, 2, 3)]
    _register(database, folder, days)
    load, written = Loading._load, list[date]()

    def slow_on_the_first(self: Loading, day: date, *rest: Any) -> None:
        if day == days[0]:
            time.sleep(0.3)
        load(self, day, *rest)
        written.append(day)

    monkeypatch.setattr(Loading, "_load", slow_on_the_first)
    loading = Loading(database, TrailReader(), "default", _trails, live=False)
    assert [facts["events"] for facts in loading.days(days)] == [1, 0, 1]
    assert written == [days[0], days[2]]


def _trails(conn: psycopg.Connection[Any], tenant_id: str) -> list[objects.Trail]:
    return objects.trails(conn, tenant_id=tenant_id)


def _register(database: Database, folder: LogFolder, days: list[date]) -> None:
    source = open_trail(str(folder.root))
    with database.transaction("default") as conn:
        trail = objects.ensure_trail(conn, tenant_id="default", url=str(folder.root))
        found = source.list_days(days)
        objects.register(conn, tenant_id="default", trail_id=trail.trail_id, objects=found)


@pytest.mark.soak
def test_processes_end_with_whoever_began_them() -> None:
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[int] = context.Queue()
    owner = context.Process(target=_begin, args=(answers,))
    owner.start()
    decoder = psutil.Process(answers.get(timeout=60))
    owner.kill()
    owner.join()
    decoder.wait(timeout=20)


def _begin(answers: "multiprocessing.Queue[int]") -> None:
    with Decoders(1) as decoders:
        decoders.submit("default", FIRST, []).result()
        answers.put(multiprocessing.active_children()[0].pid or 0)
        multiprocessing.Event().wait()
