"""What a read-only call to AWS is, how it fails, and what a CloudWatch series is called."""

from __future__ import annotations

import re
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


def archived_error(api: str, text: str) -> ApiError:
    """An error as the archive has it: the permission to grant is its last sentence.

    >>> archived_error("rds:X", "access was denied (AccessDenied). Allow rds:X.").permission
    'rds:X'
    """
    message, _, cure = text.rpartition(" Allow ")
    if message and re.fullmatch(r"[\w-]+:\w+\.", cure):
        return ApiError(api, message, cure.removesuffix("."))
    return ApiError(api, text)


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call, and the JMESPath of the items in a page of its answer.

    `api` is boto3's client and AWS's name of the operation, as in `ec2:DescribeVolumes`.

    `each` makes the call once for every item of another call's answer, with parameters taken
    from that item by JMESPath; its items then carry the parameters under `_of`, and an item
    that is a mere text becomes `{"value": text}`.
    `only` is a JMESPath condition on those items.
    """

    api: str
    items: str
    params: Mapping[str, Any] = field(default_factory=dict)
    each: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    only: str | None = None
    operation_name: str | None = None

    @property
    def client(self) -> str:
        """boto3's name of the service."""
        return self.api.partition(":")[0]

    @property
    def operation(self) -> str:
        """boto3's name of the operation.

        >>> ApiCall("rds:DescribeDBInstances", "DBInstances").operation
        'describe_db_instances'
        """
        if self.operation_name:
            return self.operation_name
        words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", self.api.partition(":")[2])
        return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()

    @property
    def permission(self) -> str:
        """The IAM action that allows it.

        >>> ApiCall("elbv2:DescribeListeners", "Listeners").permission
        'elasticloadbalancing:DescribeListeners'
        """
        if self.client == "apigateway":
            return "apigateway:GET"
        action = self.api.partition(":")[2]
        if self.client == "s3":
            return f"s3:{_S3_ACTIONS.get(action, action)}"
        return f"{_PREFIXES.get(self.client, self.client)}:{action}"


_S3_ACTIONS = {
    "ListBuckets": "ListAllMyBuckets",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "ListMultipartUploads": "ListBucketMultipartUploads",
}
_PREFIXES = {
    "cloudhsmv2": "cloudhsm",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "mwaa": "airflow",
    "opensearch": "es",
    "opensearchserverless": "aoss",
}


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One CloudWatch series: `key` names it in the answers, `days` is how far back.

    It is by the day, or by the hour where `hourly`.
    """

    namespace: str
    name: str
    stat: str
    dimensions: tuple[tuple[str, str], ...]
    days: int
    hourly: bool = False

    @property
    def key(self) -> str:
        """The series' name in an archived answer.

        >>> MetricQuery("AWS/RDS", "DatabaseConnections", "Maximum", (("A", "b"),), 7).key
        'AWS/RDS/DatabaseConnections/Maximum/A=b'
        """
        where = ",".join(f"{name}={value}" for name, value in sorted(self.dimensions))
        stat = f"hourly {self.stat}" if self.hourly else self.stat
        return f"{self.namespace}/{self.name}/{stat}/{where}"
