"""How long the app's queries take at a million cost events; `--events N` for another number.

Loads made-up rows into a database of its own on an embedded server, times each query five
times under the application's role, and prints the median. Ends with 1 if one is over 300 ms,
or over 1 s where a fortnight's events are added up anew.
"""

import argparse
import hashlib
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.store import (
    accounts,
    actors,
    anomalies,
    baselines,
    dashboard,
    events,
    exploring,
    exports,
    health,
    leftovers,
    objects,
    pages,
    upkeep,
    worst_cases,
    zombie_life,
    zombies,
)
from cost_pipeline.store.database import Database

TENANT = "default"
DAYS = 35
MOST_MS = 300
MOST_MS_EXPLORING = 1000
RUNS = 5

_FACTS = """
CREATE TEMPORARY TABLE facts AS
SELECT n, md5('event' || n)::uuid AS id, 'i-' || n / 2 AS resource_id,
  %(start)s + n * (%(span)s / %(events)s) AS event_time,
  (ARRAY['111122223333', '222233334444', '333344445555'])[n %% 3 + 1] AS account_id,
  (ARRAY['us-east-1', 'eu-west-1', 'eu-central-1', 'ap-south-1'])[n %% 4 + 1] AS region,
  (ARRAY['ec2_instance', 'ebs_volume', 'rds_instance', 'nat_gateway'])[n / 2 %% 4 + 1] AS type,
  'person-' || n %% 200 AS actor, n %% 2 = 1 AS stops, (n / 2 %% 90 + 10) / 100.0 AS rate
FROM generate_series(0, %(events)s - 1) AS n
"""

_LOADS = (
    """
INSERT INTO cost_events (id, tenant_id, event_id, ordinal, event_time, partition_day,
  account_id, region, event_source, event_name, service, resource_type, resource_class, action,
  actor, actor_kind, resource_ids, quantity, hourly_cost, rate_after, price_basis, data)
SELECT id, 'default', 'event-' || n, 0, event_time, (event_time AT TIME ZONE 'UTC')::date,
  account_id, region, 'ec2.amazonaws.com',
  CASE WHEN stops THEN 'TerminateInstances' ELSE 'RunInstances' END, 'ec2', type, 'm5.large',
  CASE WHEN stops THEN 'stop' ELSE 'start' END, actor, 'user',
  ARRAY[CASE WHEN n % 3000 = 0 THEN 'asg/web-' || n / 3000 % 10 ELSE resource_id END], 1,
  CASE WHEN NOT stops THEN rate END, CASE WHEN stops THEN 0 ELSE rate END,
  CASE WHEN n % 1000 = 0 THEN 'unpriced' ELSE 'list' END,
  CASE WHEN n % 3000 = 0 THEN '{"workload": "asg/web", "worst_case_quantity": "100"}'
    WHEN n % 30 = 0 THEN '{"workload": "asg/web"}' ELSE '{"why": "made up"}' END::jsonb
FROM facts
""",
    """
INSERT INTO resource_spans (tenant_id, resource_id, from_event, from_time, partition_day,
  account_id, region, service, resource_type, action, actor, actor_kind, rate_after,
  hourly_cost, delta)
SELECT 'default', resource_id, id, event_time, (event_time AT TIME ZONE 'UTC')::date, account_id,
  region, 'ec2', type, CASE WHEN stops THEN 'stop' ELSE 'start' END, actor, 'user',
  CASE WHEN stops THEN 0 ELSE rate END, CASE WHEN stops THEN 0 ELSE rate END,
  CASE WHEN stops THEN -rate ELSE rate END
FROM facts
""",
    """
INSERT INTO resources (tenant_id, resource_id, account_id, region, service, resource_type,
  hourly_cost, created_by, created_at, stopped_at, last_event, last_event_time)
SELECT 'default', resource_id, account_id, region, 'ec2', type,
  CASE WHEN n % 10 = 0 THEN rate ELSE 0 END, actor, event_time,
  CASE WHEN n % 10 <> 0 THEN event_time END, id, event_time
FROM facts WHERE NOT stops
""",
    """
INSERT INTO activity (tenant_id, account_id, resource_type, day, event_count, mean, m2,
  hourly_added, one_time, actors, regions, classes)
SELECT 'default', account_id, type, day, sum(events), 1, 1, sum(rate), 0,
  jsonb_object_agg(actor, jsonb_build_object('events', events, 'hourly_added', rate,
    'first', first, 'last', last)),
  jsonb_build_object('us-east-1', jsonb_build_object('last', max(last))), '{}'
FROM (SELECT account_id, type, (event_time AT TIME ZONE 'UTC')::date AS day, actor,
    count(*) AS events, sum(rate) AS rate, min(event_time) AS first, max(event_time) AS last
  FROM facts GROUP BY 1, 2, 3, 4) AS counted GROUP BY account_id, type, day
""",
    """
INSERT INTO anomalies (id, tenant_id, day, account_id, region, actor, actor_kind, resource_type,
  severity, score, first_event_time, last_event_time, trigger_event_id, trigger_cost_event,
  trigger_event_time, hourly_cost, projected_monthly_cost, one_time_cost, reasons, title)
SELECT md5('anomaly' || n)::uuid, 'default', (event_time AT TIME ZONE 'UTC')::date, account_id,
  region, actor, 'user', type, (ARRAY['low', 'medium', 'high', 'critical'])[n / 500 % 4 + 1],
  5, event_time, event_time, 'event-' || n, id, event_time, rate, rate * 730, 0, '[]',
  actor || ' started much'
FROM facts WHERE n % 500 = 0
""",
    """
INSERT INTO anomaly_events (anomaly_id, cost_event_id, tenant_id, event_id, day, event_time)
SELECT md5('anomaly' || n / 500 * 500)::uuid, id, 'default', 'event-' || n,
  (event_time AT TIME ZONE 'UTC')::date, event_time
FROM facts WHERE n % 500 < 20
""",
    """
INSERT INTO trails (tenant_id, url) VALUES ('default', 's3://benchmark')
""",
    """
INSERT INTO trail_objects (trail_id, key, tenant_id, account_id, region, day, size, state,
  records, matched, done_at, last_modified)
SELECT (SELECT max(trail_id) FROM trails), 'key-' || n, 'default', account_id, region,
  (event_time AT TIME ZONE 'UTC')::date, 9000, CASE WHEN n % 5000 = 0 THEN 'failed' ELSE 'done' END,
  300, 10, event_time, event_time
FROM facts WHERE n % 10 = 0
""",
    """
INSERT INTO zombies (tenant_id, day, check_name, resource_id, account_id, region, resource_type,
  title, monthly_cost, confidence, remediation)
SELECT 'default', (event_time AT TIME ZONE 'UTC')::date, 'ebs_unattached', resource_id,
  account_id, region, type, 'Unattached', rate * 730, 'high', 'aws ec2 delete-volume'
FROM facts WHERE n % 100 = 0
""",
)


