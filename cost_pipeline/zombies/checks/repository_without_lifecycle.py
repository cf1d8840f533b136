"""Container repositories from which no image is ever removed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.bills import gb_month
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="repository_without_lifecycle",
    title="Container repository without lifecycle policy",
    service="ecr",
    resource_type="ecr_repository",
    calls=("ecr:DescribeRepositories", "ecr:DescribeImages", "ecr:GetLifecyclePolicy"),
    thresholds={
        "min_age_days": Threshold(30, "days", "time to set it up"),
        "min_gb": Threshold(10, "GB", "below, it is pennies"),
    },
    waste="GB × 0.10 USD: at most, because images share layers and some are in use",
    cli="aws ecr put-lifecycle-policy --repository-name {name} --lifecycle-policy-text "
    "file://policy.json --region {region}",
    terraform="add an aws_ecr_lifecycle_policy",
    confidence="review",
    source="Trusted Advisor: no lifecycle policy",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Repositories of some size without a policy."""
    kept = {policy["_of"]["repositoryName"] for policy in view.items("ecr:GetLifecyclePolicy")}
    sizes: dict[str, Decimal] = {}
    for image in view.items("ecr:DescribeImages"):
        name = image["_of"]["repositoryName"]
        sizes[name] = sizes.get(name, Decimal(0)) + number(image.get("imageSizeInBytes"))
    for repository in view.items("ecr:DescribeRepositories"):
        name = repository["repositoryName"]
        size = sizes.get(name, Decimal(0))
        if name not in kept and size >= Decimal(view.limit("min_gb")) * 10**9:
            yield Candidate(
                resource_id=repository["repositoryArn"],
                name=name,
                bills=(gb_month("ecr_repository", size, "0.10"),),
                created_at=when(repository.get("createdAt")),
                facts={"bytes": str(size)},
            )


CHECK = Check(META, candidates)
