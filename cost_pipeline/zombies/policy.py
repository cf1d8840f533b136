"""The least that the product needs to be allowed: generated from the checks' own metadata."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cost_pipeline.aws.api_calls import METRICS, permission_of, with_parents
from cost_pipeline.zombies.model import Check
from cost_pipeline.zombies.registry import CHECKS

_ALWAYS = ("ec2:DescribeRegions", "sts:GetCallerIdentity")


def permissions(checks: Iterable[Check] = ()) -> list[str]:
    """The IAM actions of the checks' calls, each once; all of them read."""
    chosen = list(checks) or list(CHECKS.values())
    calls = {api for check in chosen for api in check.meta.calls}
    asked = {api for wave in with_parents(calls) for api in wave}
    if any(check.meta.metrics for check in chosen):
        asked.add(METRICS)
    return sorted({permission_of(api) for api in asked} | set(_ALWAYS))


def iam_policy(
    checks: Iterable[Check] = (), *, bucket: str | None = None, prefix: str = ""
) -> dict[str, Any]:
    """A policy document for the sweep and, with `bucket`, for reading the trail's files."""
    statements: list[dict[str, Any]] = [
        {
            "Sid": "SweepForIdleResources",
            "Effect": "Allow",
            "Action": permissions(checks),
            "Resource": "*",
        }
    ]
    if bucket:
        inner = prefix.strip("/")
        files = f"{inner}/AWSLogs/*" if inner else "AWSLogs/*"
        statements += [
            {
                "Sid": "ListTheTrail",
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": f"arn:aws:s3:::{bucket}",
            },
            {
                "Sid": "ReadTheTrail",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": f"arn:aws:s3:::{bucket}/{files}",
            },
        ]
    return {"Version": "2012-10-17", "Statement": statements}
