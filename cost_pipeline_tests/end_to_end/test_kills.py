"""`kill -9` of any process of a busy system, at random moments: the rows of an undisturbed run.

KILLS and KILL_SEED choose how many and which. What happened lies in KILL_REPORT, where it is set.
"""

import hashlib
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from cost_pipeline.orchestration.run_range import run_range
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.accepting import Accepted, accepting
from cost_pipeline_tests.fixtures.rows import LEARNED, derived
from cost_pipeline_tests.fixtures.system import System, system
from cost_pipeline_tests.fixtures.trail import LogFolder, Record, on, ordinary_day, run_instances

KILLS = int(os.environ.get("KILLS", "50"))
Chance = random.Random
SEED = int(os.environ.get("KILL_SEED", "1"))
_OFTEN = {
    "run worker": 8,
    "Postgres backend": 5,
    "Postgres server": 1,
    "receiver": 3,
    "agent": 3,
    "daemon": 2,
    "code server": 2,
    "app": 2,
    "api": 1,
    "web server": 1,
    "owner": 1,
}
_SOON_SECONDS = 15.0

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


class Load:
    """Files for today, every second or so: into the trail, or where the agent reads."""

    def __init__(self, trail: LogFolder, forwarded: LogFolder, whole: LogFolder) -> None:
        self.trail, self.forwarded, self.whole = trail, forwarded, whole
        self.files = self.attackers = 0
        self.stop = threading.Event()
        self._chance = Chance(SEED)

    def put(self, into: LogFolder) -> None:
        """A file of a few calls; every fourth has somebody who starts what costs a lot."""
        now = datetime.now(UTC)
        self.files += 1
        records: list[Record] = [
            run_instances(f"busy-{self.files}-{n}", now - timedelta(minutes=5)) for n in range(3)
        ]
        if self.files % 4 == 0:
            self.attackers += 1
            records.append(
                run_instances(
                    f"attack-{self.attackers}",
                    now - timedelta(minutes=4),
                    kind="p4d.24xlarge",
                    count=8,
                    actor=f"eve-{self.attackers}",
                )
            )
        name = f"{self._chance.getrandbits(32):08x}"
        into.put(records, now, name)
        self.whole.put(records, now, name)

    def run(self) -> None:
        while not self.stop.wait(self._chance.uniform(0.5, 2.0)):
            self.put(self._chance.choice([self.trail, self.trail, self.forwarded]))


@pytest.fixture
def accepted() -> Iterator[Accepted]:
    with accepting() as one:
        # An answer that takes its time: deaths between acceptance and commit become likely.
        one.before_answer = lambda port: time.sleep(0.3)
        yield one


def _kill_one(one: System, chance: Chance) -> str | None:
    found = {kind: them for kind, them in one.processes().items() if kind in _OFTEN and them}
    if not found:
        return None
    kinds = sorted(found)
    kind = chance.choices(kinds, [_OFTEN[kind] for kind in kinds])[0]
    with suppress(psutil.Error):
        chance.choice(sorted(found[kind], key=lambda process: process.pid)).kill()
        return kind
    return None


_BUSY = "SELECT count(*)::int AS n FROM trail_objects WHERE state <> 'done'"
_UNSENT = "SELECT count(*)::int AS n FROM alerts WHERE state = 'queued'"
_FOUND = "SELECT count(DISTINCT event_id)::int AS n FROM cost_events WHERE event_id LIKE 'busy-%'"
_ATTACKS = (
    "SELECT count(DISTINCT anomaly_id)::int AS n FROM alerts"
    " JOIN anomalies ON id = anomaly_id WHERE actor LIKE 'eve-%'"
)


def _is(one: System, query: str, number: int) -> bool:
    return [row["n"] for row in one.rows(query)] == [number]


def _settled(one: System, load: Load) -> bool:
    """All that was put is read, and all that is found is told."""
    return (
        _is(one, _FOUND, 3 * load.files)
        and _is(one, _BUSY, 0)
        and _is(one, _ATTACKS, load.attackers)
        and _is(one, _UNSENT, 0)
    )


def _certify(one: System) -> None:
    one.call("agent", "init", "--host", "localhost", "--agent", "office")


def _message_id(dedup_key: str) -> str:
    return f"<{hashlib.sha256(dedup_key.encode()).hexdigest()[:32]}@dd0c-cost>"


