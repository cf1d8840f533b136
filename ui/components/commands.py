"""Commands that end what an anomaly started: text to copy, never run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_BY_TYPE = {
    "ec2_instance": "aws ec2 terminate-instances --region {region} --instance-ids {ids}",
    "ebs_volume": "aws ec2 delete-volume --region {region} --volume-id {id}",
    "nat_gateway": "aws ec2 delete-nat-gateway --region {region} --nat-gateway-id {id}",
    "elastic_ip": "aws ec2 release-address --region {region} --allocation-id {id}",
    "rds_instance": ("aws rds stop-db-instance --region {region} --db-instance-identifier {name}"),
    "sagemaker_endpoint": "aws sagemaker delete-endpoint --region {region} --endpoint-name {name}",
    "sagemaker_notebook": (
        "aws sagemaker stop-notebook-instance --region {region} --notebook-instance-name {name}"
    ),
    "redshift_cluster": (
        "aws redshift pause-cluster --region {region} --cluster-identifier {name}"
    ),
    "eks_cluster": "aws eks delete-cluster --region {region} --name {name}",
    "load_balancer": "aws elbv2 delete-load-balancer --region {region} --load-balancer-arn {id}",
}


def to_stop(resources: Sequence[Mapping[str, Any]]) -> str:
    """One command for each thing that still runs and that we know how to end.

    >>> to_stop([{"resource_type": "nat_gateway", "resource_id": "nat-1", "region": "eu-west-1",
    ...           "stopped_at": None}])
    'aws ec2 delete-nat-gateway --region eu-west-1 --nat-gateway-id nat-1'
    """
    lines: list[str] = []
    instances: dict[str, list[str]] = {}
    for resource in resources:
        pattern = _BY_TYPE.get(resource["resource_type"])
        if pattern is None or resource["stopped_at"] is not None:
            continue
        name = resource["resource_id"]
        if "{ids}" in pattern:
            instances.setdefault(resource["region"], []).append(name)
        else:
            short = name.rpartition("/")[2].rpartition(":")[2]
            lines.append(pattern.format(region=resource["region"], id=name, name=short))
    for region, names in instances.items():
        lines.append(_BY_TYPE["ec2_instance"].format(region=region, ids=" ".join(names)))
    return "\n".join(lines)
