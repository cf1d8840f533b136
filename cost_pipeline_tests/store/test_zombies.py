"""What is new, standing or gone follows from the days of the sweep."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import inventory, sweeps, zombie_life, zombies
from cost_pipeline.store.database import Database
from cost_pipeline.store.resource_history import known_resources

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


@dataclass(frozen=True)
class Failure:
    """A check that could not be judged."""

    check_name: str
    message: str
    account_id: str
    region: str
    api: str = "ec2:DescribeVolumes"
    permission: str | None = "ec2:DescribeVolumes"


@dataclass(frozen=True)
class LeftOut:
    """A suspect that was left out."""

    resource_id: str
    reason: str
    check_name: str = "ebs_unattached"
    account_id: str = PLACE["account_id"]
    region: str = PLACE["region"]


def _sweep(
    db: Database,
    day: date,
    *found: Found,
    error: str | None = None,
    still: Collection[str] = (),
    left_out: Collection[LeftOut] = (),
) -> None:
    answer = inventory.Answer("ec2:DescribeVolumes", None if error else [], error)
    with db.transaction(TENANT) as conn:
        inventory.replace(conn, tenant_id=TENANT, day=day, answers=[answer], now=NOW, **PLACE)
        zombies.replace_day(conn, tenant_id=TENANT, day=day, findings=found)
        failures = [] if error is None else [Failure("ebs_unattached", error, **PLACE)]
        sweeps.replace_day(conn, tenant_id=TENANT, day=day, failures=failures, left_out=left_out)
        vanished = zombie_life.vanished(conn, tenant_id=TENANT, day=day)
        for row in vanished:
            row["state"] = row["state"] or ("present" if row["resource_id"] in still else "absent")
        zombie_life.settle(conn, tenant_id=TENANT, day=day, vanished=vanished)


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


def test_a_resource_that_several_checks_name_counts_once_at_its_dearest(
    database: Database,
) -> None:
    idle = Found("db", Decimal(90), check_name="database_idle")
    old = Found("db", Decimal(70), check_name="database_extended_support")
    review = Found("i-1", Decimal(500), check_name="instance_off_hours", confidence="review")
    _sweep(database, FIRST, idle, old, Found("disk"), review)
    with database.transaction(TENANT) as conn:
        waste = zombies.waste(conn, tenant_id=TENANT)
        (by_day,) = zombies.waste_by_day(conn, tenant_id=TENANT, since=FIRST)
        life = zombie_life.summary(conn, tenant_id=TENANT)
    assert (waste["zombies"], waste["monthly_cost"]) == (2, 100)
    assert (by_day["zombies"], by_day["monthly_cost"]) == (2, 100)
    assert (life["zombies"], life["monthly_cost"], life["new_cost"]) == (2, 100, 100)
    assert len(_lifecycles(database)) == 3


def test_a_sweep_that_found_only_what_is_to_review_is_a_sweep(database: Database) -> None:
    _sweep(database, FIRST, Found("i-1", confidence="review"))
    with database.transaction(TENANT) as conn:
        waste = zombies.waste(conn, tenant_id=TENANT)
    assert waste == {"day": FIRST, "zombies": 0, "monthly_cost": 0, "unpriced": 0}


def test_what_still_stands_of_a_resource_is_not_saved(database: Database) -> None:
    idle = Found("db", Decimal(90), check_name="database_idle")
    old = Found("db", Decimal(70), check_name="database_extended_support")
    both = Found("gone", Decimal(40)), Found("gone", Decimal(30), check_name="ebs_no_io")
    _sweep(database, FIRST, idle, old, *both)
    _sweep(database, SECOND, old)
    with database.transaction(TENANT) as conn:
        life = zombie_life.summary(conn, tenant_id=TENANT)
    assert (life["before"], life["monthly_cost"], life["change"]) == (130, 70, -60)
    assert (life["saved"], life["gone"]) == (60, 2)


def test_a_denied_call_does_not_bury_anything(database: Database) -> None:
    _sweep(database, FIRST, Found("unseen"))
    _sweep(database, SECOND, error="AccessDenied")
    assert _lifecycles(database) == {"unseen": "unseen"}
    with database.transaction(TENANT) as conn:
        (failure,) = inventory.failures(conn, tenant_id=TENANT)
        (unjudged,) = sweeps.failures(conn, tenant_id=TENANT)
        life = zombie_life.summary(conn, tenant_id=TENANT)
    assert (failure["api"], failure["error"]) == ("ec2:DescribeVolumes", "AccessDenied")
    assert (unjudged["check_name"], unjudged["permission"]) == (
        "ebs_unattached",
        "ec2:DescribeVolumes",
    )
    assert (life["saved"], life["unseen_cost"]) == (0, 10)


def test_what_went_away_says_why_and_what_it_saves(
    loader: Any, event: Callable[..., CostEvent]
) -> None:
    database: Database = loader.database
    volume = {"resource_type": "ebs_volume", "resource_class": "gp3"}
    loader.load(
        "a",
        event("made", 9, resource_ids=("deleted",), **volume),
        event("gone", 20, None, resource_ids=("deleted",), action="stop",
              event_name="DeleteVolume", **volume),
        event("used", 20, None, resource_ids=("again",), action="change",
              event_name="AttachVolume", **volume),
    )  # fmt: skip
    _sweep(
        database, FIRST, Found("stays"), Found("deleted"), Found("again"), Found("lost"),
        Found("kept"),
    )  # fmt: skip
    _sweep(
        database, SECOND, Found("stays"), Found("comes", Decimal(7)), still=("again",),
        left_out=(LeftOut("kept", "tagged dd0c:keep"),),
    )  # fmt: skip
    with database.transaction(TENANT) as conn:
        rows = zombies.listing(conn, tenant_id=TENANT)
        life = zombie_life.summary(conn, tenant_id=TENANT)
    assert {row["resource_id"]: row["why"] for row in rows} == {
        "stays": None,
        "comes": None,
        "deleted": "ended: DeleteVolume by ada on 2026-03-10 20:00 UTC",
        "again": "in use again: AttachVolume by ada",
        "lost": "deleted, and CloudTrail did not tell by whom",
        "kept": "left out: tagged dd0c:keep",
    }
    assert (life["monthly_cost"], life["before"], life["change"]) == (17, 50, -33)
    assert (life["new"], life["gone"], life["saved"]) == (1, 3, 20)


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
    assert (by_day["zombies"], by_day["monthly_cost"]) == (2, 10)


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
        (known,) = known_resources(conn, tenant_id=TENANT, calls=["StopInstances"], **PLACE)
    assert known["created_by"] == "ada"
    assert known["events"] == {"StopInstances": ["2026-03-10T10:00:00+00:00", "ada"]}
