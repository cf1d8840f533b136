"""How long from a file that is visible in the trail to its anomaly's row and its alert.

Everything real: embedded Postgres, Dagster's code server and daemon, the sensor at its default
interval, a trail in a folder with two weeks of history. Each file holds one unusual start by
somebody new; files come at random moments, one at a time.

    python benchmarks/latency.py --files 24
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cost_pipeline.local import services
from cost_pipeline.local.home import owning
from cost_pipeline.local.ports import Ports
from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.local.processes import Processes
from cost_pipeline.orchestration.run_range import run_range
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.writer import write_days
from cost_pipeline.store.database import Database

HISTORY_DAYS = 14
GIVE_UP_SECONDS = 120.0
_TOLD = """
SELECT d.detected_at, a.sent_at FROM anomalies n
JOIN anomaly_detections d ON d.anomaly_id = n.id
JOIN alerts a ON a.anomaly_id = n.id AND a.state = 'sent'
WHERE n.trigger_event_id = %s
"""


def main() -> None:
    """Measures, and prints a table for the documentation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cost-latency-") as name:
        home = Path(name)
        home.chmod(0o755)
        with running(home) as (database, account):
            pairs = list(measured(database, home / "trail", account, options))
    rows, alerts = zip(*pairs, strict=True)
    print(f"{len(pairs)} files, {os.cpu_count()} cores")
    print("| file visible → | median | p95 | max |\n|---|--:|--:|--:|")
    for title, seconds in (("anomaly's row", rows), ("alert sent", alerts)):
        p95 = sorted(seconds)[max(0, -(-len(seconds) * 95 // 100) - 1)]
        print(
            f"| {title} | {statistics.median(seconds):.1f} s | {p95:.1f} s | {max(seconds):.1f} s |"
        )


@contextmanager
def running(home: Path) -> Iterator[tuple[Database, str]]:
    """A system that has read its history and waits for files."""
    today = datetime.now(UTC).date()
    first = today - timedelta(days=HISTORY_DAYS)
    organisation = Organisation(1, first_day=first)
    with (
        EmbeddedPostgres(home / "postgres").running() as url,
        owning(home) as token,
        Ports.claimed(8501, 3000) as ports,
    ):
        write_days(home / "trail", organisation, first, today - timedelta(days=1))
        backfill(url, home / "trail")
        environment = services.environment(home, url, ports)
        with Processes(home, token, environment, services.ROOT) as processes:
            processes.start(services.code_server(ports))
            daemon = [p for p in services.programs(environment, ports) if "daemon" in p.name]
            processes.start_all(daemon)
            with Database(url) as database:
                yield database, organisation.account_ids[0]


def backfill(url: str, trail: Path) -> None:
    """Reads the history."""
    os.environ["DATABASE_URL"] = url
    os.environ["COST_PIPELINE_HOME"] = str(trail.parent)
    summary = run_range(
        url,
        trail_url=str(trail),
        since=None,
        until=None,
        tenant_id="default",
        listener=lambda step: None,
    )
    assert not summary.failures, summary.failures
    print(f"history: {summary.files} files, {summary.cost_events} cost events")


def measured(
    database: Database, trail: Path, account: str, options: Any
) -> Iterator[tuple[float, float]]:
    """Seconds to the row and to the alert, file by file."""
    chance = random.Random(options.seed)  # noqa: S311 - when files come, not a secret
    drop(trail, account, "warm-up")
    wait(database, "warm-up")
    for number in range(options.files):
        time.sleep(chance.uniform(1, 11))
        event_id = f"burst-{number}"
        visible = drop(trail, account, event_id)
        told = wait(database, event_id)
        seconds = tuple(
            (told[name] - visible).total_seconds() for name in ("detected_at", "sent_at")
        )
        print(f"{event_id}: row {seconds[0]:.1f} s, alert {seconds[1]:.1f} s", flush=True)
        yield seconds[0], seconds[1]


def drop(trail: Path, account: str, event_id: str) -> datetime:
    """Puts one file into the trail; returns when it became visible."""
    now = datetime.now(UTC)
    content = gzip.compress(json.dumps({"Records": [start(account, event_id, now)]}).encode())
    folder = trail / folder_of(account, now.date())
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{event_id}.part"
    unfinished.write_bytes(content)
    name = f"{account}_CloudTrail_eu-west-1_{now:%Y%m%dT%H%MZ}_{event_id}.json.gz"
    unfinished.replace(folder / name)
    return datetime.now(UTC)


def folder_of(account: str, day: date) -> str:
    """Where a trail puts the files of an account's day."""
    return f"AWSLogs/{account}/CloudTrail/eu-west-1/{day:%Y/%m/%d}"


def start(account: str, event_id: str, at: datetime) -> dict[str, Any]:
    """Somebody new starts eight GPU machines."""
    ids = [{"instanceId": f"i-{event_id}-{n}", "instanceType": "p4d.24xlarge"} for n in range(8)]
    return {
        "eventID": event_id,
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
        "awsRegion": "eu-west-1",
        "recipientAccountId": account,
        "userIdentity": {"type": "IAMUser", "userName": f"{event_id}-user", "accountId": account},
        "requestParameters": {"instanceType": "p4d.24xlarge"},
        "responseElements": {"instancesSet": {"items": ids}},
    }


def wait(database: Database, event_id: str) -> dict[str, Any]:
    """The moments when the anomaly was found and told."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < deadline:
        with database.transaction("default") as conn:
            row = conn.execute(_TOLD, [event_id]).fetchone()
        if row is not None:
            return row
        time.sleep(0.1)
    raise SystemExit(f"{event_id} was not told within {GIVE_UP_SECONDS:.0f} s")


if __name__ == "__main__":
    main()
