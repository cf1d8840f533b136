"""EMR clusters that wait and run nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="emr_cluster_idle",
    title="Waiting EMR cluster",
    service="emr",
    resource_type="emr_cluster",
    calls=("emr:ListClusters", "emr:ListInstanceGroups"),
    thresholds={
        "min_age_days": Threshold(1, "days"),
        "lookback_days": Threshold(
            1, "days", "thrifty: 30 minutes; a day spares clusters between steps"
        ),
        "max_apps": Threshold(0, "applications running"),
    },
    waste="nodes × (price of the type + EMR's surcharge) × 730",
    cli="aws emr terminate-clusters --cluster-ids {id} --region {region}",
    terraform="set auto_termination_policy on the aws_emr_cluster",
    confidence="high",
    source="thrifty and cloud-custodian: IsIdle; here no application for a day",
    metrics=(Metric("AWS/ElasticMapReduce", "AppsRunning", "Maximum", "max_apps", "max"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Clusters in state WAITING, with the instance groups that run."""
    for cluster in view.items("emr:ListClusters"):
        name = cluster["Id"]
        groups = [g for g in view.items(META.calls[1]) if g["_of"]["ClusterId"] == name]
        bills: list[Bills] = []
        for group in groups:
            nodes = number(group.get("RunningInstanceCount"))
            size: dict[str, Attribute] = {"class": group["InstanceType"]}
            bills.append(Bills("emr_cluster", size, nodes))
            bills.append(Bills("ec2_instance", size, nodes, service="ec2"))
        yield Candidate(
            resource_id=name,
            name=cluster.get("Name", name),
            bills=tuple(bill for bill in bills if bill.quantity),
            created_at=when(cluster.get("Status", {}).get("Timeline", {}).get("CreationDateTime")),
            dimensions={"JobFlowId": name},
            facts={"groups": len(groups)},
        )


CHECK = Check(META, candidates)
