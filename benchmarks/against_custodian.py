"""The same account seen by cloud-custodian and by us: `python benchmarks/against_custodian.py`.

Needs the development dependencies and a `custodian` command (`uv tool install c7n`), whose
path may be given. Both look at one moto account; what only one of them reports is printed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import yaml
from moto.server import ThreadedMotoServer

from cost_pipeline.aws.inventory import clients_of, collect
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.zombies.registry import CHECKS, Plan, sweep
from cost_pipeline.zombies.thresholds import Thresholds

REGION, ACCOUNT, DAYS = "us-east-1", "123456789012", 14
MOST_DIFFERENCES = 0.05
Client = Callable[[str], Any]


def no_use(metric: str, statistic: str = "Sum", value: float = 0, op: str = "le") -> dict[str, Any]:
    """Custodian's filter for a metric that says idle, or has no data."""
    return {
        "type": "metrics", "name": metric, "statistics": statistic, "days": DAYS,
        "period": DAYS * 86_400, "value": value, "op": op, "missing-value": 0,
    }  # fmt: skip


# check: (custodian's resource, the field of its id, its filters)
POLICIES: dict[str, tuple[str, str, list[Any]]] = {
    "ebs_unattached": ("ebs", "VolumeId", [{"Attachments": []}]),
    "address_unassociated": ("elastic-ip", "AllocationId", [{"AssociationId": "absent"}]),
    "nat_gateway_idle": ("nat-gateway", "NatGatewayId", [no_use("BytesOutToDestination")]),
    "load_balancer_without_targets": (
        "app-elb",
        "LoadBalancerArn",
        [{"type": "target-group", "key": "length([].TargetHealthDescriptions[])", "value": 0}],
    ),
    "instance_stopped": ("ec2", "InstanceId", [{"State.Name": "stopped"}]),
    "instance_idle": (
        "ec2",
        "InstanceId",
        [{"State.Name": "running"}, no_use("CPUUtilization", "Maximum", 5)],
    ),
    "database_idle": ("rds", "DBInstanceArn", [no_use("DatabaseConnections", "Maximum")]),
    "snapshot_old": (
        "ebs-snapshot",
        "SnapshotId",
        [{"type": "skip-ami-snapshots", "value": True}, {"type": "age", "days": 0, "op": "ge"}],
    ),
    "classic_balancer_empty": ("elb", "LoadBalancerName", [{"Instances": []}]),
    "dynamodb_idle": (
        "dynamodb-table",
        "TableArn",
        [
            no_use("ConsumedReadCapacityUnits"),
            no_use("ConsumedWriteCapacityUnits"),
            {"or": [{"BillingModeSummary": "absent"},
                    {"BillingModeSummary.BillingMode": "PROVISIONED"}]},
        ],
    ),
    "kinesis_idle": ("kinesis", "StreamARN", [no_use("IncomingRecords")]),
    "redshift_idle": (
        "redshift",
        "ClusterIdentifier",
        [no_use("DatabaseConnections", "Maximum")],
    ),
    "file_system_unmounted": ("efs", "FileSystemId", [{"NumberOfMountTargets": 0}]),
    "key_disabled": ("kms-key", "Arn", [{"KeyState": "Disabled"}, {"KeyManager": "CUSTOMER"}]),
}  # fmt: skip


def put(client: Client, namespace: str, name: str, value: float, **dimensions: str) -> None:
    """Data points of the last nine days."""
    names = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    data = [
        {
            "MetricName": name,
            "Dimensions": names,
            "Timestamp": datetime.now(UTC) - timedelta(days=n),
            "Value": value,
        }
        for n in range(1, 10)
    ]
    client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def fill_network(client: Client) -> None:
    """Volumes, addresses, gateways: idle ones and used ones."""
    ec2 = client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    for size in (10, 20, 30):
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=size)["VolumeId"]
        ec2.create_snapshot(VolumeId=volume)
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ran = ec2.run_instances(ImageId=image, MinCount=6, MaxCount=6, InstanceType="m5.large")
    instances = [instance["InstanceId"] for instance in ran["Instances"]]
    ec2.stop_instances(InstanceIds=instances[:2])
    for instance, cpu in zip(instances[2:], (0.5, 3.0, 40.0, 90.0), strict=True):
        put(client, "AWS/EC2", "CPUUtilization", cpu, InstanceId=instance)
    for instance in (None, None, instances[5]):
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        if instance:
            ec2.associate_address(AllocationId=address, InstanceId=instance)
    for sent in (None, 0.0, 5e9):
        made = ec2.create_nat_gateway(SubnetId=subnets[0], ConnectivityType="private")
        if sent is not None:
            name = made["NatGateway"]["NatGatewayId"]
            put(client, "AWS/NATGateway", "BytesOutToDestination", sent, NatGatewayId=name)
    fill_balancers(client, subnets, instances[5])


def fill_balancers(client: Client, subnets: list[str], instance: str) -> None:
    """Load balancers with nothing, with an empty target group, with a target."""
    elbv2, elb = client("elbv2"), client("elb")
    vpc = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    for name, targets in (("bare", None), ("empty", []), ("used", [{"Id": instance}])):
        made = elbv2.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0]
        if targets is not None:
            attach(elbv2, made["LoadBalancerArn"], vpc, name, targets)
    for name, members in (("old", []), ("live", [{"InstanceId": instance}])):
        listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
        elb.create_load_balancer(
            LoadBalancerName=name, Listeners=[listener], AvailabilityZones=["us-east-1a"]
        )
        if members:
            elb.register_instances_with_load_balancer(LoadBalancerName=name, Instances=members)


