"""Global accelerators that no flow enters."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="accelerator_idle",
    title="Global accelerator without flows",
    service="globalaccelerator",
    resource_type="global_accelerator",
    calls=("globalaccelerator:ListAccelerators",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_flows": Threshold(0, "new flows in all"),
    },
    waste="0.025 USD an hour",
    cli=(
        "aws globalaccelerator delete-accelerator --accelerator-arn {id} --region "
        "us-west-2  # after disabling it"
    ),
    terraform="remove the aws_globalaccelerator_accelerator",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/GlobalAccelerator", "NewFlowCount", "Sum", "max_flows"),),
    home_region="us-west-2",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Accelerators, enabled or not: both bill."""
    for accelerator in view.items("globalaccelerator:ListAccelerators"):
        arn = accelerator["AcceleratorArn"]
        yield Candidate(
            resource_id=arn,
            name=accelerator.get("Name", ""),
            bills=(Bills("global_accelerator"),),
            created_at=when(accelerator.get("CreatedTime")),
            dimensions={"Accelerator": arn.rpartition("/")[2]},
            facts={"enabled": accelerator.get("Enabled")},
        )


CHECK = Check(META, candidates)