def load(url: str, number: int, today: date) -> None:
    """Makes the rows of `number` cost events that end with `today`."""
    span = timedelta(days=DAYS)
    start = datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1) - span
    with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as conn:
        upkeep.ensure_partitions(conn, since=start.date(), months=2)
        conn.execute(_FACTS, {"start": start, "span": span, "events": number})
        for statement in _LOADS:
            conn.execute(statement)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")


def queries(today: date) -> dict[str, Callable[[psycopg.Connection[Any]], Any]]:
    """The queries behind the app's pages, by name."""
    scope: dict[str, Any] = {"tenant_id": TENANT}
    anomaly: dict[str, Any] = {"tenant_id": TENANT, "anomaly_id": _an_anomaly()}
    fortnight: dict[str, Any] = {**scope, "since": today - timedelta(days=13), "until": today}
    month: dict[str, Any] = {**scope, "since": today - timedelta(days=29), "until": today}
    week, now = today - timedelta(days=7), datetime.now(UTC)
    cheap = anomalies.Filter(severities=["high", "critical"], text="person-1")
    return {
        "dashboard.totals": lambda c: dashboard.totals(c, today=today, **scope),
        "dashboard.anomalies_by_day": lambda c: dashboard.anomalies_by_day(c, since=week, **scope),
        "dashboard.added_by actor": lambda c: dashboard.added_by(
            c, dimension="actor", today=today, **scope
        ),
        "dashboard.added_by account": lambda c: dashboard.added_by(
            c, dimension="account_id", today=today, **scope
        ),
        "dashboard.newest_day": lambda c: dashboard.newest_day(c, **scope),
        "exploring.pivot actor, a month": lambda c: exploring.pivot(
            c, rows="actor", columns="day", **month
        ),
        "exploring.pivot account × region": lambda c: exploring.pivot(
            c, rows="account_id", columns="region", **fortnight
        ),
        "exploring.pivot event_name": lambda c: exploring.pivot(
            c, rows="event_name", columns="day", where={"service": ["ec2"]}, **fortnight
        ),
        "exploring.events": lambda c: exploring.events(
            c, where={"actor": ["person-7"]}, **fortnight
        ),
        "exploring.choices": lambda c: exploring.choices(c, **fortnight),
        "actors.listing": lambda c: actors.listing(c, **month),
        "actors.by_type": lambda c: actors.by_type(c, actor="person-7", **scope),
        "actors.running": lambda c: actors.running(c, actor="person-7", **scope),
        "dashboard.resources": lambda c: dashboard.resources(c, text="person-7", **scope),
        "dashboard.resource": lambda c: dashboard.resource(c, resource_id="i-500", **scope),
        "health.overview": lambda c: health.overview(c, **scope),
        "health.lag": lambda c: health.lag(c, **scope),
        "accounts.progress": lambda c: accounts.progress(c, **scope),
        "events.day_facts": lambda c: events.day_facts(c, day=today, **scope),
        "anomalies.listing": lambda c: anomalies.listing(c, **scope),
        "anomalies.listing filtered": lambda c: anomalies.listing(c, chosen=cheap, **scope),
        "anomalies.count": lambda c: anomalies.count(c, **scope),
        "anomalies.choices": lambda c: anomalies.choices(c, **scope),
        "anomalies.detail": lambda c: anomalies.detail(c, now=now, **anomaly),
        "anomalies.events": lambda c: anomalies.events(c, **anomaly),
        "worst_cases.worst_cases": lambda c: worst_cases.worst_cases(
            c, anomaly_id=_an_anomaly(750_000), **scope
        ),
        "anomalies.resources": lambda c: anomalies.resources(c, **anomaly),
        "anomalies.files": lambda c: anomalies.files(c, **anomaly),
        "zombies.listing": lambda c: zombies.listing(c, **scope),
        "zombies.waste": lambda c: zombies.waste(c, **scope),
        "pages.anomalies": lambda c: pages.anomalies(
            c, chosen=anomalies.Filter(), after=None, limit=100, **scope
        ),
        "pages.events": lambda c: pages.events(c, after=None, limit=500, **scope),
        "exports.rows anomalies": lambda c: list(
            exports.rows(c, subject="anomalies", since=week, **scope)
        ),
    }


