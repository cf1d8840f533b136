"""What listing a bucket costs: calls a tick and how long files wait, by the number of places.

    .venv/bin/python -m benchmarks.listing

A bucket in memory, a Postgres of its own, and a clock that jumps five seconds a tick. Of every
hundred places ten are hot: they get a file every five minutes, the others none.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean

from cost_pipeline.aws.s3_trail import S3Trail
from cost_pipeline.intake.rotation import Rotation
from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.store import objects, places
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.buckets import Bucket

TICK = timedelta(seconds=5)
TICKS_A_MONTH = 30 * 24 * 720
REGIONS = [f"eu-north-{number}" for number in range(1, 18)]
CASES = [
    (10, 40, False),
    (1_000, 40, False),
    (1_000, 150, False),
    (10_000, 40, False),
    (10_000, 500, False),
    (10_000, 40, True),
]


class Organisation:
    """The bucket of so many account-regions, of which a tenth is hot."""

    def __init__(self, count: int) -> None:
        self.now = datetime(2026, 3, 9, 16, tzinfo=UTC)
        self.bucket = Bucket(clock=lambda: self.now)
        self.places = [(number // 17, REGIONS[number % 17]) for number in range(count)]
        hot = max(10, count // 10)
        self.hot = self.places[:: max(1, count // hot)][:hot]
        for place in self.places:
            self._put(place, self.now)
        self.now += timedelta(hours=20)

    def pass_time(self, tick: int) -> None:
        """Goes five seconds on; each hot place delivers every sixtieth tick."""
        self.now += TICK
        for place in self.hot[tick % 60 :: 60]:
            self._put(place, self.now)

    def _put(self, place: tuple[int, str], at: datetime) -> None:
        account, region = f"{place[0]:012}", place[1]
        name = f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{at:%S}.json.gz"
        key = f"AWSLogs/{account}/CloudTrail/{region}/{at:%Y/%m/%d}/{name}"
        self.bucket.put(key)


def measure(db: Database, count: int, budget: int, ticks: int, *, queue: bool) -> str:
    """Runs ticks, the first half to settle; one line of the table."""
    organisation = Organisation(count)
    with db.transaction("default") as conn:
        url = f"s3://b{count}-{budget}-{queue}"
        trail = objects.ensure_trail(conn, tenant_id="default", url=url)
    source = S3Trail(organisation.bucket, "b")
    key = (db, "default", trail.trail_id, source, timedelta(hours=48))
    rotation = Rotation(*key, beside_queue=queue)
    calls, hot, rounds = [], [], []
    for tick in range(ticks):
        organisation.pass_time(tick)
        done = rotation.tick(organisation.now, budget)
        if tick >= ticks // 2:
            calls.append(done.calls)
            hot.append(done.hot)
            rounds.append(done.rounds)
    source.close()
    usd = mean(calls) * TICKS_A_MONTH * places.LIST_USD
    every_hot = 5 * len(organisation.hot) / mean(hot) if mean(hot) else 0
    every_place = 5 * count / mean(rounds) / 60
    return (
        f"| {count:,} | {budget} | {queue} | {mean(calls):.1f} (most {max(calls)}) | {usd:,.0f} "
        f"| {every_hot:.0f} s | {every_place:.1f} min |"
    )


def main() -> None:
    """Prints the table of docs/trails.md."""
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    folder = Path(tempfile.mkdtemp(prefix="listing-"))
    folder.chmod(0o755)
    print("| places | budget | queue | calls a tick | USD a month | hot every | all every |")
    with EmbeddedPostgres(folder, {"fsync": "off"}).running() as url, Database(url) as db:
        db.migrate()
        for count, budget, queue in CASES:
            settle = 2 * (count // max(1, budget // 5)) + 400
            print(measure(db, count, budget, int(scale * settle), queue=queue), flush=True)


if __name__ == "__main__":
    main()
