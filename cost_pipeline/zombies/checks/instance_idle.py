"""Running EC2 instances that compute and send next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.bills import instance_bill
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="instance_idle",
    title="Idle instance",
    service="ec2",
    resource_type="ec2_instance",
    calls=("ec2:DescribeInstances",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days", "two weeks show a machine that bursts weekly"),
        "max_cpu": Threshold(5, "% peak", "Compute Optimizer's; a peak, so that bursts count"),
        "max_network": Threshold(5e6, "bytes a day", "Compute Optimizer and Trusted Advisor: 5 MB"),
    },
    waste="price of the instance type × 730 hours",
    cli="aws ec2 stop-instances --instance-ids {id} --region {region}",
    terraform="remove the aws_instance, or set aws_ec2_instance_state to stopped",
    confidence="medium",
    source="Compute Optimizer (peak CPU < 5 %, network < 5 MB a day, 14 days)",
    metrics=(
        Metric("AWS/EC2", "CPUUtilization", "Maximum", "max_cpu", "max", missing="unknown"),
        Metric("AWS/EC2", "NetworkIn", "Sum", "max_network", "max"),
        Metric("AWS/EC2", "NetworkOut", "Sum", "max_network", "max"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Running instances on their own; an Auto Scaling group is judged as a whole."""
    for instance in view.items("ec2:DescribeInstances"):
        tags = tags_of(instance)
        running = instance.get("State", {}).get("Name") == "running"
        if not running or "aws:autoscaling:groupName" in tags:
            continue
        yield Candidate(
            resource_id=instance["InstanceId"],
            bills=(instance_bill(instance),),
            created_at=when(instance.get("LaunchTime")),
            tags=tags,
            dimensions={"InstanceId": instance["InstanceId"]},
            facts={"type": instance.get("InstanceType")},
        )


CHECK = Check(META, candidates)
