"""The running system while its Postgres stops for a minute, restarts, and is replaced.

How long each took lies in OUTAGE_REPORT, where that is set.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.local.postgres_programs import Programs
from cost_pipeline_tests.fixtures.servers import (
    either,
    kill,
    own_folder,
    run_sql,
    server,
    standby_of,
    wait_until_replayed,
)
from cost_pipeline_tests.fixtures.system import System, system
from cost_pipeline_tests.fixtures.trail import LogFolder, run_instances

OUTAGE_SECONDS = 60.0
_SOON_SECONDS = 120.0

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]


@contextmanager
def _stopped(one: EmbeddedPostgres) -> Iterator[None]:
    """The server is down within the block, and up again after it."""
    Programs(one.folder).run("pg_ctl", "stop", "-D", str(one.data), "-m", "fast", "-w")
    yield
    one.revive()


class Story:
    """Files that arrive one after the other, and are read sooner or later."""

    def __init__(self, one: System, trail: LogFolder) -> None:
        self.one, self.trail = one, trail
        self.put: list[str] = []
        self.took: dict[str, float] = {}

    def file(self, name: str) -> None:
        now = datetime.now(UTC)
        self.trail.put([run_instances(name, now)], now, name)
        self.put.append(name)

    def all_read(self, when: str) -> None:
        """Waits until every file is read; `took` says how long."""
        begun = time.monotonic()
        self.one.until(self._read, _SOON_SECONDS, f"{self.put} are not read {when}")
        self.took[when] = round(time.monotonic() - begun, 1)

    def _read(self) -> bool:
        found = self.one.rows("SELECT event_id FROM cost_events")
        return sorted(row["event_id"] for row in found) == sorted(self.put)


@pytest.fixture
def own() -> Iterator[Path]:
    with own_folder() as folder:
        yield folder


def test_postgres_stops_for_a_minute_restarts_and_is_replaced(own: Path) -> None:
    primary = server(own / "primary", max_connections="60")
    with (
        primary.running() as first,
        standby_of(primary, own / "standby").running() as second,
        system({"DATABASE_URL": either(first, second)}) as one,
    ):
        story = Story(one, LogFolder(own / "trail"))
        story.file("first")
        one.home.mkdir()
        ports = ("--app-port", "26501", "--dagster-port", "21000", "--api-port", "26700")
        one.commands["up"] = ["up", "--trail", str(story.trail.root), "--days", "1", *ports]
        one.until(lambda: "is running" in one.said("up"), 600, "it does not start")
        story.all_read("at the start")
        with _stopped(primary):
            story.file("in-the-outage")
            time.sleep(OUTAGE_SECONDS)
        story.all_read("after a minute without Postgres")
        with _stopped(primary):
            story.file("in-the-restart")
        story.all_read("after a restart")
        wait_until_replayed(first)
        kill(primary)
        story.file("while-nobody-writes")
        time.sleep(5)
        run_sql(second, "SELECT pg_promote()")
        story.all_read("after the standby was promoted")
        if "OUTAGE_REPORT" in os.environ:
            Path(os.environ["OUTAGE_REPORT"]).write_text(json.dumps(story.took, indent=1))
        assert one.restarts["up"] == 1, one.said("up")
