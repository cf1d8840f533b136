"""`kill -9` of any process of a busy system, at random moments: the rows of an undisturbed run.

KILLS and KILL_SEED choose how many and which; fifty take a quarter of an hour. What happened lies
in KILL_REPORT, where it is set.
"""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cost_pipeline.orchestration.run_range import run_range
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.accepting import Accepted, accepting
from cost_pipeline_tests.fixtures.killing import IN_BETWEEN, Chance, Death, Killer, victims
from cost_pipeline_tests.fixtures.rows import LEARNED, derived
from cost_pipeline_tests.fixtures.system import System, system
from cost_pipeline_tests.fixtures.trail import LogFolder, Record, on, ordinary_day, run_instances

KILLS = int(os.environ.get("KILLS", "20"))
SEED = int(os.environ.get("KILL_SEED", "1"))
_ONE_ATTACK_IN_FILES = 20
_COMMIT_SECONDS = 10.0
"""How long after its acceptance a message may wait for its commit, on a busy machine."""
_MAY_HOLD_A_COMMIT = {
    *("run worker", IN_BETWEEN, "code server", "owner"),
    *("Postgres backend", "Postgres server"),
}

pytestmark = [pytest.mark.soak, pytest.mark.timeout(2400)]
Rows = dict[str, list[dict[str, Any]]]


class Load:
    """Files for today, every second or so: into the trail, or where the agent reads."""

    def __init__(self, base: Path) -> None:
        self.trail, self.forwarded, self.whole = (
            LogFolder(base / name) for name in ("trail", "forwarded", "whole")
        )
        self.forwarded.root.mkdir()
        self.files = self.attacks = 0
        self._chance = Chance(SEED)
        self._stop, self._turn = threading.Event(), threading.Lock()

    def history(self, days: int) -> None:
        """Ordinary days until yesterday."""
        today = datetime.now(UTC).date()
        for day in (today - timedelta(days=back) for back in range(days, 0, -1)):
            for folder in (self.trail, self.whole):
                folder.put(ordinary_day(day), on(day, 20))

    def put(self, into: LogFolder, *, attack: bool = False) -> None:
        """A file of a few calls, or also of somebody who starts what costs a lot."""
        with self._turn:
            now = datetime.now(UTC)
            self.files += 1
            records: list[Record] = [
                run_instances(f"busy-{self.files}-{n}", now - timedelta(minutes=5))
                for n in range(3)
            ]
            if attack:
                self.attacks += 1
                records.append(_attack(self.attacks, now - timedelta(minutes=4)))
            name = f"{self._chance.getrandbits(32):08x}"
            into.put(records, now, name)
            self.whole.put(records, now, name)

    def attack(self) -> None:
        self.put(self.trail, attack=True)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Puts files until the block is left."""
        thread = threading.Thread(target=self._flow)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _flow(self) -> None:
        while not self._stop.wait(self._chance.uniform(0.5, 2.0)):
            into = self._chance.choice([self.trail, self.trail, self.forwarded])
            self.put(into, attack=self.files % _ONE_ATTACK_IN_FILES == 0)


def _attack(number: int, at: datetime) -> Record:
    who = f"eve-{number}"
    return run_instances(f"attack-{number}", at, kind="p4d.24xlarge", count=8, actor=who)


@pytest.fixture
def accepted() -> Iterator[Accepted]:
    with accepting() as one:
        yield one


def _start(one: System, load: Load, accepted: Accepted) -> None:
    """The system, an agent beside it, and two channels that take every message."""
    one.home.mkdir()
    ports = ("--app-port", "27501", "--dagster-port", "22000", "--api-port", "27700")
    one.commands["up"] = ["up", "--trail", str(load.trail.root), "--days", "14", *ports]
    one.until(lambda: "is running" in one.said("up"), 600, "it does not start")
    one.call("agent", "init", "--host", "localhost", "--agent", "office")
    all_of_them = ("--hourly-limit", "1000")
    hook = ("--set", f"url={accepted.webhook_url}")
    one.call("channel", "add", "hook", "webhook", *hook, *all_of_them)
    one.call("channel", "add", "ops", "email", "--set", "to=ops@example.com", *all_of_them)
    one.commands["receiver"] = ["agent", "receive", "--listen", "127.0.0.1:27443"]
    one.commands["agent"] = [
        *("agent", "run", "--to", "localhost:27443", "--seconds", "1"),
        *("--certificates", str(one.home / "agent" / "agents" / "office")),
        *("--source", str(load.forwarded.root)),
    ]
    one.keep()


_COUNTS = """
SELECT
  (SELECT count(*) FROM trail_objects WHERE state <> 'done')::int AS unread,
  (SELECT count(*) FROM alerts WHERE state = 'queued')::int AS unsent,
  (SELECT count(DISTINCT event_id) FROM cost_events WHERE event_id LIKE 'busy-%')::int AS events,
  (SELECT count(DISTINCT anomaly_id) FROM alerts JOIN anomalies ON id = anomaly_id
    WHERE actor LIKE 'eve-%')::int AS told
