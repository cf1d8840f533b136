"""Transit gateway attachments that pass no traffic."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="transit_attachment_idle",
    title="Transit gateway attachment without traffic",
    service="vpc",
    resource_type="transit_gateway_attachment",
    calls=("ec2:DescribeTransitGatewayAttachments",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(30, "days"),
        "max_bytes": Threshold(1000000.0, "bytes a day"),
    },
    waste="0.05 USD an hour",
    cli=(
        "aws ec2 delete-transit-gateway-vpc-attachment --transit-gateway-attachment-id "
        "{id} --region {region}"
    ),
    terraform="remove the aws_ec2_transit_gateway_vpc_attachment",
    confidence="high",
    source="cloud-custodian's metrics filter, with a floor for health checks",
    metrics=(
        Metric("AWS/TransitGateway", "BytesIn", "Sum", "max_bytes", "max"),
        Metric("AWS/TransitGateway", "BytesOut", "Sum", "max_bytes", "max"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available attachments of this account: the owner of the attached side pays."""
    for attachment in view.items("ec2:DescribeTransitGatewayAttachments"):
        owner = attachment.get("ResourceOwnerId", view.account_id)
        if attachment.get("State") != "available" or owner != view.account_id:
            continue
        name = attachment["TransitGatewayAttachmentId"]
        yield Candidate(
            resource_id=name,
            bills=(Bills("transit_gateway_attachment"),),
            created_at=when(attachment.get("CreationTime")),
            tags=tags_of(attachment),
            dimensions={
                "TransitGateway": attachment["TransitGatewayId"],
                "TransitGatewayAttachment": name,
            },
            facts={"type": attachment.get("ResourceType"), "to": attachment.get("ResourceId")},
        )


CHECK = Check(META, candidates)
