"""API Gateway caches that answer nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="api_cache_unused",
    title="API cache without hits",
    service="apigateway",
    resource_type="apigateway_cache",
    calls=("apigateway:GetRestApis", "apigateway:GetStages"),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_hits": Threshold(0, "cache hits in all"),
    },
    waste="price of the cache size × 730 hours",
    cli=(
        "aws apigateway update-stage --rest-api-id API --stage-name STAGE "
        "--patch-operations op=replace,path=/cacheClusterEnabled,value=false --region "
        "{region}"
    ),
    terraform="set cache_cluster_enabled = false on the aws_api_gateway_stage",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/ApiGateway", "CacheHitCount", "Sum", "max_hits"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Stages whose cache is on."""
    names = {api["id"]: api.get("name", api["id"]) for api in view.items("apigateway:GetRestApis")}
    for stage in view.items("apigateway:GetStages"):
        if not stage.get("cacheClusterEnabled"):
            continue
        api, size = stage["_of"]["restApiId"], str(stage.get("cacheClusterSize", "0.5"))
        yield Candidate(
            resource_id=f"{api}/{stage['stageName']}",
            bills=(Bills("apigateway_cache", {"class": size}),),
            created_at=when(stage.get("createdDate")),
            tags=tags_of(stage),
            dimensions={"ApiName": names.get(api, api), "Stage": stage["stageName"]},
            facts={"size_gb": size, "api": names.get(api)},
        )


CHECK = Check(META, candidates)
