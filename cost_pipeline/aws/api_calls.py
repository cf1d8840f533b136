"""How each read-only AWS call of the sweep is made, and what of its answer is kept.

Keys read like IAM permissions; where the permission is called otherwise, it is given. This
module is data: it needs no AWS library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

METRICS = "cloudwatch:GetMetricData"


@dataclass(frozen=True, slots=True)
class ApiError:
    """A call that was not answered: why, and the permission to grant if one is missing."""

    api: str
    message: str
    permission: str | None = None

    def __str__(self) -> str:
        cure = f" Allow {self.permission}." if self.permission else ""
        return f"{self.api}: {self.message}{cure}"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call: boto3's names for it, and the JMESPath of the items in a page of its answer.

    `each` makes the call once for every item of another call's answer, with parameters taken
    from that item by JMESPath; its items then carry the parameters under `_of`, and an item
    that is a mere text becomes `{"value": text}`.
    `only` is a JMESPath condition on those items.
    """

    client: str
    operation: str
    items: str
    params: Mapping[str, Any] = field(default_factory=dict)
    each: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    only: str | None = None
    permission: str | None = None
    home_region: str | None = None


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One CloudWatch series by the day: `key` names it in the answers, `days` is how far back."""

    namespace: str
    name: str
    stat: str
    dimensions: tuple[tuple[str, str], ...]
    days: int

    @property
    def key(self) -> str:
        """The series' name in an archived answer.

        >>> MetricQuery("AWS/RDS", "DatabaseConnections", "Maximum", (("A", "b"),), 7).key
        'AWS/RDS/DatabaseConnections/Maximum/A=b'
        """
        where = ",".join(f"{name}={value}" for name, value in sorted(self.dimensions))
        return f"{self.namespace}/{self.name}/{self.stat}/{where}"


CALLS: dict[str, ApiCall] = {
    "ec2:DescribeVolumes": ApiCall("ec2", "describe_volumes", "Volumes"),
    "ec2:DescribeInstances": ApiCall("ec2", "describe_instances", "Reservations[].Instances[]"),
    "ec2:DescribeAddresses": ApiCall("ec2", "describe_addresses", "Addresses"),
    "ec2:DescribeSnapshots": ApiCall(
        "ec2", "describe_snapshots", "Snapshots", {"OwnerIds": ["self"]}
    ),
    "ec2:DescribeImages": ApiCall("ec2", "describe_images", "Images", {"Owners": ["self"]}),
    "ec2:DescribeNatGateways": ApiCall("ec2", "describe_nat_gateways", "NatGateways"),
    "ec2:DescribeRouteTables": ApiCall("ec2", "describe_route_tables", "RouteTables"),
    "elbv2:DescribeLoadBalancers": ApiCall(
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers",
        permission="elasticloadbalancing:DescribeLoadBalancers",
    ),
    "elbv2:DescribeTargetGroups": ApiCall(
        "elbv2",
        "describe_target_groups",
        "TargetGroups",
        permission="elasticloadbalancing:DescribeTargetGroups",
    ),
    "elbv2:DescribeTargetHealth": ApiCall(
        "elbv2",
        "describe_target_health",
        "TargetHealthDescriptions",
        each="elbv2:DescribeTargetGroups",
        given={"TargetGroupArn": "TargetGroupArn"},
        only="LoadBalancerArns",
        permission="elasticloadbalancing:DescribeTargetHealth",
    ),
    "rds:DescribeDBInstances": ApiCall("rds", "describe_db_instances", "DBInstances"),
    "sagemaker:ListEndpoints": ApiCall("sagemaker", "list_endpoints", "Endpoints"),
    "sagemaker:DescribeEndpoint": ApiCall(
        "sagemaker",
        "describe_endpoint",
        "@",
        each="sagemaker:ListEndpoints",
        given={"EndpointName": "EndpointName"},
    ),
    "sagemaker:DescribeEndpointConfig": ApiCall(
        "sagemaker",
        "describe_endpoint_config",
        "@",
        each="sagemaker:DescribeEndpoint",
        given={"EndpointConfigName": "EndpointConfigName"},
    ),
    "dynamodb:ListTables": ApiCall("dynamodb", "list_tables", "TableNames"),
    "dynamodb:DescribeTable": ApiCall(
        "dynamodb",
        "describe_table",
        "Table",
        each="dynamodb:ListTables",
        given={"TableName": "@"},
    ),
    "bedrock:ListProvisionedModelThroughputs": ApiCall(
        "bedrock",
        "list_provisioned_model_throughputs",
        "provisionedModelSummaries",
    ),
}


def permission_of(api: str) -> str:
    """The IAM action that allows a call.

    >>> permission_of("elbv2:DescribeTargetHealth")
    'elasticloadbalancing:DescribeTargetHealth'
    >>> permission_of("ec2:DescribeVolumes")
    'ec2:DescribeVolumes'
    """
    call = CALLS.get(api)
    return (call.permission if call else None) or api


def with_parents(apis: set[str]) -> list[list[str]]:
    """The calls in waves: each wave needs answers of earlier waves only.

    >>> with_parents({"dynamodb:DescribeTable"})
    [['dynamodb:ListTables'], ['dynamodb:DescribeTable']]
    """
    depth: dict[str, int] = {}

    def visit(api: str) -> int:
        if api not in depth:
            parent = CALLS[api].each
            depth[api] = visit(parent) + 1 if parent else 0
        return depth[api]

    for api in apis:
        visit(api)
    waves = range(max(depth.values(), default=-1) + 1)
    return [sorted(api for api, wave in depth.items() if wave == number) for number in waves]
