"""A copy costs what the size of its source comes to, whichever of them is read first."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from cost_pipeline.store.activity import RESOLVED_EVENTS
from cost_pipeline_tests.fixtures.priced import Calls, events

SNAPSHOTS: Calls = {
    "CreateSnapshot": ({"volumeId": "vol-1"}, {"snapshotId": "snap-1", "volumeSize": "730"}),
    "CopySnapshot": ({"sourceSnapshotId": "snap-1"}, {"snapshotId": "snap-2"}),
    "CopySnapshot again": ({"sourceSnapshotId": "snap-2"}, {"snapshotId": "snap-3"}),
}
IMAGES: Calls = {
    "RunInstances": (
        {
            "instanceType": "t3.micro",
            "blockDeviceMapping": {
                "items": [
                    {"deviceName": "/dev/sda1", "ebs": {"volumeSize": 70}},
                    {"deviceName": "/dev/sdf", "ebs": {"volumeSize": 660}},
                ]
            },
        },
        {"instancesSet": {"items": [{"instanceId": "i-1", "instanceType": "t3.micro"}]}},
    ),
    "CreateImage": ({"instanceId": "i-1", "name": "golden"}, {"imageId": "ami-1"}),
    "CopyImage": ({"sourceImageId": "ami-1"}, {"imageId": "ami-2"}),
}


def rates(loader: Any) -> dict[str, Decimal]:
    rows = loader.rows("SELECT resource_id, hourly_cost FROM resources")
    return {row["resource_id"]: round(row["hourly_cost"], 4) for row in rows}


@pytest.mark.parametrize(
    ("calls", "ids"),
    [(SNAPSHOTS, ["snap-1", "snap-2", "snap-3"]), (IMAGES, ["ami-1", "ami-2"])],
    ids=["copies of copies of a snapshot", "images of a machine, and their copies"],
)
def test_copies_are_as_large_as_their_source(
    loader: Any, database: Any, calls: Calls, ids: list[str]
) -> None:
    days = [events(number, name, *said) for number, (name, said) in enumerate(calls.items())]
    for order in permutations(days):
        with database.transaction("default") as conn:
            for table in ("cost_events", "resource_spans", "resources", "trail_objects"):
                conn.execute(f"DELETE FROM {table}")
        for day in order:
            loader.load(day[0].event_id, *day, day=day[0].partition_day)
        found = rates(loader)
        assert [found[one] for one in ids] == [Decimal("0.05")] * len(ids)


def test_a_copy_of_what_no_record_tells_of_is_taken_to_be_middling(loader: Any) -> None:
    (copy,) = events(0, "CopySnapshot", {"sourceSnapshotId": "snap-old"}, {"snapshotId": "snap-9"})
    assert copy.price_basis == "estimated"
    assert "100 GB where none does" in copy.data["price"]
    loader.load("a", copy, day=copy.partition_day)
    assert rates(loader) == {"snap-9": round(Decimal(100 * 0.05 / 730), 4)}


EXPORT: Calls = {
    "CreateDBSnapshot": (
        {"dBSnapshotIdentifier": "s", "dBInstanceIdentifier": "orders"},
        {"dBSnapshotIdentifier": "s", "allocatedStorage": 400},
    ),
    "StartExportTask": (
        {
            "exportTaskIdentifier": "export-1",
            "sourceArn": "arn:aws:rds:us-east-1:111122223333:snapshot:s",
        },
        {},
    ),
}


def test_an_export_is_paid_once_by_the_size_of_its_snapshot(loader: Any, database: Any) -> None:
    (snapshot,), (export,) = (
        events(number, name, *said, source="rds.amazonaws.com")
        for number, (name, said) in enumerate(EXPORT.items())
    )
    assert export.one_time_cost == 1  # of 100 GB, until the snapshot is seen
    for one in (export, snapshot):
        loader.load(one.event_id, one, day=one.partition_day)
    assert rates(loader)["export-1"] == 0
    scope = {"tenant_id": "default", "day": export.partition_day}
    with database.transaction("default") as conn:
        (row,) = conn.execute(RESOLVED_EVENTS, scope).fetchall()
    assert row["resolved_one_time_cost"] == 4


STREAM: Calls = {
    "CreateStream": ({"streamName": "clicks", "shardCount": 10}, {}),
    "IncreaseStreamRetentionPeriod": ({"streamName": "clicks", "retentionPeriodHours": 168}, {}),
}


def test_longer_retention_costs_so_much_more_for_each_shard(loader: Any) -> None:
    for number, (name, said) in enumerate(STREAM.items()):
        (one,) = events(number, name, *said, source="kinesis.amazonaws.com")
        loader.load(name, one, day=one.partition_day)
    assert list(rates(loader).values()) == [Decimal("0.35")]
