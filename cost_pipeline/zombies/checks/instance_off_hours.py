"""EC2 instances that are idle at the same hours of every day, and could be off then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from cost_pipeline.zombies.bills import instance_bill
from cost_pipeline.zombies.model import (
    Candidate,
    Check,
    CheckMeta,
    Metric,
    Series,
    Threshold,
    Weighed,
)
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="instance_off_hours",
    title="Instance idle at the same hours every day",
    service="ec2",
    resource_type="ec2_instance",
    calls=("ec2:DescribeInstances",),
    thresholds={
        "on": Threshold(0, "1 switches it on", "it reads a series by the hour for each machine"),
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days", "optscale's"),
        "max_cpu": Threshold(5, "% at most in that hour of every day", "optscale's"),
        "min_hours": Threshold(6, "hours of the day on end", "shorter is not worth a schedule"),
    },
    waste="price of the instance type × the hours of the day in which it is idle",
    cli="aws scheduler create-schedule --name stop-{id} --schedule-expression 'cron(0 20 * * ? *)' "
    "--region {region} …  # and one that starts it",
    terraform="add aws_scheduler_schedule resources that stop and start it",
    confidence="review",
    source="optscale (CPU under 5 % in repeating hours, 14 days), cloud-custodian's offhour",
    metrics=(Metric("AWS/EC2", "CPUUtilization", "Maximum", missing="unknown", hourly=True),),
)
_LEAST_DAYS = 7


def candidates(view: View) -> Iterator[Candidate]:
    """Running instances outside of Auto Scaling groups, which have schedules of their own."""
    for instance in view.items("ec2:DescribeInstances"):
        tags = tags_of(instance)
        running = instance.get("State", {}).get("Name") == "running"
        if running and "aws:autoscaling:groupName" not in tags:
            yield Candidate(
                resource_id=instance["InstanceId"],
                bills=(instance_bill(instance),),
                created_at=when(instance.get("LaunchTime")),
                tags=tags,
                dimensions={"InstanceId": instance["InstanceId"]},
                facts={"type": instance.get("InstanceType")},
            )


def weigh(candidate: Candidate, series: Mapping[str, Series], view: View) -> Weighed | None:
    """The longest run of hours in which it never worked; one idle all day is no matter of hours."""
    peaks: dict[int, list[float]] = {}
    for moment, value in series["CPUUtilization"]:
        peaks.setdefault(moment.hour, []).append(value)
    limit = view.limit("max_cpu")
    known = len(peaks) == 24 and min(map(len, peaks.values())) >= _LEAST_DAYS
    idle = {hour for hour, values in peaks.items() if max(values) <= limit}
    start, hours = _longest(idle)
    if not known or len(idle) == 24 or hours < view.limit("min_hours"):
        return None
    until = (start + hours) % 24
    sentence = f"CPU never over {limit:g} % from {start:02}:00 to {until:02}:00 UTC, on any day."
    return Weighed(sentence, share=Decimal(hours) / 24)


def _longest(idle: set[int]) -> tuple[int, int]:
    """Where the longest run begins, around midnight too, and how long it is.

    >>> _longest({22, 23, 0, 1, 12})
    (22, 4)
    """
    best = (0, 0)
    for start in idle:
        hours = 0
        while (start + hours) % 24 in idle and hours < 24:
            hours += 1
        best = max(best, (start, hours), key=lambda run: (run[1], -run[0]))
    return best


CHECK = Check(META, candidates, weigh)
