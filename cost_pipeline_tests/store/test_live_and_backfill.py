"""An organisation streamed hour by hour, with late files, ends in the rows of a backfill."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.detection_model import DetectionSettings
from cost_pipeline.core.model import CostEvent, cost_event_id
from cost_pipeline.orchestration.folding import ensure_folded, score, score_live
from cost_pipeline.store import objects, resources
from cost_pipeline.store.database import Database
from cost_pipeline.store.ingest import IngestedFile, Staging

TENANT, ACCOUNT = "default", "111122223333"
FIRST = date(2026, 3, 1)
DAYS = 2
SETTINGS = DetectionSettings(learning_days=0, joining_days=0)
ROWS = {
    "anomalies": "id, day, actor, severity, score, hourly_cost, reasons, title, who, noticed_at",
    "anomaly_events": "anomaly_id, cost_event_id, day",
    "anomaly_days": "anomaly_id, day, hourly_cost, severity",
}


@dataclass(frozen=True)
class File:
    """A file as the trail lists it, the hour it shows up in, and what it holds."""

    key: str
    day: date
    shown: int
    events: list[CostEvent]
    account_id: str = ACCOUNT
    region: str = "eu-west-1"
    etag: str | None = "1"
    size: int = 10
    last_modified: datetime | None = None


def _event(name: str, at: datetime, actor: str, rate: str | None, **more: Any) -> CostEvent:
    price = None if rate is None else Decimal(rate)
    fields: dict[str, Any] = {
        "id": cost_event_id(TENANT, ACCOUNT, name, 0),
        "tenant_id": TENANT,
        "event_id": name,
        "ordinal": 0,
        "event_time": at,
        "partition_day": at.date(),
        "account_id": ACCOUNT,
        "region": "eu-west-1",
        "event_source": "ec2.amazonaws.com",
        "event_name": "RunInstances",
        "service": "ec2",
        "resource_type": "ec2_instance",
        "resource_class": "m5.large",
        "action": "start",
        "actor": Actor(actor, "user"),
        "resource_ids": (f"i-{name}",),
        "quantity": Decimal(1),
        "hourly_cost": price,
        "rate_after": price,
        "one_time_cost": Decimal(0),
        "price_basis": "list",
    }
    return CostEvent(**(fields | more))


def _events(rng: random.Random) -> Iterator[CostEvent]:
    """Everyday machines that end, two incidents, and a machine stopped and started again."""
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    stop: dict[str, Any] = {"action": "stop", "rate_after": Decimal(0)}
    for n in range(DAYS * 8):
        at = begin + timedelta(hours=3 * n, minutes=rng.randrange(50))
        yield _event(f"d{n}", at, f"person-{n % 3}", "0.4")
        end = at + timedelta(hours=rng.randrange(1, 30))
        yield _event(f"e{n}", end, "person-0", None, resource_ids=(f"i-d{n}",), **stop)
    for n in range(30):
        at = begin + timedelta(hours=12, minutes=25 * n)
        yield _event(f"drip{n}", at, "mallory", "0.8")
    gpu = begin + timedelta(days=1, hours=9)
    yield _event("gpu", gpu, "person-1", "32")
    yield _event("off", gpu + timedelta(hours=3), "person-1", None, resource_ids=("i-gpu",), **stop)
    yield _event("on", gpu + timedelta(hours=22), "person-2", None, resource_ids=("i-gpu",))


def _files(seed: int) -> list[File]:
    """Hourly files; some come up to 20 hours late, under the key of the hour they are from."""
    rng = random.Random(seed)  # noqa: S311
    hours: dict[datetime, list[CostEvent]] = defaultdict(list)
    for event in _events(rng):
        if event.event_time.date() < FIRST + timedelta(days=DAYS):
            hours[event.event_time.replace(minute=0)].append(event)
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    found = []
    for hour, events in sorted(hours.items()):
        number = int((hour - begin).total_seconds() // 3600)
        late = rng.randrange(4, 21) if rng.random() < 0.15 else 0
        found.append(File(f"{hour:%d%H}", hour.date(), number + late, events))
    return sorted(found, key=lambda one: (one.shown, one.key))


def _read(database: Database, files: list[File]) -> None:
    """Reads files of one day, as a live run does with what is pending."""
    day = files[0].day
    with database.transaction(TENANT) as conn:
        trail = objects.ensure_trail(conn, tenant_id=TENANT, url="/trail")
        objects.register(conn, tenant_id=TENANT, trail_id=trail.trail_id, objects=files)
        known = {one.key: one.object_id for one in objects.of_day(conn, tenant_id=TENANT, day=day)}
        staging = Staging(conn, tenant_id=TENANT, day=day)
        staging.add([IngestedFile(known[one.key], events=one.events) for one in files])
        staging.merge(replace=False)
        resources.rebuild(conn, tenant_id=TENANT, day=day)


def _rows(database: Database) -> dict[str, Any]:
    """What was found, without what was taken back."""
    with database.transaction(TENANT) as conn:
        found = {
            table: conn.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}").fetchall()
            for table, columns in ROWS.items()
        }
        gone = {
            row["id"]
            for row in conn.execute("SELECT id FROM anomalies WHERE withdrawn_at IS NOT NULL")
        }
    return {
        table: [row for row in rows if row.get("anomaly_id", row.get("id")) not in gone]
        for table, rows in found.items()
    }


def _backfill(database: Database) -> None:
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        ensure_folded(database, TENANT, day - timedelta(days=1), SETTINGS)
        score(database, TENANT, day, SETTINGS, backfilled=True)


def _told(database: Database) -> set[Any]:
    with database.transaction(TENANT) as conn:
        return {row["id"] for row in conn.execute("SELECT id FROM anomalies")}


def _answerable(database: Database) -> set[Any]:
    """Every id that still leads to an anomaly: its own, or as an alias."""
    with database.transaction(TENANT) as conn:
        aliases = conn.execute("SELECT alias_id FROM anomaly_aliases").fetchall()
    return _told(database) | {row["alias_id"] for row in aliases}


def test_live_ends_in_the_rows_of_a_backfill_and_takes_nothing_told_away(
    database: Database,
) -> None:
    files, told = _files(1), set[Any]()
    for _, shown in groupby(files, key=lambda file: file.shown // 12):
        batch = sorted(shown, key=lambda file: file.day)
        for day, of_day in groupby(batch, key=lambda file: file.day):
            _read(database, list(of_day))
            score_live(database, TENANT, day, SETTINGS)
            told |= _told(database)
    live = _rows(database)
    assert len(live["anomalies"]) >= 2
    assert told <= _answerable(database)
    with database.admin() as conn:
        conn.execute(
            "TRUNCATE anomalies, anomaly_events, anomaly_days, anomaly_aliases,"
            " anomaly_detections, detector_state, activity, activity_trained, baselines"
        )
    _backfill(database)
    assert _rows(database) == live
