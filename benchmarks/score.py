"""How long a million cost events take from `activity` to anomalies, in the real database.

    python benchmarks/score.py [--events 1000000] [--days 30]

Makes up that many cost events over that many days (machines that start and stop, by a thousand
actors in fifty accounts), loads them with their spans, then times, day by day, what a backfill
does: activity, baselines, detector state, anomalies. Prints seconds of wall time and of CPU. The
database is an embedded one, or that of DATABASE_URL, which must be empty: it is filled.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from clock import Clock

from cost_pipeline.core.detection_model import DetectionSettings
from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.orchestration import folding
from cost_pipeline.store.database import Database

FIRST = date(2026, 1, 1)
_FILL = """
INSERT INTO cost_events (id, tenant_id, event_id, ordinal, event_time, partition_day, account_id,
  region, event_source, event_name, service, resource_type, resource_class, action, actor,
  actor_kind, resource_ids, quantity, hourly_cost, rate_after, price_basis)
SELECT md5(%(day)s::text || n || phase)::uuid, 'default', 'e' || n || phase, 0,
  %(day)s::date + interval '1 second' * (n * 7919 %% 40000 + phase * (1800 + n * 31 %% 40000)),
  %(day)s, lpad((n %% 50)::text, 12, '1'), (ARRAY['us-east-1','eu-west-1'])[n %% 2 + 1],
  'ec2.amazonaws.com',
  (ARRAY['RunInstances','TerminateInstances'])[phase + 1], 'ec2',
  (ARRAY['ec2_instance','ebs_volume','nat_gateway'])[n %% 3 + 1], 'm5.large',
  (ARRAY['start','stop'])[phase + 1], 'actor-' || n * 13 %% 1000,
  (ARRAY['user','role'])[n %% 2 + 1], ARRAY['r-' || %(day)s || n], 1,
  CASE phase WHEN 0 THEN 0.096 END, CASE phase WHEN 0 THEN 0.096 ELSE 0 END, 'list'
FROM generate_series(1, %(half)s) AS n, generate_series(0, 1) AS phase
"""
_SPANS = """
INSERT INTO resource_spans (tenant_id, resource_id, from_event, from_time, partition_day,
  account_id, region, service, resource_type, resource_class, action, actor, actor_kind,
  rate_after, hourly_cost, delta)
SELECT tenant_id, resource_ids[1], id, event_time, partition_day, account_id, region, service,
  resource_type, resource_class, action, actor, actor_kind, rate_after, rate_after,
  CASE action WHEN 'start' THEN 0.096 ELSE -0.096 END
FROM cost_events WHERE partition_day = %(day)s
"""


def fill(database: Database, days: list[date], events: int) -> None:
    """Puts the events of every day, and the spans that follow from them."""
    with database.admin() as conn:
        for day in days:
            conn.execute("SELECT ensure_cost_events_partition(%s)", [day])
            conn.execute(_FILL, {"day": day, "half": events // len(days) // 2})
            conn.execute(_SPANS, {"day": day})
    with database.admin() as conn:
        conn.execute("ANALYZE cost_events")
        conn.execute("ANALYZE resource_spans")


@contextmanager
def _postgres() -> Iterator[tuple[str, Clock]]:
    """The database given, or one of our own that goes again, and a clock for it."""
    if given := os.environ.get("DATABASE_URL"):
        yield given, Clock(None)
        return
    home = Path(tempfile.mkdtemp(prefix="cost-bench-"))
    home.chmod(0o755)
    with EmbeddedPostgres(home).running() as url:
        yield url, Clock(home)
    shutil.rmtree(home, ignore_errors=True)


def fold(database: Database, day: date) -> None:
    """Activity, baselines and detector state of a day."""
    with database.transaction("default") as conn:
        folding.fold(conn, "default", day, DetectionSettings())


def score(database: Database, day: date) -> None:
    """The anomalies of a day."""
    folding.score(database, "default", day, DetectionSettings(), backfilled=True)


def main() -> None:
    """Fills, times, prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    chosen = parser.parse_args()
    days = [FIRST + timedelta(days=n) for n in range(chosen.days)]
    steps = {"activity, baselines, state": fold, "anomalies": score}
    took: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with _postgres() as (url, clock), Database(url) as database:
        database.migrate()
        fill(database, days, chosen.events)
        for day in days:
            for name, step in steps.items():
                took[name].append(clock.time(partial(step, database, day)))
    took["all"] = [one for each in took.values() for one in each]
    print(f"{chosen.events:,} cost events over {chosen.days} days")
    for name, each in took.items():
        seconds, used = (sum(column) for column in zip(*each, strict=True))
        print(f"{name:<28} {seconds:6.1f} s, {used:6.1f} s of CPU with Postgres'")
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
