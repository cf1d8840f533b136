"""EC2 instances that have run for months without a stop: pets, or machines nobody updates."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="instance_long_running",
    title="Instance that has run for long",
    service="ec2",
    resource_type="ec2_instance",
    calls=("ec2:DescribeInstances",),
    thresholds={
        "on": Threshold(0, "1 switches it on", "most of what runs for long is meant to"),
        "min_idle_days": Threshold(90, "days since its launch", "thrifty's"),
    },
    waste="none known: to look at",
    cli="aws ec2 describe-instances --instance-ids {id} --region {region}  # whose, and why?",
    terraform="replace the aws_instance by an aws_autoscaling_group, which renews its machines",
    confidence="review",
    source="thrifty: launched over 90 days ago",
    idle_events=("RunInstances",),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Running instances outside of Auto Scaling groups, by their last start."""
    for instance in view.items("ec2:DescribeInstances"):
        tags = tags_of(instance)
        running = instance.get("State", {}).get("Name") == "running"
        if running and "aws:autoscaling:groupName" not in tags:
            yield Candidate(
                resource_id=instance["InstanceId"],
                bills=(Bills("ec2_instance", usd_month=Decimal(0)),),
                created_at=when(instance.get("LaunchTime")),
                tags=tags,
                facts={"type": instance.get("InstanceType")},
            )


CHECK = Check(META, candidates)