"""


_LAST_RUN = """
SELECT status FROM runs JOIN run_tags USING (run_id) WHERE key = 'dd0c/live'
ORDER BY runs.id DESC LIMIT 1
"""


def _settled(one: System, load: Load) -> bool:
    """All that was put is read, all that is found is told, and the last run came to its end."""
    wanted = {"unread": 0, "unsent": 0, "events": 3 * load.files, "told": load.attacks}
    return (
        one.rows(_COUNTS) == [wanted]
        and one.rows(_LAST_RUN, "dagster") == [{"status": "SUCCESS"}]
        and one.rows(_COUNTS) == [wanted]
    )


def _undisturbed(url: str, load: Load) -> Rows:
    """The rows that one quiet run over the same files leaves."""
    quiet = run_range(
        url,
        trail_url=str(load.whole.root),
        since=None,
        until=None,
        tenant_id="default",
        listener=lambda step: None,
    )
    assert quiet.failures == ()
    with Database(url) as database:
        return derived(database, without=LEARNED)


def _again(accepted: Accepted, keys: set[str]) -> dict[str, list[float]]:
    """The times of what was accepted more than once, by key and channel."""
    times = {
        f"{key} {channel}": at for key in keys for channel, at in accepted.times_of(key).items()
    }
    return {name: at for name, at in times.items() if len(at) > 1}


def _unexplained(again: dict[str, list[float]], deaths: list[Death]) -> list[str]:
    """Messages that came again although nobody died between acceptance and commit."""
    deadly = [death.at for death in deaths if death.kind in _MAY_HOLD_A_COMMIT]
    return [
        name
        for name, times in again.items()
        for first in times[:-1]
        if not any(first <= at + 0.5 and at <= first + _COMMIT_SECONDS for at in deadly)
    ]


def test_only_a_death_between_acceptance_and_commit_explains_a_repetition() -> None:
    again = {"a": [100.0, 130.0]}
    assert _unexplained(again, [Death(101.0, "run worker")]) == []
    assert _unexplained(again, [Death(101.0, "agent")]) == ["a"]
    assert _unexplained(again, [Death(99.0, "run worker")]) == ["a"]
    assert _unexplained(again, [Death(120.0, "run worker")]) == ["a"]


@pytest.fixture
def quiet_url(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database of the undisturbed run, which the settings of this process name."""
    monkeypatch.setenv("COST_PIPELINE_HOME", str(tmp_path / "quiet"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SWEEP_ENABLED", "false")
    return database_url


def _mail_to(accepted: Accepted) -> dict[str, str]:
    port = str(accepted.smtp_port)
    return {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": port, "SMTP_STARTTLS": "false"}


def _fire(killer: Killer, load: Load) -> float:
    """Kills one after the other while files flow; how many seconds that took."""
    begun = time.monotonic()
    with load.flowing():
        for kind in victims(KILLS, killer.chance):
            killer.kill(kind)
            time.sleep(killer.chance.uniform(0, 3))
    return time.monotonic() - begun


def _report(**facts: object) -> dict[str, object]:
    """The facts, kept where KILL_REPORT says."""
    if "KILL_REPORT" in os.environ:
        Path(os.environ["KILL_REPORT"]).write_text(json.dumps(facts, indent=1))
    return facts


def test_whoever_is_killed_the_rows_are_those_of_an_undisturbed_run(
    accepted: Accepted, quiet_url: str
) -> None:
    with system({"SENSOR_SECONDS": "1"} | _mail_to(accepted)) as one:
        load = Load(one.home.parent)
        load.history(days=12)
        _start(one, load, accepted)
        killer = Killer(one, accepted, Chance(SEED), load.attack)
        under_fire, begun = _fire(killer, load), time.monotonic()
        one.until(lambda: _settled(one, load), 600, "it does not settle")
        settled = time.monotonic() - begun
        with Database(one.url) as database:
            lived = derived(database, without=LEARNED)
        alerts = one.rows("SELECT dedup_key, channel, state FROM alerts WHERE channel <> 'console'")
        undisturbed = _undisturbed(quiet_url, load)
    again = _again(accepted, {row["dedup_key"] for row in alerts})
    report = _report(
        kills=Counter(death.kind for death in killer.deaths),
        seed=SEED,
        seconds_under_fire=round(under_fire),
        seconds_until_settled=round(settled),
        started=dict(one.restarts),
        files=load.files,
        rows={table: len(rows) for table, rows in undisturbed.items()},
        alerts=len(alerts),
        posts=len(accepted.posts),
        mails=len(accepted.mails),
        accepted_again={name: len(times) for name, times in again.items()},
    )
    for table, rows in undisturbed.items():
        assert lived[table] == rows, (table, report)
    assert len(alerts) >= 2 * load.attacks, report
    _every_alert_came(accepted, alerts)
    assert {key for _, key in accepted.posts} <= {row["dedup_key"] for row in alerts}, report
    assert _unexplained(again, killer.deaths) == [], report
    for death in killer.deaths:
        if death.kind == IN_BETWEEN:
            assert len(accepted.times_of(death.key)["webhook"]) > 1, (death, report)


def _every_alert_came(accepted: Accepted, alerts: list[dict[str, Any]]) -> None:
    kinds = {"hook": "webhook", "ops": "email"}
    for row in alerts:
        assert row["state"] == "sent"
        assert accepted.times_of(row["dedup_key"])[kinds[row["channel"]]], row
