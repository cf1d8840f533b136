"""OpenSearch nodes that run on and on at the price on demand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.unreserved import active, unreserved
from cost_pipeline.zombies.view import View, number

META = CheckMeta(
    name="search_unreserved",
    title="OpenSearch nodes without a reservation",
    service="es",
    resource_type="opensearch_domain",
    calls=("opensearch:DescribeDomain", "opensearch:DescribeReservedInstances"),
    thresholds={
        "saves": Threshold(30, "% of the price", "about what a year without upfront saves"),
    },
    waste="nodes × price × 730 × 30 %: about what a reservation for a year saves",
    cli="aws opensearch describe-reserved-instance-offerings --region {region}  # for {name}",
    terraform="commitments are bought, not built: none",
    confidence="review",
    source="thrifty's rule for databases and caches; AWS does not say how old a domain is",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Data nodes by type, less what is reserved of it."""
    reserved = active(view, "opensearch:DescribeReservedInstances", "InstanceType", "InstanceCount")
    running: dict[str, Decimal] = {}
    for domain in view.items("opensearch:DescribeDomain"):
        config = domain.get("ClusterConfig", {})
        if not domain.get("Deleted") and config.get("InstanceType"):
            name, nodes = config["InstanceType"], number(config.get("InstanceCount", 1))
            running[name] = running.get(name, Decimal(0)) + nodes
    for name, nodes in running.items():
        yield from unreserved(view, name, {"class": name}, nodes, reserved, name)


CHECK = Check(META, candidates)
