"""A backfill on all cores leaves the rows that one core leaves, and no process behind."""

import multiprocessing
from datetime import date
from pathlib import Path

import psutil
import pytest

from cost_pipeline.orchestration import decoding
from cost_pipeline.orchestration.decoding import Decoders
from cost_pipeline.orchestration.run_range import run_range
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.writer import write_days
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.rows import derived

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
    monkeypatch.setattr(decoding, "cores", lambda: 2)
    assert _run(database, trail) == counts
    assert derived(database) == alone
    assert multiprocessing.active_children() == []


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
