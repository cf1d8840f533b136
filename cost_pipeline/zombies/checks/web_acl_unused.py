"""Web ACLs that inspect nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="web_acl_unused",
    title="Web ACL without requests",
    service="wafv2",
    resource_type="web_acl",
    calls=("wafv2:ListWebACLs",),
    thresholds={
        "lookback_days": Threshold(14, "days"),
        "max_requests": Threshold(0, "requests in all"),
    },
    waste="5 USD a month, plus 1 for each rule",
    cli=(
        "aws wafv2 delete-web-acl --id ID --name {name} --scope REGIONAL --lock-token "
        "TOKEN --region {region}"
    ),
    terraform="remove the aws_wafv2_web_acl",
    confidence="low",
    source="our own: no other tool looks",
    metrics=(
        Metric("AWS/WAFV2", "AllowedRequests", "Sum", "max_requests"),
        Metric("AWS/WAFV2", "BlockedRequests", "Sum", "max_requests"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Regional web ACLs, by the requests that they let pass or stopped."""
    for acl in view.items("wafv2:ListWebACLs"):
        yield Candidate(
            resource_id=acl["ARN"],
            name=acl["Name"],
            bills=(Bills("web_acl"),),
            dimensions={"Region": view.region, "Rule": "ALL", "WebACL": acl["Name"]},
            doubt="Its metric may be named differently; AWS does not say how old it is.",
        )


CHECK = Check(META, candidates)
