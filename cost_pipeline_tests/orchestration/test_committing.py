"""A purchase that does not say its price has it once the sweep has seen the reservation."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from dagster import DagsterInstance, materialize

from cost_pipeline.definitions import ASSETS
from cost_pipeline.orchestration.committing import remember_reservations
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader
from cost_pipeline.store import inventory, prices
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, record

LEASE = {
    "ReservedInstancesId": "4e5f6a7b",
    "InstanceType": "m5.large",
    "InstanceCount": 10,
    "Duration": 94_608_000,
    "FixedPrice": 600.0,
    "UsagePrice": 0.0,
    "RecurringCharges": [{"Amount": 0.02, "Frequency": "Hourly"}],
    "OfferingType": "Partial Upfront",
    "Start": "2026-03-10T09:00:00+00:00",
    "State": "active",
}
SWEPT = date(2026, 3, 11)


def _read(instance: DagsterInstance, database: PostgresDatabase) -> None:
    by_day = [a for a in ASSETS if a.partitions_def is not None]
    config = {"config": {"mode": "full", "tenant_id": "default", "sweep": False}}
    assert materialize(
        by_day,
        partition_key="2026-03-10",
        instance=instance,
        resources={"database": database, "trails": TrailReader()},
        run_config={
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            "ops": {asset.op.name: config for asset in by_day},
        },
    ).success


def _purchase(db: Database) -> dict[str, Any]:
    with db.transaction("default") as conn:
        (event,) = conn.execute("SELECT * FROM cost_events").fetchall()
    return event


def test_a_reservation_that_the_sweep_sees_prices_its_purchase(
    database: Database,
    database_resource: PostgresDatabase,
    folder: LogFolder,
    instance: DagsterInstance,
) -> None:
    bought = record(
        "e1",
        "PurchaseReservedInstancesOffering",
        moment(10),
        "ada",
        requestParameters={"reservedInstancesOfferingId": "0a1b2c3d", "instanceCount": 10},
        responseElements={"reservedInstancesId": "4e5f6a7b"},
    )
    folder.put([bought], moment(10))
    _read(instance, database_resource)
    assert _purchase(database)["price_basis"] == "unpriced"

    answer = inventory.Answer("ec2:DescribeReservedInstances", [LEASE])
    with database.transaction("default") as conn:
        inventory.replace(
            conn,
            tenant_id="default",
            account_id="111122223333",
            region="eu-west-1",
            day=SWEPT,
            answers=[answer],
            now=datetime(2026, 3, 11, 5, tzinfo=UTC),
        )
    assert remember_reservations(database, "default", SWEPT) == 1
    assert remember_reservations(database, "default", SWEPT) == 0
    with database.transaction("default") as conn:
        assert prices.queued_days(conn, tenant_id="default") == [date(2026, 3, 10)]

    _read(instance, database_resource)
    event = _purchase(database)
    assert (event["one_time_cost"], event["hourly_cost"]) == (6000, Decimal("0.2"))
    assert (event["price_basis"], event["data"]["term_years"]) == ("list", "3")
    assert Decimal(event["data"]["committed_cost"]) == 6000 + Decimal("0.2") * 3 * 8760
    assert event["data"]["price"].startswith("10 × m5.large for 3 years, Partial Upfront")
