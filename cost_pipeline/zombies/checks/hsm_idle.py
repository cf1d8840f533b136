"""CloudHSM modules without sessions."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="hsm_idle",
    title="Hardware security module without sessions",
    service="cloudhsm",
    resource_type="cloudhsm",
    calls=("cloudhsmv2:DescribeClusters",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_sessions": Threshold(0, "sessions at any moment"),
    },
    waste="modules × 1.45 USD an hour",
    cli="aws cloudhsmv2 delete-hsm --cluster-id {id} --hsm-id HSM --region {region}",
    terraform="remove the aws_cloudhsm_v2_hsm",
    confidence="medium",
    source="our own: no other tool looks",
    metrics=(
        Metric(
            "AWS/CloudHSM", "HsmSessionCount", "Maximum", "max_sessions", "max", missing="unknown"
        ),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active clusters with modules, measured module by module."""
    for cluster in view.items("cloudhsmv2:DescribeClusters"):
        modules = [hsm["HsmId"] for hsm in cluster.get("Hsms", ())]
        if cluster.get("State") != "ACTIVE" or not modules:
            continue
        name = cluster["ClusterId"]
        series = [{"ClusterId": name, "HsmId": hsm, "Region": view.region} for hsm in modules]
        yield Candidate(
            resource_id=name,
            name=name,
            bills=(Bills("cloudhsm", quantity=number(len(modules))),),
            created_at=when(cluster.get("CreateTimestamp")),
            tags=tags_of(cluster),
            dimensions=series[0],
            more_dimensions=tuple(series[1:]),
            facts={"modules": len(modules)},
        )


CHECK = Check(META, candidates)
