"""Where the steps of a run are taken: here, or by workers of Celery or Kubernetes.

What goes past one machine is an extra of the package (`pip install cost-pipeline[celery]`), so
that nobody else installs it.
"""

from __future__ import annotations

from typing import Any

from dagster import ExecutorDefinition, in_process_executor, multiprocess_executor

from cost_pipeline.settings import Settings


def executor_of(settings: Settings) -> ExecutorDefinition:
    """The executor that `EXECUTOR` names.

    Raises:
        RuntimeError: its package is not installed.
    """
    match settings.executor:
        case "in_process":
            return in_process_executor
        case "multiprocess":
            return multiprocess_executor
        case name:
            return _installed(name)


def _installed(name: str) -> ExecutorDefinition:
    extra = {"celery": "celery", "k8s_job": "kubernetes"}[name]
    try:
        if name == "celery":
            from dagster_celery import celery_executor

            return celery_executor
        from dagster_k8s import k8s_job_executor
    except ImportError as error:
        raise RuntimeError(
            f"EXECUTOR={name} needs a package that is not installed: "
            f"pip install 'cost-pipeline[{extra}]'"
        ) from error
    return k8s_job_executor


def pod(*, cpu: str, memory: str) -> dict[str, Any]:
    """Tags that ask Kubernetes for resources for a step; nothing else reads them."""
    wanted = {"cpu": cpu, "memory": memory}
    return {
        "dagster-k8s/config": {
            "container_config": {"resources": {"requests": wanted, "limits": {"memory": memory}}}
        }
    }
