"""Customer keys that are disabled: they bill until they are deleted."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="key_disabled",
    title="Disabled KMS key",
    service="kms",
    resource_type="kms_key",
    calls=("kms:DescribeKey",),
    thresholds={
        "min_age_days": Threshold(30, "days"),
    },
    waste="1 USD a month",
    cli="aws kms schedule-key-deletion --key-id {id} --pending-window-in-days 30 --region {region}",
    terraform="remove the aws_kms_key",
    confidence="medium",
    source="our own: no other tool looks",
    idle_events=("DisableKey",),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Customer-managed keys in state Disabled; what they encrypted stays unreadable."""
    for key in view.items("kms:DescribeKey"):
        if key.get("KeyManager") == "CUSTOMER" and key.get("KeyState") == "Disabled":
            yield Candidate(
                resource_id=key["Arn"],
                name=key["KeyId"],
                bills=(Bills("kms_key"),),
                created_at=when(key.get("CreationDate")),
                facts={"description": key.get("Description")},
                doubt="Deleting it makes what it encrypted unreadable for ever.",
            )


CHECK = Check(META, candidates)
