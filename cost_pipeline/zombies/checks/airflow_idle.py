"""Managed Airflow environments in which no task succeeds."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="airflow_idle",
    title="Airflow environment without runs",
    service="airflow",
    resource_type="mwaa_environment",
    calls=("mwaa:ListEnvironments", "mwaa:GetEnvironment"),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days", "weekly workflows run twice"),
        "max_tasks": Threshold(0, "tasks in all"),
    },
    waste="price of the environment's class × 730, without its extra workers",
    cli="aws mwaa delete-environment --name {name} --region {region}",
    terraform="remove the aws_mwaa_environment",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(Metric("AmazonMWAA", "TaskInstanceSuccesses", "Sum", "max_tasks"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available environments, by the tasks of all their workflows."""
    for environment in view.items("mwaa:GetEnvironment"):
        if environment.get("Status") != "AVAILABLE":
            continue
        name = environment["Name"]
        yield Candidate(
            resource_id=environment["Arn"],
            name=name,
            bills=(Bills("mwaa_environment", {"class": environment["EnvironmentClass"]}),),
            created_at=when(environment.get("CreatedAt")),
            tags=tags_of(environment),
            dimensions={"Environment": name, "DAG": "All", "Task": "All"},
            facts={"class": environment["EnvironmentClass"]},
        )


CHECK = Check(META, candidates)