def attach(elbv2: Any, balancer: str, vpc: str, name: str, targets: list[Any]) -> None:
    """A listener with a target group, and its targets."""
    made = elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)
    group = made["TargetGroups"][0]["TargetGroupArn"]
    action = {"Type": "forward", "TargetGroupArn": group}
    elbv2.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[action]
    )
    if targets:
        elbv2.register_targets(TargetGroupArn=group, Targets=targets)


def fill_data(client: Client) -> None:
    """Databases, tables, streams, file systems, keys: idle ones and used ones."""
    for name, use in (("quiet", 0.0), ("silent", None), ("busy", 7.0)):
        client("rds").create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.m5.large",
            Engine="postgres",
            AllocatedStorage=20,
        )
        client("redshift").create_cluster(
            ClusterIdentifier=name,
            NodeType="dc2.large",
            MasterUsername="a",
            MasterUserPassword="A1b2C3d4",
        )
        client("kinesis").create_stream(StreamName=name, ShardCount=1)
        for mode in ("PROVISIONED", "PAY_PER_REQUEST"):
            make_table(client, f"{name}-{mode.lower()}", mode, use)
        client("efs").create_file_system(CreationToken=name)
        key = client("kms").create_key()["KeyMetadata"]["KeyId"]
        if use == 0.0:
            client("kms").disable_key(KeyId=key)
        if use is not None:
            put(client, "AWS/RDS", "DatabaseConnections", use, DBInstanceIdentifier=name)
            put(client, "AWS/Redshift", "DatabaseConnections", use, ClusterIdentifier=name)
            put(client, "AWS/Kinesis", "IncomingRecords", use, StreamName=name)


def make_table(client: Client, name: str, mode: str, use: float | None) -> None:
    """A DynamoDB table, and what was consumed of it."""
    capacity = {"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}
    client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode=mode,
        **(capacity if mode == "PROVISIONED" else {}),
    )
    if use is not None:
        put(client, "AWS/DynamoDB", "ConsumedReadCapacityUnits", use, TableName=name)


def theirs(custodian: str, endpoint_url: str, folder: Path) -> set[tuple[str, str]]:
    """What cloud-custodian reports, as (check, id)."""
    policies = [
        {"name": check.replace("_", "-"), "resource": f"aws.{kind}", "filters": filters}
        for check, (kind, _, filters) in POLICIES.items()
    ]
    (folder / "policies.yaml").write_text(yaml.safe_dump({"policies": policies}))
    environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint_url, "AWS_DEFAULT_REGION": REGION}
    command = [custodian, "run", "--cache-period", "0", "--region", REGION, "--output-dir"]
    subprocess.run(  # noqa: S603 - the command of whoever runs this
        [*command, str(folder / "out"), str(folder / "policies.yaml")],
        env=environment,
        check=True,
    )
    found: set[tuple[str, str]] = set()
    for check, (_, field, _) in POLICIES.items():
        answer = folder / "out" / check.replace("_", "-") / "resources.json"
        resources = json.loads(answer.read_text())
        found |= {(check, str(resource[field])) for resource in resources}
    return found


def ours(client: Client) -> set[tuple[str, str]]:
    """What we report without limits of age, as (check, id)."""
    checks = tuple(CHECKS[name] for name in POLICIES)
    ageless = {"min_age_days": 0.0, "min_idle_days": 0.0, "lookback_days": float(DAYS)}
    thresholds = Thresholds(dict.fromkeys(POLICIES, ageless))
    plan, now = Plan(checks, thresholds), datetime.now(UTC)
    answers = dict(collect(client, ACCOUNT, REGION, plan=plan, now=now))
    result = sweep(
        answers, account_id=ACCOUNT, region=REGION, now=now, thresholds=thresholds,
        prices=PriceBook.packaged(), checks=checks,
    )  # fmt: skip
    assert not result.failures, result.failures
    by_name = ("classic_balancer_empty", "redshift_idle")
    return {
        (f.check_name, f.title.rpartition(": ")[2] if f.check_name in by_name else f.resource_id)
        for f in result.findings
    }


def main() -> None:
    """Fill an account, look at it twice, and print the differences."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    custodian = sys.argv[1] if len(sys.argv) > 1 else shutil.which("custodian")
    assert custodian, "install cloud-custodian: uv tool install c7n"
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint_url = "http://{}:{}".format(*server.get_host_and_port())
    client = clients_of(boto3.Session(), REGION, endpoint_url=endpoint_url)
    fill_network(client)
    fill_data(client)
    with tempfile.TemporaryDirectory() as folder:
        their = theirs(custodian, endpoint_url, Path(folder))
    our = ours(client)
    server.stop()
    worst = 0.0
    for check in POLICIES:
        either, one = (
            {id_ for name, id_ in s if name == check} for s in (our | their, our ^ their)
        )
        worst = max(worst, len(one) / max(len(either), 1))
        print(f"{check:32} {len(either):5} findings, {len(one)} by one of us only")
    for name, found in (("only ours", our - their), ("only theirs", their - our)):
        print(name, *sorted(found), sep="\n  ")
    assert worst <= MOST_DIFFERENCES


if __name__ == "__main__":
    main()
