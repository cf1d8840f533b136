"""SageMaker notebooks left running: nothing stops them at night."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="notebook_running",
    title="SageMaker notebook left running",
    service="sagemaker",
    resource_type="sagemaker_notebook",
    calls=("sagemaker:ListNotebookInstances",),
    thresholds={
        "min_idle_days": Threshold(7, "days", "nobody works in one for a week without a stop"),
    },
    waste="price of the ml type × 730 hours",
    cli="aws sagemaker stop-notebook-instance --notebook-instance-name {name} --region {region}",
    terraform=(
        "give the aws_sagemaker_notebook_instance a lifecycle configuration that stops it when idle"
    ),
    confidence="medium",
    source=(
        "cloud-custodian's off-hours; AWS has no metric of a notebook's use, hence the confidence"
    ),
    idle_events=("StartNotebookInstance", "CreateNotebookInstance"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Notebooks in service since their last change, which is when they were started."""
    for notebook in view.items("sagemaker:ListNotebookInstances"):
        if notebook.get("NotebookInstanceStatus") == "InService":
            since = when(notebook.get("LastModifiedTime")) or when(notebook.get("CreationTime"))
            yield Candidate(
                resource_id=notebook["NotebookInstanceArn"],
                name=notebook["NotebookInstanceName"],
                bills=(Bills("sagemaker_notebook", {"class": notebook["InstanceType"]}),),
                created_at=when(notebook.get("CreationTime")),
                idle_since=since,
                facts={"type": notebook["InstanceType"]},
            )


CHECK = Check(META, candidates)
