"""Commands that end what an anomaly started: text to copy, never run."""

from __future__ import annotations

import shlex
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
    "autoscaling_group": (
        "aws autoscaling update-auto-scaling-group --region {region}"
        " --auto-scaling-group-name {name} --min-size 0 --desired-capacity 0"
    ),
    "dynamodb_table": (
        "aws dynamodb update-table --region {region} --table-name {name}"
        " --billing-mode PAY_PER_REQUEST"
    ),
    "ebs_snapshot": "aws ec2 delete-snapshot --region {region} --snapshot-id {id}",
    "ecs_service": (
        "aws ecs update-service --region {region} --cluster CLUSTER --service {name}"
        " --desired-count 0"
    ),
    "elasticache_cluster": (
        "aws elasticache delete-cache-cluster --region {region} --cache-cluster-id {name}"
    ),
    "emr_cluster": "aws emr terminate-clusters --region {region} --cluster-ids {name}",
    "kinesis_stream": "aws kinesis delete-stream --region {region} --stream-name {name}",
    "msk_cluster": "aws kafka delete-cluster --region {region} --cluster-arn {id}",
    "opensearch_domain": "aws opensearch delete-domain --region {region} --domain-name {name}",
    "rds_cluster": "aws rds stop-db-cluster --region {region} --db-cluster-identifier {name}",
    "sagemaker_training_job": (
        "aws sagemaker stop-training-job --region {region} --training-job-name {name}"
    ),
    "vpc_endpoint": "aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {id}",
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
        name, region = resource["resource_id"], shlex.quote(resource["region"])
        if "{ids}" in pattern:
            instances.setdefault(region, []).append(shlex.quote(name))
        else:
            short = name.rpartition("/")[2].rpartition(":")[2]
            known = {"id": shlex.quote(name), "name": shlex.quote(short)}
            lines.append(pattern.format(region=region, **known))
    for region, names in instances.items():
        lines.append(_BY_TYPE["ec2_instance"].format(region=region, ids=" ".join(names)))
    return "\n".join(lines)
