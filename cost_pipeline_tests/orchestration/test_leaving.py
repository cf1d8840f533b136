"""What calls leave behind, from CloudTrail records to rows and to a message."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.cloudtrail import Record
from cost_pipeline.core.model import CostEvent
from cost_pipeline.core.normalize import normalize
from cost_pipeline.notify import outbox
from cost_pipeline.notify.message import Message
from cost_pipeline.orchestration.leaving import rebuild_leftovers
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.store import digests, leftovers, objects, resources
from cost_pipeline.store.database import Database
from cost_pipeline.store.ingest import IngestedFile, Staging
from cost_pipeline.store.resource_history import known_resources
from cost_pipeline.zombies.thresholds import Exclusion, Thresholds
from cost_pipeline_tests.store.conftest import Listed

TENANT, ACCOUNT, REGION = "default", "111122223333", "us-east-1"
FIRST = date(2026, 3, 10)
LB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/web/0a1"
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/web/0b1"


def calls(
    name: str, hour: float, request: dict[str, Any], response: Any = None, *, day: date = FIRST
) -> list[CostEvent]:
    """A CloudTrail record of a call by maya, as the pipeline normalises it."""
    source = "ec2"
    if "DB" in name:
        source = "rds"
    elif name.endswith(("Targets", "Listener", "Balancer")):
        source = "elasticloadbalancing"
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
    content = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "userName": "maya", "accountId": ACCOUNT},
        "eventTime": moment.isoformat(),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "recipientAccountId": ACCOUNT,
        "eventID": f"{name} {hour} {day}",
        "requestParameters": request,
        "responseElements": response,
    }
    found = normalize(
        msgspec.json.decode(msgspec.json.encode(content), type=Record),
        tenant_id=TENANT,
        partition_day=day,
        catalog=load_catalog(),
        prices=PriceBook.packaged(),
    )
    assert isinstance(found, list)
    return found


def call(*what: Any, **more: Any) -> CostEvent:
    """A call that is one event."""
    (event,) = calls(*what, **more)
    return event


def read(
    db: Database, *events: CostEvent, day: date = FIRST, chosen: Thresholds | None = None
) -> None:
    """One day's file read, and all that follows from it."""
    with db.transaction(TENANT) as conn:
        trail = objects.ensure_trail(conn, tenant_id=TENANT, url="/trail")
        listed = [Listed(f"{day}", day, ACCOUNT, REGION)]
        objects.register(conn, tenant_id=TENANT, trail_id=trail.trail_id, objects=listed)
        (file,) = objects.of_day(conn, tenant_id=TENANT, day=day)
        staging = Staging(conn, tenant_id=TENANT, day=day)
        staging.add([IngestedFile(file.object_id, events=list(events))])
        staging.merge(replace=True)
        resources.rebuild(conn, tenant_id=TENANT, day=day)
    rebuild_leftovers(db, TENANT, day, PriceBook.packaged(), chosen or Thresholds())


def left(db: Database) -> list[dict[str, Any]]:
    with db.transaction(TENANT) as conn:
        return conn.execute("SELECT * FROM leftovers ORDER BY resource_id").fetchall()


def run(hour: float = 1, **more: Any) -> CostEvent:
    instance = {"instanceId": "i-1", "instanceType": "m5.large", **more.pop("instance", {})}
    response = {"instancesSet": {"items": [instance]}}
    return call("RunInstances", hour, {"instanceType": "m5.large", **more}, response)


def terminate(hour: float = 9, day: date = FIRST) -> CostEvent:
    items = {"instancesSet": {"items": [{"instanceId": "i-1"}]}}
    return call("TerminateInstances", hour, items, items, day=day)


def attach(hour: float = 2) -> CostEvent:
    request = {"volumeId": "vol-1", "instanceId": "i-1", "device": "/dev/sdf"}
    return call("AttachVolume", hour, request, request | {"deleteOnTermination": False})


MADE = call(
    "CreateVolume", 1.5, {"size": "100"}, {"volumeId": "vol-1", "size": "100", "volumeType": "gp3"}
)
ALLOCATED = call("AllocateAddress", 1.6, {}, {"allocationId": "eipalloc-1"})
GIVEN = call(
    "AssociateAddress",
    3,
    {"allocationId": "eipalloc-1", "instanceId": "i-1"},
    {"associationId": "assoc-1"},
)


def test_a_terminated_instance_leaves_its_volume_and_its_address(database: Database) -> None:
    read(database, run(), MADE, attach(), ALLOCATED, GIVEN, terminate())
    address, volume = left(database)
    assert volume["title"] == "maya terminated i-1 and left its volume vol-1"
    assert address["title"] == "maya terminated i-1 and left its address eipalloc-1"
    assert [float(row["monthly_cost"]) for row in (address, volume)] == [3.65, 8.0]
    assert (volume["actor"], volume["day"]) == ("maya", FIRST)


