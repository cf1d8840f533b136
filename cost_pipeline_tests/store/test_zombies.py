"""What is new, standing or gone follows from the days of the sweep."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import inventory, zombies
from cost_pipeline.store.database import Database

TENANT = "default"
PLACE = {"account_id": "111122223333", "region": "eu-west-1"}
FIRST, SECOND = date(2026, 3, 10), date(2026, 3, 11)
NOW = datetime(2026, 3, 11, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """A finding as a check yields it."""

    resource_id: str
    monthly_cost: Decimal | None = Decimal(10)
    check_name: str = "ebs_unattached"
    account_id: str = PLACE["account_id"]
    region: str = PLACE["region"]
    resource_type: str = "ebs_volume"
    title: str = "Unattached volume"
    idle_since: datetime | None = NOW - timedelta(days=30)
    evidence: dict[str, Any] = field(default_factory=lambda: {"state": "available"})
    creator: str | None = "ada"
    confidence: str = "high"
    remediation: str = "aws ec2 delete-volume"


def _sweep(db: Database, day: date, *found: Found, error: str | None = None) -> None:
    answer = inventory.Answer("ec2:DescribeVolumes", None if error else [], error)
    with db.transaction(TENANT) as conn:
        inventory.replace(conn, tenant_id=TENANT, day=day, answers=[answer], now=NOW, **PLACE)
        zombies.replace_day(conn, tenant_id=TENANT, day=day, findings=found)


def _lifecycles(db: Database, day: date | None = None) -> dict[str, str]:
    with db.transaction(TENANT) as conn:
        rows = zombies.listing(conn, tenant_id=TENANT, day=day)
    return {row["resource_id"]: row["lifecycle"] for row in rows}


def test_lifecycle(database: Database) -> None:
    _sweep(database, FIRST, Found("stays"), Found("goes"))
    _sweep(database, SECOND, Found("stays"), Found("comes"))
    assert _lifecycles(database) == {"stays": "standing", "comes": "new", "goes": "gone"}
    assert _lifecycles(database, FIRST) == {"stays": "new", "goes": "new"}


def test_a_clean_sweep_leaves_nothing_to_waste(database: Database) -> None:
    _sweep(database, FIRST, Found("goes"))
    _sweep(database, SECOND)
    assert _lifecycles(database) == {"goes": "gone"}
    with database.transaction(TENANT) as conn:
        assert zombies.waste(conn, tenant_id=TENANT)["monthly_cost"] == 0


def test_a_denied_call_does_not_bury_anything(database: Database) -> None:
    _sweep(database, FIRST, Found("unseen"))
    _sweep(database, SECOND, error="AccessDenied")
    assert _lifecycles(database) == {}
    with database.transaction(TENANT) as conn:
        (failure,) = inventory.failures(conn, tenant_id=TENANT)
    assert (failure["api"], failure["error"]) == ("ec2:DescribeVolumes", "AccessDenied")


def test_the_same_sweep_twice_leaves_the_rows_of_one(database: Database) -> None:
    for _ in range(2):
        _sweep(database, FIRST, Found("one"), Found("one"))
    with database.transaction(TENANT) as conn:
        (row,) = zombies.listing(conn, tenant_id=TENANT)
    assert row["evidence"] == {"state": "available"}
    assert row["first_seen"] == FIRST


def test_what_is_ignored_is_listed_but_not_summed(database: Database) -> None:
    _sweep(database, FIRST, Found("kept"), Found("other"), Found("unknown", None))
    with database.transaction(TENANT) as conn:
        zombies.ignore(
            conn,
            tenant_id=TENANT,
            check_name="ebs_unattached",
            resource_id="kept",
            until=datetime.now(UTC) + timedelta(days=1),
            by="ada",
        )
        ignored = {
            z["resource_id"] for z in zombies.listing(conn, tenant_id=TENANT) if z["ignored"]
        }
        waste = zombies.waste(conn, tenant_id=TENANT)
        (by_day,) = zombies.waste_by_day(conn, tenant_id=TENANT, since=FIRST)
    assert ignored == {"kept"}
    assert waste == {"day": FIRST, "zombies": 2, "monthly_cost": 10, "unpriced": 1}
    assert by_day["monthly_cost"] == 20


def test_answers_come_back_as_they_were_given(database: Database) -> None:
    given = [
        inventory.Answer("cloudwatch:GetMetricData", {"cpu": [["2026-03-10", 0.5]]}),
        inventory.Answer("ec2:DescribeVolumes", []),
        inventory.Answer("rds:DescribeDBInstances", None, "AccessDenied"),
    ]
    with database.transaction(TENANT) as conn:
        inventory.replace(conn, tenant_id=TENANT, day=FIRST, answers=given, now=NOW, **PLACE)
        assert inventory.load(conn, tenant_id=TENANT, day=FIRST, **PLACE) == given
        assert inventory.places(conn, tenant_id=TENANT, day=FIRST) == [PLACE | {"fetched_at": NOW}]
        assert inventory.load(conn, tenant_id=TENANT, day=SECOND, **PLACE) == []
        assert inventory.forget_before(conn, tenant_id=TENANT, day=SECOND) == 3


def test_cloudtrail_names_the_creator_and_the_last_call(
    loader: Any, event: Callable[..., CostEvent]
) -> None:
    loader.load("a", event("run"))
    loader.load("b", event("stop", 10, None, action="stop", event_name="StopInstances"))
    with loader.database.transaction(TENANT) as conn:
        (known,) = zombies.known_resources(conn, tenant_id=TENANT, **PLACE)
    assert (known["created_by"], known["last_event"]) == ("ada", "StopInstances")
