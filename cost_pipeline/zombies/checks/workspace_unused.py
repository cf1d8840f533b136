"""WorkSpaces that nobody has connected to for two months."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="workspace_unused",
    title="Unused WorkSpace",
    service="workspaces",
    resource_type="workspace",
    calls=("workspaces:DescribeWorkspaces", "workspaces:DescribeWorkspacesConnectionStatus"),
    thresholds={
        "min_idle_days": Threshold(63, "days", "Compute Optimizer's"),
    },
    waste="monthly price of the bundle",
    cli=(
        "aws workspaces terminate-workspaces --terminate-workspace-requests "
        "WorkspaceId={id} --region {region}"
    ),
    terraform="remove the aws_workspaces_workspace",
    confidence="high",
    source="Compute Optimizer: 63 days without a connection",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available or stopped WorkSpaces, since their user last connected, if ever."""
    last = {
        status["WorkspaceId"]: when(status.get("LastKnownUserConnectionTimestamp"))
        for status in view.items("workspaces:DescribeWorkspacesConnectionStatus")
    }
    for space in view.items("workspaces:DescribeWorkspaces"):
        if space.get("State") not in ("AVAILABLE", "STOPPED"):
            continue
        traits = space.get("WorkspaceProperties", {})
        attributes: dict[str, Attribute] = {
            "class": str(traits.get("ComputeTypeName", "STANDARD")).lower(),
            "running_mode": str(traits.get("RunningMode", "ALWAYS_ON")).lower(),
        }
        name = space["WorkspaceId"]
        yield Candidate(
            resource_id=name,
            name=name,
            bills=(Bills("workspace", attributes),),
            idle_since=last.get(name),
            facts={"user": space.get("UserName"), "ever_used": last.get(name) is not None},
            doubt=None if last.get(name) else "Never connected to; AWS does not say how old it is.",
        )


CHECK = Check(META, candidates)
