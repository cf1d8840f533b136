"""Secrets that nobody has read for three months."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="secret_unused",
    title="Unused secret",
    service="secretsmanager",
    resource_type="secret",
    calls=("secretsmanager:ListSecrets",),
    thresholds={
        "min_idle_days": Threshold(90, "days", "thrifty's"),
    },
    waste="0.40 USD a month",
    cli=(
        "aws secretsmanager delete-secret --secret-id {id} --region {region}  # "
        "recoverable for 30 days"
    ),
    terraform="remove the aws_secretsmanager_secret",
    confidence="high",
    source="thrifty: last read 90 days ago or never",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Secrets by their last access, or their making if never read; replicas bill as well."""
    for secret in view.items("secretsmanager:ListSecrets"):
        if secret.get("DeletedDate") or secret.get("OwningService"):
            continue
        accessed = when(secret.get("LastAccessedDate"))
        yield Candidate(
            resource_id=secret["ARN"],
            name=secret["Name"],
            bills=(Bills("secret"),),
            created_at=when(secret.get("CreatedDate")),
            idle_since=accessed,
            tags=tags_of(secret),
            facts={"ever_read": accessed is not None},
        )


CHECK = Check(META, candidates)