def _repeated(kept: list[tuple[float, str]]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    for at, key in kept:
        times.setdefault(key, []).append(at)
    return {key: at for key, at in times.items() if len(at) > 1}


def _unexplained(kept: list[tuple[float, str]], deaths: list[float]) -> list[str]:
    """Messages that came again although nobody died between acceptance and commit."""
    return [
        key
        for key, times in _repeated(kept).items()
        for first in times[:-1]
        if not any(first - 0.5 <= death <= first + _SOON_SECONDS for death in deaths)
    ]


def test_whoever_is_killed_the_rows_are_those_of_an_undisturbed_run(
    accepted: Accepted, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today, chance = datetime.now(UTC).date(), Chance(SEED)
    environment = {
        "SENSOR_SECONDS": "1",
        "SLACK_WEBHOOK_URL": accepted.webhook_url,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(accepted.smtp_port),
        "SMTP_STARTTLS": "false",
        "MAIL_TO": "ops@example.com",
    }
    killed: list[tuple[float, str]] = []
    with system(environment) as one:
        base = one.home.parent
        load = Load(*(LogFolder(base / name) for name in ("trail", "forwarded", "whole")))
        load.forwarded.root.mkdir()
        for back in range(12, 0, -1):
            day = today - timedelta(days=back)
            for folder in (load.trail, load.whole):
                folder.put(ordinary_day(day), on(day, 20))
        one.home.mkdir()
        ports = ("--app-port", "27501", "--dagster-port", "22000", "--api-port", "27700")
        one.commands["up"] = ["up", "--trail", str(load.trail.root), "--days", "14", *ports]
        one.until(lambda: "is running" in one.said("up"), 600, "it does not start")
        _certify(one)
        one.commands["receiver"] = ["agent", "receive", "--listen", "127.0.0.1:27443"]
        one.commands["agent"] = [
            *("agent", "run", "--to", "localhost:27443", "--seconds", "1"),
            *("--certificates", str(one.home / "agent" / "agents" / "office")),
            *("--source", str(load.forwarded.root)),
        ]
        one.keep()
        feeding = threading.Thread(target=load.run)
        feeding.start()
        begun = time.monotonic()
        try:
            while len(killed) < KILLS:
                time.sleep(chance.uniform(0.5, 7.0))
                one.keep()
                kind = _kill_one(one, chance)
                if kind is not None:
                    killed.append((time.time(), kind))
        finally:
            load.stop.set()
            feeding.join()
        under_fire = time.monotonic() - begun
        one.until(lambda: _settled(one, load), 600, f"it does not settle: {Counter(killed)}")
        load.put(load.trail)  # the last run of the day sees all of it
        one.until(lambda: _settled(one, load), 300, "the last file is not read")
        time.sleep(5)
        settled = time.monotonic() - begun - under_fire
        with Database(one.url) as database:
            lived = derived(database, without=LEARNED)
        told = one.rows("SELECT dedup_key, anomaly_id::text, channel, state FROM alerts")
        attackers = one.rows("SELECT id::text FROM anomalies WHERE actor LIKE 'eve-%'")
        monkeypatch.setenv("COST_PIPELINE_HOME", str(tmp_path / "quiet"))
        monkeypatch.setenv("DATABASE_URL", database_url)
        monkeypatch.setenv("SWEEP_ENABLED", "false")
        quiet = run_range(
            database_url,
            trail_url=str(load.whole.root),
            since=None,
            until=None,
            tenant_id="default",
            listener=lambda step: None,
        )
        restarts = dict(one.restarts)
    with Database(database_url) as database:
        undisturbed = derived(database, without=LEARNED)
    deaths = [at for at, _ in killed]
    report: dict[str, Any] = {
        "kills": len(killed),
        "of": dict(Counter(kind for _, kind in killed)),
        "seed": SEED,
        "seconds under fire": round(under_fire),
        "seconds until settled": round(settled),
        "started": restarts,
        "files": load.files,
        "rows": {table: len(rows) for table, rows in undisturbed.items()},
        "anomalies told of": load.attackers,
        "posts accepted": len(accepted.posts),
        "posts again": len(_repeated(accepted.posts)),
        "mails accepted": len(accepted.mails),
        "mails again": len(_repeated(accepted.mails)),
    }
    if "KILL_REPORT" in os.environ:
        Path(os.environ["KILL_REPORT"]).write_text(json.dumps(report, indent=1))
    assert quiet.failures == ()
    for table, rows in undisturbed.items():
        assert lived[table] == rows, (table, report)
    wanted = {row["id"] for row in attackers}
    assert len(wanted) == load.attackers
    assert wanted <= {anomaly for _, anomaly in accepted.posts}, report
    mails = {
        _message_id(row["dedup_key"])
        for row in told
        if row["channel"] == "email" and row["anomaly_id"] in wanted and row["state"] == "sent"
    }
    assert len(mails) >= load.attackers
    assert mails <= {message for _, message in accepted.mails}, report
    assert _unexplained(accepted.mails, deaths) == [], report
    assert _unexplained(accepted.posts, deaths) == [], report
