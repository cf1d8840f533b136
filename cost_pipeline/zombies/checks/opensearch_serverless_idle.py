"""OpenSearch Serverless collections that nobody uses: capacity units bill all the same."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="opensearch_serverless_idle",
    title="OpenSearch Serverless collection without use",
    service="aoss",
    resource_type="opensearch_serverless",
    calls=("opensearchserverless:ListCollections",),
    thresholds={
        "lookback_days": Threshold(7, "days"),
        "max_requests": Threshold(0, "requests in all"),
    },
    waste="at least two OCUs × 0.24 USD an hour, shared by the collections of one key",
    cli="aws opensearchserverless delete-collection --id {name} --region {region}",
    terraform="remove the aws_opensearchserverless_collection",
    confidence="medium",
    source="our own: no other tool looks",
    metrics=(
        Metric("AWS/AOSS", "SearchRequestRate", "Sum", "max_requests", missing="unknown"),
        Metric("AWS/AOSS", "IngestionRequestRate", "Sum", "max_requests"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active collections; those that share a key share the units, hence the lower confidence."""
    for collection in view.items("opensearchserverless:ListCollections"):
        if collection.get("status") == "ACTIVE":
            yield Candidate(
                resource_id=collection["arn"],
                name=collection["id"],
                bills=(Bills("opensearch_serverless", {"standby": "enabled"}),),
                dimensions={
                    "ClientId": view.account_id,
                    "CollectionId": collection["id"],
                    "CollectionName": collection["name"],
                },
                facts={"name": collection["name"]},
            )


CHECK = Check(META, candidates)
