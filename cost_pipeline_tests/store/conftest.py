"""Cost events as tests want them, and a day written to Postgres as a run writes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.model import CostEvent, cost_event_id
from cost_pipeline.store import objects, resources
from cost_pipeline.store.database import Database
from cost_pipeline.store.ingest import IngestedFile, Staging

TENANT = "default"


@dataclass(frozen=True)
class Listed:
    """A file as a trail lists it."""

    key: str
    day: date
    account_id: str = "111122223333"
    region: str = "eu-west-1"
    etag: str | None = "1"
    size: int = 10
    last_modified: datetime | None = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def event() -> Callable[..., CostEvent]:
    """Makes a cost event of 2026-03-10; any field may be given."""

    def make(name: str, hour: float = 9, rate: str | None = "1", **changes: Any) -> CostEvent:
        day = changes.get("partition_day", date(2026, 3, 10))
        ids = changes.get("resource_ids", ("i-1",))
        price = None if rate is None else Decimal(rate)
        fields: dict[str, Any] = {
            "id": cost_event_id(TENANT, "111122223333", name, 0),
            "tenant_id": TENANT,
            "event_id": name,
            "ordinal": 0,
            "event_time": datetime(
                day.year, day.month, day.day, int(hour), round(hour % 1 * 60), tzinfo=UTC
            ),
            "partition_day": day,
            "account_id": "111122223333",
            "region": "eu-west-1",
            "event_source": "ec2.amazonaws.com",
            "event_name": "RunInstances",
            "service": "ec2",
            "resource_type": "ec2_instance",
            "resource_class": "m5.large",
            "action": "start",
            "actor": Actor("ada", "user"),
            "resource_ids": ids,
            "quantity": Decimal(len(ids)),
            "hourly_cost": None if price is None else price * len(ids),
            "rate_after": price,
            "one_time_cost": Decimal(0),
            "price_basis": "list",
        }
        return CostEvent(**(fields | changes))

    return make


@dataclass
class Loader:
    """Writes days as a run does: register the file, merge its events, rebuild the resources."""

    database: Database
    files: dict[str, int] = field(default_factory=dict)

    def register(self, *listed: Listed) -> int:
        """Registers files; returns how many were new."""
        with self.database.transaction(TENANT) as conn:
            trail = objects.ensure_trail(conn, tenant_id=TENANT, url="/trail")
            new = objects.register(conn, tenant_id=TENANT, trail_id=trail.trail_id, objects=listed)
            for file in listed:
                for known in objects.of_day(conn, tenant_id=TENANT, day=file.day):
                    self.files[known.key] = known.object_id
        return new

    def load(
        self, key: str, *events: CostEvent, day: date = date(2026, 3, 10), **more: Any
    ) -> None:
        """Reads one file of a day, again if it was read before."""
        replace = more.pop("replace", False)
        self.register(Listed(key, day))
        with self.database.transaction(TENANT) as conn:
            staging = Staging(conn, tenant_id=TENANT, day=day)
            staging.add([IngestedFile(self.files[key], events=list(events), **more)])
            staging.merge(replace=replace)
            resources.rebuild(conn, tenant_id=TENANT, day=day)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What the tenant sees."""
        with self.database.transaction(TENANT) as conn:
            return conn.execute(query).fetchall()


@pytest.fixture
def loader(database: Database) -> Loader:
    """Writes days into a fresh database."""
    return Loader(database)
