"""EKS clusters without nodes: the control plane bills all the same."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="eks_cluster_empty",
    title="EKS cluster without nodes",
    service="eks",
    resource_type="eks_cluster",
    calls=(
        "eks:DescribeCluster",
        "eks:ListNodegroups",
        "eks:ListFargateProfiles",
        "ec2:DescribeInstances",
    ),
    thresholds={
        "min_age_days": Threshold(3, "days", "time to set it up"),
    },
    waste="0.10 USD an hour",
    cli="aws eks delete-cluster --name {name} --region {region}",
    terraform="remove the aws_eks_cluster",
    confidence="high",
    source="cloudburn: no node group and no Fargate profile; ours asks the instances' tags as well",
    idle_events=("DeleteNodegroup", "DeleteFargateProfile", "CreateCluster"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active clusters with no node group, Fargate profile or instance of their own."""
    served = {group["_of"]["clusterName"] for group in view.items("eks:ListNodegroups")}
    served |= {profile["_of"]["clusterName"] for profile in view.items("eks:ListFargateProfiles")}
    for instance in view.items("ec2:DescribeInstances"):
        tags = tags_of(instance)
        served.add(tags.get("eks:cluster-name") or tags.get("eks:eks-cluster-name") or "")
        served |= {
            tag.rpartition("/")[2] for tag in tags if tag.startswith("kubernetes.io/cluster/")
        }
    for cluster in view.items("eks:DescribeCluster"):
        if cluster.get("status") == "ACTIVE" and cluster["name"] not in served:
            yield Candidate(
                resource_id=cluster["arn"],
                name=cluster["name"],
                bills=(Bills("eks_cluster", {"extended_support": False}),),
                created_at=when(cluster.get("createdAt")),
                tags=tags_of(cluster),
                facts={"version": cluster.get("version")},
            )


CHECK = Check(META, candidates)
