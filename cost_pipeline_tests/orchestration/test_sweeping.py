"""A sweep from AWS's answers to rows, against moto's server and a real Postgres."""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from psycopg.types.json import Jsonb

from cost_pipeline.orchestration.judging import judge_day
from cost_pipeline.orchestration.sweeping import Collected, Target, collect_day, targets_of
from cost_pipeline.settings import Settings
from cost_pipeline.store import (
    accounts,
    breakers,
    governance,
    inventory,
    sweeps,
    zombie_choices,
    zombies,
)
from cost_pipeline.store.database import Database
from cost_pipeline.zombies import registry
from cost_pipeline.zombies.choices import BadChoiceError, thresholds_of

TODAY = datetime.now(UTC).date()
REGIONS = ["eu-west-1", "us-east-1"]
ACCOUNT = "123456789012"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, moto_url: str) -> str:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    # What moto lacks it answers with an error, which is not worth trying again.
    once = Config(retries={"total_max_attempts": 1}, max_pool_connections=20)
    monkeypatch.setattr("cost_pipeline.aws.inventory.call_settings", lambda **_: once)
    return moto_url


@pytest.fixture
def only_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps ask what one check needs."""
    address = {name: check for name, check in registry.CHECKS.items() if "address" in name}
    monkeypatch.setattr(registry, "CHECKS", address)


def allocate(aws: str, region: str) -> str:
    ec2 = boto3.client("ec2", region_name=region, endpoint_url=aws)
    made: str = ec2.allocate_address(Domain="vpc")["AllocationId"]
    return made


def choose(database: Database, zombies_settings: dict[str, Any]) -> None:
    with database.admin() as conn:
        conn.execute("UPDATE tenants SET settings = %s", [Jsonb({"zombies": zombies_settings})])


def test_a_call_that_fails_everywhere_is_told_once() -> None:
    collected = Collected(errors=["1: it cannot be entered"])
    collected.failed_calls.update(["ec2:A: denied.", "ec2:B: denied.", "ec2:A: denied."])
    assert collected.failures == [
        "1: it cannot be entered", "ec2:A: denied. In 2 regions.", "ec2:B: denied."
    ]  # fmt: skip


def test_every_region_is_asked_archived_and_judged(database: Database, aws: str) -> None:
    made = {region: allocate(aws, region) for region in REGIONS}
    told: list[str] = []
    collected = collect_day(
        database, "default", TODAY, [Target(ACCOUNT)], endpoint_url=aws, regions=REGIONS,
        note=lambda done, total, text: told.append(f"{done}/{total} {text}"),
    )  # fmt: skip
    assert collected.places == 2
    assert collected.calls > 100
    assert told[-1] == f"2/2 {ACCOUNT} us-east-1"
    judged = judge_day(database, "default", TODAY)
    found = {f.region: f.resource_id for f in judged.findings if "address" in f.check_name}
    assert found == made
    with database.transaction("default") as conn:
        rows = zombies.listing(conn, tenant_id="default")
        failures = inventory.failures(conn, tenant_id="default")
    assert {row["resource_id"] for row in rows} >= set(made.values())
    assert all(failure["error"] for failure in failures)


def test_nobody_is_shown_what_the_accounts_of_another_tenant_hold(
    database: Database, aws: str
) -> None:
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('acme', 'Acme')")
        theirs, role = "444455556666", "arn:aws:iam::444455556666:role/dd0c-cost"
        accounts.put(conn, tenant_id="acme", account_id=theirs, role_arn=role)
        accounts.put(conn, tenant_id="acme", account_id="777788889999", name="no way in")
    at_hand = Settings(endpoint_url=aws)
    assert targets_of(database, "default", at_hand) == [Target(ACCOUNT)]
    named = Settings(sweep_accounts="111122223333")
    assert targets_of(database, "default", named) == [Target("111122223333")]
    for settings in (at_hand, named):
        assert targets_of(database, "acme", settings) == [Target(theirs)]


@pytest.mark.usefixtures("only_addresses")
def test_an_account_that_cannot_be_entered_costs_that_account_only(
    database: Database, aws: str
) -> None:
    collected = collect_day(
        database,
        "default",
        TODAY,
        [Target("999999999999", "not an arn"), Target(ACCOUNT)],
        endpoint_url=aws,
        regions=["us-east-1"],
    )
    assert collected.places == 1
    refused = [error for error in collected.errors if error.startswith("999999999999")]
    assert len(refused) == 1
    assert "it cannot be entered" in refused[0]


@pytest.mark.usefixtures("only_addresses")
def test_the_tenants_own_limits_hold(database: Database, aws: str) -> None:
    address = allocate(aws, "us-east-1")
    targets = [Target(ACCOUNT)]
    choose(database, {"exclusions": [address]})
    collect_day(database, "default", TODAY, targets, endpoint_url=aws, regions=["us-east-1"])
    judged = judge_day(database, "default", TODAY)
    assert address not in {finding.resource_id for finding in judged.findings}
    choose(database, {"limits": {"no_such_check": {}}})
    with pytest.raises(BadChoiceError, match="no_such_check"):
        judge_day(database, "default", TODAY)


def test_what_it_took_is_kept_and_panic_stops_the_next_one(database: Database, aws: str) -> None:
    where: dict[str, Any] = {"endpoint_url": aws, "regions": ["us-east-1"]}
    collected = collect_day(database, "default", TODAY, [Target(ACCOUNT)], **where)
    judged = judge_day(database, "default", TODAY)
    with database.transaction("default") as conn:
        took = sweeps.usage(conn, tenant_id="default")
        failed = sweeps.failures(conn, tenant_id="default")
    assert (took["day"], took["places"], took["calls"]) == (TODAY, 1, collected.calls)
    assert float(took["usd"]) == pytest.approx(collected.usd)
    assert collected.usd >= took["metrics"] / 100_000
    assert {row["check_name"] for row in failed} == {f.check_name for f in judged.failures}
    with database.transaction("default") as conn:
        governance.put(conn, tenant_id="default", key=governance.PANIC, value=True, by="ada")
    collected = collect_day(database, "default", TODAY, [Target(ACCOUNT)], **where)
    assert collected.calls == 0
    assert "panic stopped it" in collected.errors[0]
    with database.transaction("default") as conn:
        (place,) = inventory.places(conn, tenant_id="default", day=TODAY)
    assert place["region"] == "us-east-1"


def test_a_past_day_is_tried_and_judged_under_other_limits(database: Database) -> None:
    day, address = TODAY - timedelta(days=9), "eipalloc-1"
    said = inventory.Answer("ec2:DescribeAddresses", [{"AllocationId": address}])
    rule = {"exclusions": [{"resource": address, "reason": "spare"}]}
    with database.transaction("default") as conn:
        inventory.replace(
            conn,
            tenant_id="default",
            account_id=ACCOUNT,
            region="us-east-1",
            day=day,
            answers=[said],
            now=datetime.now(UTC),
        )
    assert {f.resource_id for f in judge_day(database, "default", day).findings} == {address}
    assert judge_day(database, "default", day, thresholds_of(rule), keep=False).findings == []
    with database.transaction("default") as conn:
        assert len(zombies.listing(conn, tenant_id="default", day=day)) == 1
        zombie_choices.put(conn, tenant_id="default", choices=rule, by="ada")
    judge_day(database, "default", day)
    with database.transaction("default") as conn:
        assert zombies.listing(conn, tenant_id="default", day=day) == []
        (out,) = sweeps.left_out(conn, tenant_id="default", day=day)
    assert out["reason"] == f"excluded by {address}: spare"


def test_an_account_that_keeps_refusing_is_left_alone(database: Database, aws: str) -> None:
    targets = [Target("999999999999", "not an arn")]

    def sweep() -> list[str]:
        collected = collect_day(
            database, "default", TODAY, targets, endpoint_url=aws, regions=["us-east-1"]
        )
        return collected.errors

    assert all("it cannot be entered" in sweep()[0] for _ in range(3))
    assert "left alone" in sweep()[0]
    with database.transaction("default") as conn:
        (opened,) = breakers.listing(conn, tenant_id="default")
        assert (opened["kind"], opened["name"], opened["state"]) == (
            "account",
            "999999999999",
            "open",
        )


@pytest.mark.soak
def test_panic_in_the_middle_of_a_sweep_stops_it_within_seconds(
    database: Database, aws: str
) -> None:
    calls: list[float] = []
    thrown: list[float] = []

    def panic_at_first(done: int, total: int, text: str) -> None:
        calls.append(time.monotonic())
        if not thrown:
            with database.transaction("default") as conn:
                governance.put(
                    conn, tenant_id="default", key=governance.PANIC, value=True, by="ada"
                )
            thrown.append(time.monotonic())

    regions = ["eu-west-1", "us-east-1", *(f"us-east-{n}" for n in (2, 3))] * 6
    collected = collect_day(
        database, "default", TODAY, [Target(ACCOUNT)], endpoint_url=aws, regions=regions,
        note=panic_at_first,
    )  # fmt: skip
    assert time.monotonic() - thrown[0] < 10
    assert any("panic" in error for error in collected.errors)
