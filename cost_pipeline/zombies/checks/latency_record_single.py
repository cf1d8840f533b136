"""Latency records that have nothing to choose between."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="latency_record_single",
    title="Single latency record",
    service="route53",
    resource_type="route53_record",
    calls=("route53:ListResourceRecordSets",),
    thresholds={},
    waste="0.20 USD for a million queries: latency queries cost more than plain ones",
    cli="aws route53 change-resource-record-sets --hosted-zone-id ZONE "
    "--change-batch file://plain.json  # a plain record in place of {name}",
    terraform="drop latency_routing_policy from the aws_route53_record",
    confidence="high",
    source="Trusted Advisor: only one latency record of its name and type",
    home_region="us-east-1",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Names with exactly one record that is chosen by region."""
    by_name: dict[tuple[str, str, str], int] = {}
    for record in view.items("route53:ListResourceRecordSets"):
        if record.get("Region"):
            key = (record["_of"]["HostedZoneId"], record["Name"], record["Type"])
            by_name[key] = by_name.get(key, 0) + 1
    for (zone, name, kind), records in by_name.items():
        if records == 1:
            yield Candidate(
                resource_id=f"{zone.removeprefix('/hostedzone/')}/{name}/{kind}",
                name=name,
                bills=(Bills("route53_record", usd_month=Decimal(0)),),
                facts={"type": kind},
            )


CHECK = Check(META, candidates)
