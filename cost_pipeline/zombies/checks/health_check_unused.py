"""Route 53 health checks that no record refers to."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="health_check_unused",
    title="Unused health check",
    service="route53",
    resource_type="health_check",
    calls=("route53:ListHealthChecks", "route53:ListResourceRecordSets"),
    thresholds={},
    waste="0.50–0.75 USD a month, more for HTTPS",
    cli="aws route53 delete-health-check --health-check-id {id}",
    terraform="remove the aws_route53_health_check",
    confidence="medium",
    source="thrifty: not referenced by a record",
    home_region="us-east-1",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Checks that neither a record nor a calculated check uses."""
    checks = view.items("route53:ListHealthChecks")
    used = {record.get("HealthCheckId") for record in view.items("route53:ListResourceRecordSets")}
    for check in checks:
        used.update(check["HealthCheckConfig"].get("ChildHealthChecks", ()))
    for check in checks:
        if check["Id"] not in used:
            kind = str(check["HealthCheckConfig"]["Type"]).lower()
            yield Candidate(
                resource_id=check["Id"],
                bills=(Bills("health_check", {"class": kind}),),
                facts={"type": kind},
                doubt="CloudWatch alarms or other accounts may watch it.",
            )


CHECK = Check(META, candidates)
