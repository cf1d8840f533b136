"""Container repositories whose images nobody has pulled for three months."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cost_pipeline.zombies.bills import gb_month
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="images_never_pulled",
    title="Container images nobody pulls",
    service="ecr",
    resource_type="ecr_repository",
    calls=("ecr:DescribeRepositories", "ecr:DescribeImages"),
    thresholds={
        "min_idle_days": Threshold(90, "days", "thrifty's"),
        "min_gb": Threshold(1, "GB", "below, it is pennies"),
    },
    waste="GB × 0.10 USD: at most, because images share layers",
    cli=(
        "aws ecr put-lifecycle-policy --repository-name {name} --lifecycle-policy-text "
        "file://policy.json --region {region}"
    ),
    terraform="add an aws_ecr_lifecycle_policy",
    confidence="medium",
    source="thrifty: never pulled, or last over 90 days ago",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Repositories by their latest pull or push."""
    sizes: dict[str, Decimal] = {}
    used: dict[str, Any] = {}
    for image in view.items("ecr:DescribeImages"):
        name = image["_of"]["repositoryName"]
        sizes[name] = sizes.get(name, Decimal(0)) + number(image.get("imageSizeInBytes"))
        for moment in (when(image.get("lastRecordedPullTime")), when(image.get("imagePushedAt"))):
            if moment:
                used[name] = max(used.get(name, moment), moment)
    for repository in view.items("ecr:DescribeRepositories"):
        name = repository["repositoryName"]
        size = sizes.get(name, Decimal(0))
        if size >= Decimal(view.limit("min_gb")) * 10**9:
            yield Candidate(
                resource_id=repository["repositoryArn"],
                name=name,
                bills=(gb_month("ecr_repository", size, "0.10"),),
                created_at=when(repository.get("createdAt")),
                idle_since=used.get(name),
                facts={"bytes": str(size)},
            )


CHECK = Check(META, candidates)
