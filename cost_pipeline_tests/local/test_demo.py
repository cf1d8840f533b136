"""The demo's trail: written once, gone on with later, read by whoever lists folders."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cost_pipeline.aws.trails import open_trail
from cost_pipeline.local import demo
from cost_pipeline.simulate.live import tick

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)


@pytest.fixture
def trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(demo, "DAYS", 3)
    return tmp_path / "the trail"


def _write(trail: Path, now: datetime) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    demo.write(trail, now, lambda done, of: told.append((done, of)))
    return told


def _days(trail: Path) -> list[date]:
    source = open_trail(str(trail))
    try:
        return sorted(source.days())
    finally:
        source.close()


def test_history_up_to_now_waits_to_be_read(trail: Path) -> None:
    assert _write(trail, NOW) == [(1, 3), (2, 3), (3, 3)]
    assert _days(trail) == [date(2026, 3, 8), date(2026, 3, 9), date(2026, 3, 10)]
    assert demo.unread(trail) == date(2026, 3, 8)
    demo.mark_read(trail)
    assert demo.unread(trail) is None


def test_a_second_start_goes_on_without_writing_again(trail: Path) -> None:
    _write(trail, NOW)
    demo.mark_read(trail)
    assert _write(trail, NOW + timedelta(hours=5)) == []
    assert demo.unread(trail) is None
    assert tick(trail, demo.organisation_of(trail), NOW + timedelta(hours=5))


def test_history_that_was_not_read_to_the_end_is_still_unread(trail: Path) -> None:
    _write(trail, NOW)
    _write(trail, NOW + timedelta(hours=1))
    assert demo.unread(trail) == date(2026, 3, 8)


def test_days_without_a_simulator_become_history(trail: Path) -> None:
    _write(trail, NOW)
    demo.mark_read(trail)
    assert len(_write(trail, NOW + timedelta(days=4))) == 5
    assert demo.unread(trail) == date(2026, 3, 10)
    assert _days(trail)[-1] == date(2026, 3, 14)