def test_a_volume_of_the_launch_that_was_told_to_stay(database: Database) -> None:
    mapping = [
        {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 8, "deleteOnTermination": True}},
        {
            "deviceName": "/dev/sdf",
            "ebs": {"volumeSize": 500, "volumeType": "gp3", "deleteOnTermination": False},
        },
    ]
    launch = calls(
        "RunInstances",
        1,
        {"instanceType": "m5.large", "blockDeviceMapping": {"items": mapping}},
        {"instancesSet": {"items": [{"instanceId": "i-1", "instanceType": "m5.large"}]}},
    )
    read(database, *launch, terminate())
    (volume,) = left(database)
    assert volume["title"] == "maya terminated i-1 and left its volume /dev/sdf (500 GB)"
    assert volume["monthly_cost"] == 40


def test_an_address_on_the_interface_of_the_instance(database: Database) -> None:
    interfaces = {"networkInterfaceSet": {"items": [{"networkInterfaceId": "eni-1"}]}}
    given = call(
        "AssociateAddress", 3, {"allocationId": "eipalloc-1", "networkInterfaceId": "eni-1"}, {}
    )
    read(database, run(instance=interfaces), ALLOCATED, given, terminate())
    assert [row["resource_id"] for row in left(database)] == ["eipalloc-1"]


@pytest.mark.parametrize(
    "between",
    [
        call("DetachVolume", 4, {"volumeId": "vol-1"}),
        call("DeleteVolume", 4, {"volumeId": "vol-1"}),
        call("AttachVolume", 4, {"volumeId": "vol-1", "instanceId": "i-2"}, {}),
    ],
    ids=lambda event: event.event_name,
)
def test_what_was_freed_before_is_not_left(database: Database, between: CostEvent) -> None:
    read(database, run(), MADE, attach(), between, terminate())
    assert left(database) == []


def test_an_address_that_was_taken_away_before_is_not_left(database: Database) -> None:
    taken = call("DisassociateAddress", 4, {"associationId": "assoc-1"})
    read(database, run(), ALLOCATED, GIVEN, taken, terminate())
    assert left(database) == []


def test_a_database_leaves_its_last_snapshot_and_those_made_before(database: Database) -> None:
    before = call(
        "CreateDBSnapshot",
        2,
        {"dBInstanceIdentifier": "orders", "dBSnapshotIdentifier": "before"},
        {"allocatedStorage": 100},
    )
    deleted = call(
        "DeleteDBInstance",
        9,
        {"dBInstanceIdentifier": "orders", "finalDBSnapshotIdentifier": "final"},
        {"allocatedStorage": 100},
    )
    read(database, before, deleted)
    titles = {row["title"]: float(row["monthly_cost"]) for row in left(database)}
    assert titles == {
        "maya deleted orders and left its snapshot before": 9.5,
        "maya deleted orders and left a last snapshot final (100 GB)": 9.5,
    }


@pytest.mark.parametrize(
    ("made", "title", "cost"),
    [
        (
            call(
                "RegisterImage",
                2,
                {
                    "blockDeviceMapping": {
                        "items": [{"ebs": {"snapshotId": "s-1", "volumeSize": 8}}]
                    }
                },
                {"imageId": "ami-1"},
            ),
            "maya deregistered ami-1 and left its snapshot s-1 (8 GB)",
            0.4,
        ),
        (
            call(
                "CreateImage",
                2,
                {"blockDeviceMapping": {"items": [{"ebs": {"volumeSize": 80}}]}},
                {"imageId": "ami-1"},
            ),
            "maya deregistered ami-1 and left its snapshots (80 GB)",
            4.0,
        ),
    ],
)
def test_an_image_leaves_its_snapshots(
    database: Database, made: CostEvent, title: str, cost: float
) -> None:
    read(database, made, call("DeregisterImage", 9, {"imageId": "ami-1"}))
    (row,) = left(database)
    assert (row["title"], float(row["monthly_cost"])) == (title, cost)


def test_an_image_that_takes_its_snapshots_along(database: Database) -> None:
    made = call("CreateImage", 2, {}, {"imageId": "ami-1"})
    gone = call("DeregisterImage", 9, {"imageId": "ami-1", "deleteAssociatedSnapshots": True})
    read(database, made, gone)
    assert left(database) == []


BALANCER = call(
    "CreateLoadBalancer", 1, {}, {"loadBalancers": [{"loadBalancerArn": LB, "type": "application"}]}
)
LISTENS = call(
    "CreateListener", 2, {"loadBalancerArn": LB, "defaultActions": [{"targetGroupArn": GROUP}]}
)


def targets(name: str, hour: float, *ids: str) -> CostEvent:
    return call(name, hour, {"targetGroupArn": GROUP, "targets": [{"id": one} for one in ids]})


def test_the_last_target_makes_a_zombie_of_its_balancer(database: Database) -> None:
    both, one = (
        targets("RegisterTargets", 3, "i-1", "i-2"),
        targets("DeregisterTargets", 4, "i-1"),
    )
    read(database, BALANCER, LISTENS, both, one)
    assert left(database) == []
    last = targets("DeregisterTargets", 5, "i-2")
    read(database, BALANCER, LISTENS, both, one, last)
    (row,) = left(database)
    assert row["title"] == "maya deregistered i-2, the last target of app/web/0a1"
    assert float(row["monthly_cost"]) == 16.43
    again = targets("RegisterTargets", 6, "i-3")
    read(database, BALANCER, LISTENS, both, one, last, again)
    assert left(database) == []