def one_of_many(today: date) -> dict[str, Callable[[psycopg.Connection[Any]], Any]]:
    """The queries of pages that are opened to look closer, by name."""
    scope: dict[str, Any] = {"tenant_id": TENANT}
    since, moment = today - timedelta(days=90), datetime.now(UTC) - timedelta(days=7)
    pair = {**scope, "account_id": "111122223333", "resource_type": "ec2_instance"}
    actor = {**scope, "actor": "person-7", "since": today - timedelta(days=29)}
    return {
        "actors.by_day": lambda c: actors.by_day(c, **actor),
        "actors.refused": lambda c: actors.refused(c, **actor),
        "anomalies.usual_days": lambda c: anomalies.usual_days(c, since=since, until=today, **pair),
        "baselines.latest": lambda c: baselines.latest(c, **scope),
        "baselines.trained_on": lambda c: baselines.trained_on(c, since=since, until=today, **pair),
        "leftovers.since": lambda c: leftovers.since(c, moment=moment, **scope),
        "objects.failures": lambda c: objects.failures(c, **scope),
        "zombie_life.summary": lambda c: zombie_life.summary(c, **scope),
        "zombies.waste_by_day": lambda c: zombies.waste_by_day(c, since=since, **scope),
    }


def _an_anomaly(number: int = 5_000) -> UUID:
    return UUID(hashlib.md5(f"anomaly{number}".encode(), usedforsecurity=False).hexdigest())


def measure(database: Database, today: date) -> list[tuple[str, float, int]]:
    """The median of each query in ms, and how many rows or facts it gave."""
    results = []
    for name, query in (queries(today) | one_of_many(today)).items():
        taken = []
        for _ in range(RUNS):
            with database.transaction(TENANT) as conn:
                start = time.perf_counter()
                given = query(conn)
                taken.append((time.perf_counter() - start) * 1000)
        size = len(given) if hasattr(given, "__len__") else 1
        results.append((name, statistics.median(taken), size))
    return results


def main() -> int:
    """Loads, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    number = parser.parse_args().events
    folder, today = Path(tempfile.mkdtemp(prefix="app-queries-")), datetime.now(UTC).date()
    folder.chmod(0o755)
    try:
        with EmbeddedPostgres(folder, {"fsync": "off"}).running() as url, Database(url) as db:
            db.migrate()
            start = time.perf_counter()
            load(url, number, today)
            print(f"{number:,} cost events loaded in {time.perf_counter() - start:.0f} s")
            results = measure(db, today)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    slow = 0
    for name, milliseconds, size in results:
        over = milliseconds > (MOST_MS_EXPLORING if "exploring" in name else MOST_MS)
        print(f"{name:32} {milliseconds:8.1f} ms {size:8,} rows{'  SLOW' if over else ''}")
        slow += over
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main())
