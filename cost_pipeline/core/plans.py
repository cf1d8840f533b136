"""What a Terraform plan or an Infracost breakdown announces, as expected changes.

Terraform's JSON (`terraform show -json plan`) says which resources are created, changed or
replaced; Infracost's (`infracost breakdown --format json`) what they cost a month as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

HOURS_PER_MONTH = 730

# Terraform's resource type → ours, and the attribute that holds the class.
TERRAFORM_TYPES: Mapping[str, tuple[str, str | None]] = {
    "aws_instance": ("ec2_instance", "instance_type"),
    "aws_spot_instance_request": ("ec2_instance", "instance_type"),
    "aws_ebs_volume": ("ebs_volume", "type"),
    "aws_ebs_snapshot": ("ebs_snapshot", None),
    "aws_ebs_snapshot_copy": ("ebs_snapshot", None),
    "aws_nat_gateway": ("nat_gateway", None),
    "aws_eip": ("elastic_ip", None),
    "aws_lb": ("load_balancer", None),
    "aws_vpc_endpoint": ("vpc_endpoint", None),
    "aws_vpn_connection": ("vpn_connection", None),
    "aws_db_instance": ("rds_instance", "instance_class"),
    "aws_rds_cluster_instance": ("rds_instance", "instance_class"),
    "aws_redshift_cluster": ("redshift_cluster", "node_type"),
    "aws_elasticache_cluster": ("elasticache_cluster", "node_type"),
    "aws_elasticache_replication_group": ("elasticache_replication_group", "node_type"),
    "aws_memorydb_cluster": ("memorydb_cluster", "node_type"),
    "aws_opensearch_domain": ("opensearch_domain", None),
    "aws_elasticsearch_domain": ("opensearch_domain", None),
    "aws_dynamodb_table": ("dynamodb_table", None),
    "aws_kinesis_stream": ("kinesis_stream", None),
    "aws_msk_cluster": ("msk_cluster", None),
    "aws_mq_broker": ("mq_broker", "host_instance_type"),
    "aws_emr_cluster": ("emr_cluster", None),
    "aws_eks_cluster": ("eks_cluster", None),
    "aws_ecs_service": ("ecs_service", None),
    "aws_sagemaker_endpoint": ("sagemaker_endpoint", None),
    "aws_sagemaker_notebook_instance": ("sagemaker_notebook", "instance_type"),
    "aws_bedrock_provisioned_model_throughput": ("bedrock_provisioned_throughput", None),
    "aws_dms_replication_instance": ("dms_instance", "replication_instance_class"),
    "aws_efs_file_system": ("efs_filesystem", None),
    "aws_fsx_lustre_file_system": ("fsx_filesystem", None),
    "aws_fsx_windows_file_system": ("fsx_filesystem", None),
}


class PlanError(ValueError):
    """A document that is neither a Terraform plan nor an Infracost breakdown."""


class Planned(NamedTuple):
    """So many resources of a type and class; `hourly_cost` in USD for all, None if not said."""

    resource_type: str
    resource_class: str | None
    resources: float
    hourly_cost: float | None


def planned(document: object) -> list[Planned]:
    """What a plan or a breakdown announces, of the types that cost money by themselves.

    Raises:
        PlanError: it is neither.

    >>> gateway = {"type": "aws_nat_gateway", "change": {"actions": ["create"]}}
    >>> planned({"resource_changes": [gateway]})
    [Planned(resource_type='nat_gateway', resource_class=None, resources=1, hourly_cost=None)]
    """
    if isinstance(document, Mapping) and isinstance(document.get("resource_changes"), list):
        return _terraform(document["resource_changes"])
    if isinstance(document, Mapping) and isinstance(document.get("projects"), list):
        return _infracost(document["projects"])
    raise PlanError(
        "this is neither the JSON of a Terraform plan (terraform show -json plan.out, with "
        "resource_changes) nor of Infracost (infracost breakdown --format json, with projects)"
    )


def _terraform(changes: list[Any]) -> list[Planned]:
    counts: Counter[tuple[str, str | None]] = Counter()
    for change in changes:
        inner = _mapping(_mapping(change).get("change"))
        known = TERRAFORM_TYPES.get(str(_mapping(change).get("type")))
        actions = inner.get("actions")
        if known is None or not isinstance(actions, list):
            continue
        if {"create", "update"} & set(map(str, actions)):
            kind, attribute = known
            value = _mapping(inner.get("after")).get(attribute) if attribute else None
            counts[kind, str(value) if value else None] += 1
    return [
        Planned(kind, name, count, None) for (kind, name), count in sorted(counts.items(), key=repr)
    ]


def _infracost(projects: list[Any]) -> list[Planned]:
    sums: dict[str, list[float]] = defaultdict(list)
    for resource in _resources(projects):
        known = TERRAFORM_TYPES.get(str(resource.get("resourceType")))
        monthly = resource.get("monthlyCost")
        if known is not None and monthly is not None:
            sums[known[0]].append(float(monthly) / HOURS_PER_MONTH)
    return [
        Planned(kind, None, len(costs), round(sum(costs), 6))
        for kind, costs in sorted(sums.items())
    ]


def _resources(projects: list[Any]) -> Iterator[Mapping[str, Any]]:
    """What a breakdown adds: its difference where it has one, else all that it holds."""
    for project in projects:
        part = _mapping(_mapping(project).get("diff")) or _mapping(
            _mapping(project).get("breakdown")
        )
        for resource in part.get("resources") or ():
            found = _mapping(resource)
            names = [found.get("resourceType"), *str(found.get("name", "")).split(".")]
            kind = next((name for name in names if name in TERRAFORM_TYPES), None)
            yield {**found, "resourceType": kind}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