def test_the_last_target_terminated(database: Database) -> None:
    read(database, BALANCER, LISTENS, targets("RegisterTargets", 3, "i-1"), terminate())
    (row,) = left(database)
    assert row["title"] == "maya terminated i-1, the last target of app/web/0a1"


def test_a_target_that_was_there_before_the_trail_proves_nothing(database: Database) -> None:
    read(database, LISTENS, targets("DeregisterTargets", 5, "i-9"))
    assert left(database) == []


def test_any_order_of_days_and_any_rerun_end_in_the_same_rows(database: Database) -> None:
    days = [FIRST + timedelta(days=n) for n in range(3)]
    late = call("DeleteVolume", 1, {"volumeId": "vol-1"}, day=days[2])
    files = {
        days[0]: [run(), MADE, attach(), ALLOCATED, GIVEN],
        days[1]: [terminate(day=days[1])],
        days[2]: [late],
    }
    outcomes = []
    for order in (days, days[::-1], [days[1], days[2], days[0]]):
        for day in (*order, order[0]):
            read(database, *files[day], day=day)
        outcomes.append(left(database))
        with database.transaction(TENANT) as conn:
            recent = leftovers.since(
                conn, tenant_id=TENANT, moment=datetime(2026, 3, 1, tzinfo=UTC)
            )
        assert {row["resource_id"]: row["removed_by"] for row in recent} == {
            "vol-1": "maya",
            "eipalloc-1": None,
        }
        for day in days:
            read(database, day=day)
        assert left(database) == []
    assert all(rows == outcomes[0] for rows in outcomes)


def test_the_sweep_hears_since_when_and_by_whom(database: Database) -> None:
    read(database, run(), MADE, attach(), ALLOCATED, GIVEN, terminate())
    with database.transaction(TENANT) as conn:
        where = {"account_id": ACCOUNT, "region": REGION}
        names = ["TerminateInstances", "AttachVolume"]
        rows = known_resources(conn, tenant_id=TENANT, calls=names, **where)
    volume = next(row for row in rows if row["resource_id"] == "vol-1")
    assert volume["created_by"] == "maya"
    assert volume["events"]["TerminateInstances"] == ["2026-03-10T09:00:00+00:00", "maya"]


class Recorder:
    """A channel that keeps its messages."""

    name = "recorder"

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.messages.append(message)


def deliver(db: Database, channel: Recorder, hour: float, least: float | None = 5) -> None:
    outbox.run(
        db,
        tenant_id=TENANT,
        channels=[channel],
        min_severity="medium",
        dashboard_url="https://cost.test",
        now=datetime(2026, 3, 10, tzinfo=UTC) + timedelta(hours=hour),
        leftovers_from=least,
    )


def test_people_are_told_once_in_one_message(database: Database) -> None:
    read(database, run(), MADE, attach(), ALLOCATED, GIVEN, terminate())
    told = Recorder()
    for hour in (9.1, 9.2, 12):
        deliver(database, told, hour)
    (message,) = told.messages
    assert message.subject.startswith("[left behind] maya terminated i-1 and left its volume vol-1")
    assert "$11.65 a month" in message.text
    assert "eipalloc-1: $3.65 a month" in message.text
    with database.transaction(TENANT) as conn:
        facts = digests.facts(conn, tenant_id=TENANT, day=FIRST)
    assert [row["resource_id"] for row in facts["left"]] == ["vol-1", "eipalloc-1"]


@pytest.mark.parametrize(("hour", "least"), [(9.1, 50), (34, 5), (9.1, None)])
def test_cents_old_news_and_backfills_are_not_told(
    database: Database, hour: float, least: float | None
) -> None:
    read(database, run(), MADE, attach(), terminate())
    told = Recorder()
    deliver(database, told, hour, least)
    assert told.messages == []


def test_what_is_excluded_is_not_told(database: Database) -> None:
    chosen = Thresholds(exclusions=(Exclusion("vol-*", check="left_behind", reason="on purpose"),))
    read(database, run(), MADE, attach(), terminate(), chosen=chosen)
    told = Recorder()
    deliver(database, told, 9.1)
    assert told.messages == []
    assert left(database)[0]["facts"]["excluded"].startswith("excluded by vol-*")


def test_a_balancer_that_gets_its_next_target_in_time_is_not_told(database: Database) -> None:
    events = [
        BALANCER,
        LISTENS,
        targets("RegisterTargets", 3, "i-1"),
        targets("DeregisterTargets", 5, "i-1"),
    ]
    read(database, *events)
    told = Recorder()
    deliver(database, told, 5.1)
    read(database, *events, targets("RegisterTargets", 5.2, "i-2"))
    deliver(database, told, 5.5)
    assert told.messages == []
