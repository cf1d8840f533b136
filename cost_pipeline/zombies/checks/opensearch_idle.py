"""OpenSearch domains that nobody searches or feeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number

META = CheckMeta(
    name="opensearch_idle",
    title="OpenSearch domain without use",
    service="es",
    resource_type="opensearch_domain",
    calls=("opensearch:DescribeDomain",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_rate": Threshold(0, "searches or documents a minute"),
    },
    waste="nodes × price of the type × 730 hours, plus storage",
    cli="aws opensearch delete-domain --domain-name {name} --region {region}",
    terraform="remove the aws_opensearch_domain",
    confidence="high",
    source="our own: search and indexing rate of zero",
    metrics=(
        Metric("AWS/ES", "SearchRate", "Maximum", "max_rate", "max", missing="unknown"),
        Metric("AWS/ES", "IndexingRate", "Maximum", "max_rate", "max"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Domains that exist and are not being deleted; AWS does not say when they were made."""
    for domain in view.items("opensearch:DescribeDomain"):
        config = domain.get("ClusterConfig", {})
        if domain.get("Deleted") or not config.get("InstanceType"):
            continue
        yield Candidate(
            resource_id=domain["ARN"],
            name=domain["DomainName"],
            bills=tuple(_nodes(config, domain.get("EBSOptions", {}))),
            dimensions={"ClientId": view.account_id, "DomainName": domain["DomainName"]},
            facts={"type": config["InstanceType"], "nodes": config.get("InstanceCount")},
        )


def _nodes(config: dict[str, Any], disk: dict[str, Any]) -> Iterator[Bills]:
    data: dict[str, Attribute] = {"class": config["InstanceType"]}
    if disk.get("EBSEnabled"):
        data["size_gb"] = number(disk.get("VolumeSize"))
        data["volume_type"] = str(disk.get("VolumeType", "gp2"))
    yield Bills("opensearch_domain", data, number(config.get("InstanceCount", 1)))
    if config.get("DedicatedMasterEnabled"):
        masters = number(config.get("DedicatedMasterCount"))
        yield Bills("opensearch_domain", {"class": config["DedicatedMasterType"]}, masters)


CHECK = Check(META, candidates)
