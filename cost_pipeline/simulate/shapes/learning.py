"""SageMaker and Bedrock: endpoints with their configurations, notebooks, training, throughput."""

from __future__ import annotations

from datetime import datetime, timedelta

from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.story import Resource, Story


def endpoint(story: Story, at: datetime, region: str, who: Who, size: str, count: int) -> Resource:
    """CreateEndpointConfig, which names the machines, then CreateEndpoint, which runs them."""
    name = story.new_name("model")
    arn = f"arn:aws:sagemaker:{region}:{story.account}:endpoint"
    variant = {
        "variantName": "all",
        "modelName": name,
        "instanceType": size,
        "initialInstanceCount": count,
    }
    request = {"endpointConfigName": name, "productionVariants": [variant]}
    answer = {"endpointConfigArn": f"{arn}-config/{name}"}
    story.call(at, region, who, "sagemaker:CreateEndpointConfig", request, answer)
    request = {"endpointName": name, "endpointConfigName": name}
    answer = {"endpointArn": f"{arn}/{name}"}
    later = at + timedelta(seconds=9)
    call = story.call(later, region, who, "sagemaker:CreateEndpoint", request, answer)
    kind = "sagemaker_endpoint"
    return story.begins(call, f"{arn}/{name}", "sagemaker", kind, count=count, class_=size)


def delete_endpoint(story: Story, at: datetime, who: Who, endpoint: Resource) -> None:
    """DeleteEndpoint."""
    request = {"endpointName": endpoint.resource_id.rpartition("/")[2]}
    story.call(at, endpoint.region, who, "sagemaker:DeleteEndpoint", request, None)
    endpoint.until = at


def notebook(
    story: Story, at: datetime, region: str, who: Who, size: str, size_gb: int = 50
) -> Resource:
    """CreateNotebookInstance."""
    name = story.new_name("lab")
    arn = f"arn:aws:sagemaker:{region}:{story.account}:notebook-instance/{name}"
    request = {"notebookInstanceName": name, "instanceType": size, "volumeSizeInGB": size_gb}
    answer = {"notebookInstanceArn": arn}
    call = story.call(at, region, who, "sagemaker:CreateNotebookInstance", request, answer)
    kind = "sagemaker_notebook"
    return story.begins(call, arn, "sagemaker", kind, class_=size, size_gb=size_gb)


def switch_notebook(story: Story, at: datetime, who: Who, notebook: Resource, *, on: bool) -> None:
    """StartNotebookInstance or StopNotebookInstance."""
    request = {"notebookInstanceName": notebook.resource_id.rpartition("/")[2]}
    name = f"sagemaker:{'Start' if on else 'Stop'}NotebookInstance"
    story.call(at, notebook.region, who, name, request, None)


def training(
    story: Story, at: datetime, region: str, who: Who, size: str, count: int, hours: int
) -> Resource:
    """CreateTrainingJob: paid once, for at most `hours`."""
    name = story.new_name("train")
    arn = f"arn:aws:sagemaker:{region}:{story.account}:training-job/{name}"
    request = {
        "trainingJobName": name,
        "resourceConfig": {"instanceType": size, "instanceCount": count, "volumeSizeInGB": 200},
        "stoppingCondition": {"maxRuntimeInSeconds": hours * 3600},
    }
    answer = {"trainingJobArn": arn}
    call = story.call(at, region, who, "sagemaker:CreateTrainingJob", request, answer)
    kind = "sagemaker_training_job"
    job = story.begins(call, arn, "sagemaker", kind, count=count, class_=size)
    job.until = at + timedelta(hours=hours)
    return job


def throughput(
    story: Story, at: datetime, region: str, who: Who, model: str, units: int, committed: bool
) -> Resource:
    """CreateProvisionedModelThroughput of Bedrock, for a month or without commitment."""
    name = story.new_name("throughput")
    arn = f"arn:aws:bedrock:{region}:{story.account}:provisioned-model/{name}"
    request: dict[str, object] = {
        "provisionedModelName": name,
        "modelId": model,
        "modelUnits": units,
    }
    if committed:
        request["commitmentDuration"] = "OneMonth"
    operation = "bedrock:CreateProvisionedModelThroughput"
    call = story.call(at, region, who, operation, request, {"provisionedModelArn": arn})
    family = next(f for f in ("claude", "titan", "llama", "nova") if f in model)
    kind = "bedrock_provisioned_throughput"
    return story.begins(call, arn, "bedrock", kind, count=units, class_=model, family=family)


def delete_throughput(story: Story, at: datetime, who: Who, throughput: Resource) -> None:
    """DeleteProvisionedModelThroughput."""
    request = {"provisionedModelId": throughput.resource_id}
    operation = "bedrock:DeleteProvisionedModelThroughput"
    story.call(at, throughput.region, who, operation, request, None)
    throughput.until = at
