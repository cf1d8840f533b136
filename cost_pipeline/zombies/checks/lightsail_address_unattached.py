"""Lightsail static addresses attached to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="lightsail_address_unattached",
    title="Unattached Lightsail address",
    service="lightsail",
    resource_type="lightsail_static_ip",
    calls=("lightsail:GetStaticIps",),
    thresholds={
        "min_age_days": Threshold(1, "days"),
    },
    waste="0.005 USD an hour",
    cli="aws lightsail release-static-ip --static-ip-name {name} --region {region}",
    terraform="remove the aws_lightsail_static_ip",
    confidence="high",
    source="cloudwise: not attached",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Addresses without an instance."""
    for address in view.items("lightsail:GetStaticIps"):
        if not address.get("isAttached"):
            yield Candidate(
                resource_id=address["arn"],
                name=address["name"],
                bills=(Bills("lightsail_static_ip", usd_month=Decimal("3.65")),),
                created_at=when(address.get("createdAt")),
                facts={"address": address.get("ipAddress")},
            )


CHECK = Check(META, candidates)
