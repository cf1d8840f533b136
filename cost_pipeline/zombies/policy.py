"""The least that the product needs to be allowed: generated from the checks' own metadata."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from cost_pipeline.aws.api_calls import METRICS, permission_of, with_parents
from cost_pipeline.zombies.model import Check
from cost_pipeline.zombies.registry import CHECKS

_ALWAYS = ("ec2:DescribeRegions", "sts:GetCallerIdentity")


_FINDING = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "organizations:ListAccounts")


def permissions(checks: Iterable[Check] = ()) -> list[str]:
    """The IAM actions of the checks' calls, each once; all of them read."""
    chosen = list(checks) or list(CHECKS.values())
    calls = {api for check in chosen for api in check.meta.calls}
    asked = {api for wave in with_parents(calls) for api in wave}
    if any(check.meta.metrics for check in chosen):
        asked.add(METRICS)
    return sorted({permission_of(api) for api in asked} | set(_ALWAYS))


def iam_policy(
    checks: Iterable[Check] = (),
    *,
    bucket: str | None = None,
    prefix: str = "",
    kms_key: str | None = None,
    queue: str | None = None,
) -> dict[str, Any]:
    """A policy document for the sweep and, with `bucket`, for finding and reading the trail.

    Args:
        checks: those of the sweep; all, if not given.
        bucket: the trail's bucket.
        prefix: the trail's prefix in it.
        kms_key: ARN of the key that its files are encrypted with.
        queue: ARN of the queue of S3's notices.
    """
    statements: list[dict[str, Any]] = [_allow("SweepForIdleResources", permissions(checks), "*")]
    if bucket:
        inner = prefix.strip("/")
        files = f"{inner}/AWSLogs/*" if inner else "AWSLogs/*"
        statements += [
            _allow("ListTheTrail", ["s3:ListBucket"], f"arn:aws:s3:::{bucket}"),
            _allow("ReadTheTrail", ["s3:GetObject"], f"arn:aws:s3:::{bucket}/{files}"),
            _allow("FindTrailsAndAccounts", list(_FINDING), "*"),
        ]
    if kms_key:
        statements.append(_allow("DecryptTheTrail", ["kms:Decrypt"], kms_key))
    if queue:
        statements.append(_allow("TakeNotices", ["sqs:DeleteMessage", "sqs:ReceiveMessage"], queue))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: list[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def terraform_template() -> str:
    """The policy as Terraform's `templatefile` reads it: `bucket`, and `prefix` with its slash."""
    text = json.dumps(iam_policy(bucket="${bucket}", prefix="${prefix}"), indent=2)
    return text.replace("${prefix}/", "${prefix}") + "\n"
