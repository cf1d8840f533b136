"""Three days of live traffic, 500 times as fast as it happens: nothing grows.

SOAK_HOURS and SOAK_SPEED scale it. What was measured lies in SOAK_REPORT, where that is set.
"""

import json
import os
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest

from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.records import Call
from cost_pipeline.simulate.writer import by_place, write_days, write_file
from cost_pipeline_tests.fixtures.system import System, slope, system

HOURS = float(os.environ.get("SOAK_HOURS", "72"))
SPEED = float(os.environ.get("SOAK_SPEED", "500"))
TICK_SECONDS = 2.0
SAMPLE_SECONDS = 5.0
WARM = 0.4
"""The part of the run in which caches and pools fill."""
MOST_MEMORY_GROWN = 0.10
"""Of what a kind of process holds on average, over the rest of the run."""
MOST_FILES_GROWN = 6.0
MOST_CONNECTIONS_GROWN = 5.0
MOST_LAG_GROWN_SECONDS = 10.0
MOST_SECONDS_TO_READ_THE_REST = 400.0
_LASTING = ("code server", "daemon", "web server", "app", "api", "owner", "Postgres server")

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]
_Series = dict[str, list[tuple[float, float]]]


class Traffic:
    """The organisation's calls, delivered as simulated time goes by."""

    def __init__(self, root: Path, organisation: Organisation, since: datetime) -> None:
        self.root, self.organisation = root, organisation
        self.since, self.upto = since, since
        self.begun = time.monotonic()
        self.files = self.records = 0
        self._days: dict[str, list[Call]] = {}

    def tick(self) -> bool:
        """Delivers what happened since; whether there is more to come."""
        until = self.since + timedelta(seconds=(time.monotonic() - self.begun) * SPEED)
        until = min(until, self.since + timedelta(hours=HOURS))
        for group in by_place(self._between(self.upto, until)):
            write_file(self.root, self.organisation.organisation_id, group, delivered=until)
            self.files += 1
            self.records += len(group)
        self.upto = until
        return until < self.since + timedelta(hours=HOURS)

    def _between(self, last: datetime, until: datetime) -> list[Call]:
        found: list[Call] = []
        for number in range((until.date() - last.date()).days + 1):
            day = last.date() + timedelta(days=number)
            if str(day) not in self._days:
                self._days = {str(day): self.organisation.calls(day)}
            found += [call for call in self._days[str(day)] if last <= call.at < until]
        return found


def _sample(one: System, series: _Series, at: float) -> None:
    for name, processes in one.processes().items():
        if name in _LASTING:
            with suppress(psutil.Error):
                # Postgres's shared buffers belong to no backend: they are counted once, here.
                memory = sum(process.memory_full_info().uss for process in processes)
                series[f"memory of the {name}, MB"].append((at, memory / 1e6))
                files = sum(process.num_fds() for process in processes)
                series[f"open files of the {name}"].append((at, float(files)))
    for row in one.rows(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS n,"
        " coalesce((SELECT extract(epoch FROM now() - min(last_modified)) FROM trail_objects"
        " WHERE state = 'pending'), 0)::float AS lag"
    ):
        series["connections"].append((at, float(row["n"])))
        series["lag, s"].append((at, row["lag"]))


def _most(name: str, points: list[tuple[float, float]]) -> float:
    if name.startswith("memory"):
        return MOST_MEMORY_GROWN * sum(y for _, y in points) / len(points) + 2
    if name.startswith("open files"):
        return MOST_FILES_GROWN
    return MOST_LAG_GROWN_SECONDS if name.startswith("lag") else MOST_CONNECTIONS_GROWN


def _start(one: System, organisation: Organisation, since: datetime) -> Path:
    """A system that has read ten days of the organisation's past; returns its trail."""
    trail = one.home.parent / "trail"
    write_days(trail, organisation, organisation.first_day, since.date(), before=since)
    ports = ("--app-port", "28501", "--dagster-port", "23000", "--api-port", "28700")
    one.commands["up"] = ["up", "--trail", str(trail), "--days", "16", *ports]
    one.home.mkdir()
    one.until(lambda: "is running" in one.said("up"), 600, "it does not start")
    return trail


def _live(one: System, traffic: Traffic) -> tuple[_Series, float]:
    """Delivers all of the traffic; what was measured meanwhile, and the seconds it took."""
    series: _Series = defaultdict(list)
    for number in count():
        more = traffic.tick()
        if number % (SAMPLE_SECONDS // TICK_SECONDS) == 0:
            _sample(one, series, time.monotonic() - traffic.begun)
        if not more:
            return series, time.monotonic() - traffic.begun
        time.sleep(TICK_SECONDS)
    raise AssertionError("it counts for ever")


def _drain(one: System) -> tuple[float, dict[str, int]]:
    """Waits until all is read; the seconds that took, and the files by state."""
    begun = time.monotonic()
    states: dict[str, int] = {}
    while set(states) != {"done"} and time.monotonic() - begun < MOST_SECONDS_TO_READ_THE_REST:
        time.sleep(1)
        found = one.rows("SELECT state, count(*)::int AS files FROM trail_objects GROUP BY 1")
        states = {row["state"]: row["files"] for row in found}
    return time.monotonic() - begun, states


def _grown(series: _Series, took: float) -> dict[str, dict[str, float]]:
    """Mean, most, and rise of each series once all is warm, with the rise that is allowed."""
    warm = {
        name: [point for point in points if point[0] > WARM * took]
        for name, points in series.items()
    }
    return {
        name: {
            "mean": round(sum(y for _, y in points) / len(points), 1),
            "most": round(max(y for _, y in points), 1),
            "grown": round(slope(points), 1),
            "allowed": round(_most(name, points), 1),
        }
        for name, points in warm.items()
        if len(points) > 2
    }


_FAILURES = "SELECT run_id, asset, left(message, 200) AS message FROM pipeline_failures"


def test_nothing_grows_in_three_days_of_traffic() -> None:
    since = datetime.now(UTC) - timedelta(hours=HOURS)
    organisation = Organisation(11, first_day=since.date() - timedelta(days=10), reads=40)
    with system({"LOOK_BACK_HOURS": str(int(HOURS) + 24), "SENSOR_SECONDS": "2"}) as one:
        traffic = Traffic(_start(one, organisation, since), organisation, since)
        series, took = _live(one, traffic)
        drained, states = _drain(one)
        failures = one.rows(_FAILURES)
        assert one.restarts["up"] == 1
    table = _grown(series, took)
    report: dict[str, Any] = {
        "simulated hours": HOURS,
        "speed": SPEED,
        "seconds": round(took),
        "files": traffic.files,
        "records": traffic.records,
        "seconds until all was read": round(drained, 1),
        "files by state": states,
        "failures": failures,
        "measured": table,
    }
    text = json.dumps(report, indent=1)
    if "SOAK_REPORT" in os.environ:
        Path(os.environ["SOAK_REPORT"]).write_text(text)
    assert [name for name, row in table.items() if row["grown"] > row["allowed"]] == [], text
    assert (set(states), failures) == ({"done"}, []), text
    assert len(table) >= 10
