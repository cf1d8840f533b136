"""CloudWatch alarms that have had no data for a month: what they watch is gone."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="alarm_stale",
    title="Alarm without data",
    service="cloudwatch",
    resource_type="cloudwatch_alarm",
    calls=("cloudwatch:DescribeAlarms",),
    thresholds={
        "min_idle_days": Threshold(30, "days"),
    },
    waste="0.10 USD a month",
    cli="aws cloudwatch delete-alarms --alarm-names {name} --region {region}",
    terraform="remove the aws_cloudwatch_metric_alarm",
    confidence="medium",
    source="sample-cfm-tips, cloudwise: INSUFFICIENT_DATA for over 30 days",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Metric alarms in state INSUFFICIENT_DATA since their last change of state."""
    for alarm in view.items("cloudwatch:DescribeAlarms"):
        if alarm.get("StateValue") == "INSUFFICIENT_DATA":
            yield Candidate(
                resource_id=alarm["AlarmArn"],
                name=alarm["AlarmName"],
                bills=(Bills("cloudwatch_alarm"),),
                idle_since=when(alarm.get("StateUpdatedTimestamp")),
                facts={"metric": alarm.get("MetricName"), "namespace": alarm.get("Namespace")},
            )


CHECK = Check(META, candidates)
