"""Volumes, snapshots and their copies, addresses and NAT gateways."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.story import Resource, Story


def volume(
    story: Story,
    at: datetime,
    region: str,
    who: Who,
    size_gb: int,
    kind: str = "gp3",
    iops: int = 0,
) -> Resource:
    """CreateVolume; sizes are text in logs."""
    one = story.new_id("vol")
    request = {"size": str(size_gb), "volumeType": kind, "zone": f"{region}a"}
    response = {"volumeId": one, "size": str(size_gb), "volumeType": kind, "zone": f"{region}a"}
    more: dict[str, Any] = {}
    if iops:
        response["iops"] = str(iops)
        more["iops"] = iops
    call = story.call(at, region, who, "ec2:CreateVolume", request, response)
    return story.begins(call, one, "ec2", "ebs_volume", class_=kind, size_gb=size_gb, **more)


def delete_volume(story: Story, at: datetime, who: Who, volume: Resource) -> None:
    """DeleteVolume."""
    request = {"volumeId": volume.resource_id}
    story.call(at, volume.region, who, "ec2:DeleteVolume", request, {"_return": True})
    volume.until = at


def snapshot(
    story: Story, at: datetime, region: str, who: Who, size_gb: int, volume: str | None = None
) -> Resource:
    """CreateSnapshot of a volume."""
    one, of = story.new_id("snap"), volume or story.new_id("vol")
    response = {
        "snapshotId": one,
        "volumeId": of,
        "volumeSize": str(size_gb),
        "status": "pending",
        "encrypted": True,
    }
    call = story.call(at, region, who, "ec2:CreateSnapshot", {"volumeId": of}, response)
    return story.begins(call, one, "ec2", "ebs_snapshot", size_gb=size_gb)


def copy_snapshot(
    story: Story, at: datetime, region: str, who: Who, source: Resource, size_gb: int
) -> Resource:
    """CopySnapshot into `region`; the call does not say how large it is."""
    one = story.new_id("snap")
    request = {
        "sourceRegion": source.region,
        "sourceSnapshotId": source.resource_id,
        "destinationRegion": region,
    }
    call = story.call(at, region, who, "ec2:CopySnapshot", request, {"snapshotId": one})
    return story.begins(call, one, "ec2", "ebs_snapshot", size_gb=size_gb)


def delete_snapshots(story: Story, at: datetime, who: Who, snapshots: Iterable[Resource]) -> None:
    """DeleteSnapshot for each."""
    for one in snapshots:
        request = {"snapshotId": one.resource_id}
        story.call(at, one.region, who, "ec2:DeleteSnapshot", request, {"_return": True})
        one.until = at


def address(story: Story, at: datetime, region: str, who: Who) -> Resource:
    """AllocateAddress."""
    one = story.new_id("eipalloc")
    response = {"publicIp": "203.0.113.9", "domain": "vpc", "allocationId": one}
    call = story.call(at, region, who, "ec2:AllocateAddress", {"domain": "vpc"}, response)
    return story.begins(call, one, "vpc", "elastic_ip")


def nat_gateway(story: Story, at: datetime, region: str, who: Who) -> list[Resource]:
    """AllocateAddress, then CreateNatGateway with it."""
    eip, one = address(story, at, region, who), story.new_id("nat")
    request = {
        "CreateNatGatewayRequest": {
            "AllocationId": eip.resource_id,
            "ConnectivityType": "public",
            "SubnetId": story.new_id("subnet"),
        }
    }
    gateway = {"natGatewayId": one, "state": "pending", "connectivityType": "public"}
    response = {"CreateNatGatewayResponse": {"natGateway": gateway}}
    call = story.call(at, region, who, "ec2:CreateNatGateway", request, response)
    return [eip, story.begins(call, one, "vpc", "nat_gateway", class_="public")]


def delete_nat(story: Story, at: datetime, who: Who, resources: Iterable[Resource]) -> None:
    """DeleteNatGateway and ReleaseAddress."""
    for one in resources:
        if one.resource_id.startswith("nat-"):
            body = {"DeleteNatGatewayRequest": {"NatGatewayId": one.resource_id}}
            answer = {"DeleteNatGatewayResponse": {"natGatewayId": one.resource_id}}
            story.call(at, one.region, who, "ec2:DeleteNatGateway", body, answer)
        else:
            request = {"allocationId": one.resource_id}
            story.call(at, one.region, who, "ec2:ReleaseAddress", request, {"_return": True})
        one.until = at
