"""What the made-up organisation forgot, and what AWS's APIs would say of it.

Some of it was made within the trail, so that CloudTrail says by whom; some is older. Answers
have the shape in which the sweep archives them: for each call the list of its items.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.things import Life

Answers = dict[str, list[dict[str, Any]]]

_KINDS = (
    ("volumes", "500", 2),
    ("instances", "m5.xlarge", 1),
    ("databases", "db.t3.medium", 1),
    ("nat_gateways", "", 1),
    ("volumes", "200", 3),
)
_OLDER_DAYS = 210


def forgotten_lives(
    seed: int, account_id: str, home: str, people: tuple[Who, ...], first_day: date
) -> Iterator[Life]:
    """What people of an account start in its first days and never end."""
    rng = random.Random(f"{seed}/{account_id}/forgotten")  # noqa: S311 - made-up data
    for number, (kind, size, count) in enumerate(_KINDS):
        at = datetime.combine(first_day + timedelta(days=number), time(10), UTC)
        at += timedelta(seconds=rng.randrange(6 * 3600))
        who, key = rng.choice(people), f"forgotten{number}"
        yield Life(kind, at, None, account_id, home, who, size, count, key)


def answers(lives: list[Life], account_id: str, region: str, now: datetime) -> Answers:
    """What the calls of the sweep say of a place at a moment; other calls say nothing."""
    found: Answers = {}
    for life in lives:
        if (life.account, life.region) == (account_id, region) and life.at < now:
            for one in life.ids:
                api, item = _ITEMS[life.kind](life, one)
                found.setdefault(api, []).append(item)
    for api, items in _older(account_id, region, now).items():
        found.setdefault(api, []).extend(items)
    return found


def points(series: str, now: datetime, days: int) -> list[list[Any]]:
    """The days of a metric of something idle: a little CPU and network, else nothing at all."""
    usual = {"AWS/EC2/CPUUtilization": 0.7, "AWS/EC2/Network": 41_000.0, "AWS/NATGateway": 900.0}
    value = next((v for name, v in usual.items() if series.startswith(name)), 0.0)
    midnight = datetime.combine(now.date(), time(), UTC)
    return [[(midnight - timedelta(days=n)).isoformat(), value] for n in range(days - 1, 0, -1)]


def _volume(life: Life, one: str) -> tuple[str, dict[str, Any]]:
    return "ec2:DescribeVolumes", {
        "VolumeId": f"vol-{one}",
        "State": "available",
        "Size": int(life.size),
        "VolumeType": "gp3",
        "CreateTime": life.at.isoformat(),
        "Attachments": [],
    }


def _instance(life: Life, one: str) -> tuple[str, dict[str, Any]]:
    return "ec2:DescribeInstances", {
        "InstanceId": f"i-{one}",
        "InstanceType": life.size,
        "PlatformDetails": "Linux/UNIX",
        "State": {"Name": "running"},
        "LaunchTime": life.at.isoformat(),
    }


def _database(life: Life, one: str) -> tuple[str, dict[str, Any]]:
    return "rds:DescribeDBInstances", {
        "DBInstanceIdentifier": f"db-{one}",
        "DBInstanceArn": f"arn:aws:rds:{life.region}:{life.account}:db:db-{one}",
        "DBInstanceClass": life.size,
        "Engine": "postgres",
        "DBInstanceStatus": "available",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "InstanceCreateTime": life.at.isoformat(),
    }


def _gateway(life: Life, one: str) -> tuple[str, dict[str, Any]]:
    return "ec2:DescribeNatGateways", {
        "NatGatewayId": f"nat-{one}",
        "State": "available",
        "ConnectivityType": "public",
        "VpcId": "vpc-0a1b2c3d",
        "CreateTime": life.at.isoformat(),
    }


_ITEMS = {
    "volumes": _volume,
    "instances": _instance,
    "databases": _database,
    "nat_gateways": _gateway,
}


def _older(account_id: str, region: str, now: datetime) -> Answers:
    """What lay there before the trail began: an address, a table, a snapshot, a balancer."""
    rng = random.Random(f"{account_id}/{region}/older")  # noqa: S311 - made-up data
    began = datetime(now.year, now.month, 1, 9, tzinfo=UTC) - timedelta(days=_OLDER_DAYS)
    arn = f"arn:aws:{{}}:{region}:{account_id}:{{}}"
    balancer = arn.format("elasticloadbalancing", "loadbalancer/app/old-shop/50dc6c495c0c9188")
    everything: Answers = {
        "ec2:DescribeAddresses": [
            {"AllocationId": f"eipalloc-{rng.getrandbits(68):017x}", "PublicIp": "198.51.100.7"}
        ],
        "dynamodb:DescribeTable": [
            {
                "TableArn": arn.format("dynamodb", "table/sessions-old"),
                "TableName": "sessions-old",
                "TableStatus": "ACTIVE",
                "CreationDateTime": began.isoformat(),
                "ProvisionedThroughput": {"ReadCapacityUnits": 400, "WriteCapacityUnits": 200},
            }
        ],
        "ec2:DescribeSnapshots": [
            {
                "SnapshotId": f"snap-{rng.getrandbits(68):017x}",
                "VolumeId": f"vol-{rng.getrandbits(68):017x}",
                "VolumeSize": size,
                "State": "completed",
                "StartTime": began.isoformat(),
            }
            for size in (120, 500)
        ],
        "elbv2:DescribeLoadBalancers": [
            {
                "LoadBalancerArn": balancer,
                "LoadBalancerName": "old-shop",
                "Type": "application",
                "CreatedTime": began.isoformat(),
                "State": {"Code": "active"},
            }
        ],
    }
    kept = rng.sample(sorted(everything), rng.randint(1, 2))
    return {api: everything[api] for api in kept}
