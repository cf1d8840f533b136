"""Auto Scaling groups whose instances all do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="autoscaling_group_idle",
    title="Idle Auto Scaling group",
    service="ec2",
    resource_type="ec2_instance",
    calls=("autoscaling:DescribeAutoScalingGroups",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer's"),
        "max_cpu": Threshold(5, "% peak"),
        "max_network": Threshold(5000000.0, "bytes a day"),
    },
    waste="instances × price of the type × 730 hours",
    cli=(
        "aws autoscaling update-auto-scaling-group --auto-scaling-group-name {name} "
        "--min-size 0 --desired-capacity 0 --region {region}"
    ),
    terraform="set min_size and desired_capacity of the aws_autoscaling_group to 0",
    confidence="medium",
    source="Compute Optimizer (no instance above 5 % or 5 MB a day)",
    metrics=(
        Metric("AWS/EC2", "CPUUtilization", "Maximum", "max_cpu", "max", missing="unknown"),
        Metric("AWS/EC2", "NetworkOut", "Sum", "max_network", "max"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Groups with instances in service; mixed types are priced one by one."""
    for group in view.items("autoscaling:DescribeAutoScalingGroups"):
        running = [i for i in group.get("Instances", ()) if i.get("LifecycleState") == "InService"]
        if not running:
            continue
        bills = (Bills("ec2_instance", {"class": i["InstanceType"]}) for i in running)
        yield Candidate(
            resource_id=group["AutoScalingGroupARN"],
            name=group["AutoScalingGroupName"],
            bills=tuple(bills),
            created_at=when(group.get("CreatedTime")),
            tags=tags_of(group),
            dimensions={"AutoScalingGroupName": group["AutoScalingGroupName"]},
            facts={"instances": len(running), "min_size": group.get("MinSize")},
        )


CHECK = Check(META, candidates)
