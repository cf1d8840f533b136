"""EC2: instances launched by people, groups, fleets and services; stopped, resized, ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cost_pipeline.simulate.records import Call, Who, terminate_instances
from cost_pipeline.simulate.story import Resource, Story

SCALING = Who("AWSServiceRoleForAutoScaling", "linked", "autoscaling.amazonaws.com", "AutoScaling")
SPOT_FLEET = Who("AWSServiceRoleForEC2Fleet", "linked", "ec2fleet.amazonaws.com", "EC2Fleet")
EMR = Who("EMR_DefaultRole", "linked", "elasticmapreduce.amazonaws.com", "CCSSession")
BATCH = Who("AWSServiceRoleForBatch", "linked", "batch.amazonaws.com", "aws-batch")


@dataclass(frozen=True, slots=True)
class Group:
    """An autoscaling group and its launch template; with a cluster, that of an EKS node group.

    A group without a name does not tag what it launches: the template alone tells.
    """

    name: str
    template: str
    cluster: str = ""
    nodegroup: str = ""

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags that autoscaling puts on what it launches."""
        tags = [{"key": "aws:autoscaling:groupName", "value": self.name}] if self.name else []
        if self.cluster:
            tags.append({"key": "eks:cluster-name", "value": self.cluster})
            tags.append({"key": "eks:nodegroup-name", "value": self.nodegroup})
        return tags


def launch(
    story: Story,
    at: datetime,
    region: str,
    who: Who,
    size: str,
    count: int = 1,
    *,
    group: Group | None = None,
    spot: bool = False,
    platform: str | None = None,
    tags: Sequence[dict[str, str]] = (),
) -> list[Resource]:
    """One RunInstances for `count` instances; those of a group carry its template and tags."""
    ids = [story.new_id("i") for _ in range(count)]
    request = _request(size, count, group, spot, [*(group.tags if group else ()), *tags])
    item: dict[str, Any] = {
        "instanceType": size,
        "instanceState": {"code": 0, "name": "pending"},
        "placement": {"availabilityZone": f"{region}a", "tenancy": "default"},
    }
    if spot:
        item["instanceLifecycle"] = "spot"
    if platform:
        item["platform"] = platform
    response = {
        "reservationId": story.new_id("r"),
        "instancesSet": {"items": [{"instanceId": one, **item} for one in ids]},
    }
    call = story.call(at, region, who, "ec2:RunInstances", request, response)
    attributes: dict[str, Any] = {"class_": size, "tenancy": "default"}
    if spot:
        attributes["market"] = "spot"
    if platform:
        attributes["os"] = platform
    return [story.begins(call, one, "ec2", "ec2_instance", **attributes) for one in ids]


def _request(
    size: str, count: int, group: Group | None, spot: bool, tags: list[dict[str, str]]
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "instancesSet": {"items": [{"minCount": 1, "maxCount": count}]},
        "monitoring": {"enabled": False},
        "disableApiTermination": False,
    }
    if group:
        request["launchTemplate"] = {"launchTemplateId": group.template, "version": "7"}
    else:
        request["instanceType"] = size
        request["instancesSet"]["items"][0]["imageId"] = "ami-0abc1234def567890"
    if spot:
        request["instanceMarketOptions"] = {"marketType": "spot"}
    if tags:
        request["tagSpecificationSet"] = {"items": [{"resourceType": "instance", "tags": tags}]}
    return request


def refused(
    story: Story,
    at: datetime,
    region: str,
    who: Who,
    size: str,
    error: str = "Client.InstanceLimitExceeded",
) -> Call:
    """A RunInstances that AWS does not grant."""
    request = _request(size, 1, None, False, [])
    return story.call(at, region, who, "ec2:RunInstances", request, None, error=error)


def terminate(story: Story, at: datetime, who: Who, resources: Iterable[Resource]) -> None:
    """Ends instances: one TerminateInstances a region."""
    for region, ours in _by_region(resources).items():
        request, response = terminate_instances([one.resource_id for one in ours])
        story.call(at, region, who, "ec2:TerminateInstances", request, response)
        for one in ours:
            one.until = at


def stop(story: Story, at: datetime, who: Who, resources: Iterable[Resource]) -> None:
    """Stops instances: they cost nothing until they are started again."""
    for region, ours in _by_region(resources).items():
        _switch(story, at, region, who, "StopInstances", ours)
        for one in ours:
            one.until = at


def start(story: Story, at: datetime, who: Who, resources: Iterable[Resource]) -> list[Resource]:
    """Starts stopped instances; each is a resource anew, with a life of its own."""
    begun = []
    for region, ours in _by_region(resources).items():
        call = _switch(story, at, region, who, "StartInstances", ours)
        for one in ours:
            again = Resource(one.resource_id, one.account, region, call.at, call, one.parts)
            story.resources.append(again)
            begun.append(again)
    return begun


def resize(
    story: Story, at: datetime, region: str, who: Who, instance: str, before: str, size: str
) -> Resource:
    """Changes the type of a stopped instance; what it adds is the difference."""
    request = {"instanceId": instance, "instanceType": {"value": size}}
    response = {"_return": True}
    call = story.call(at, region, who, "ec2:ModifyInstanceAttribute", request, response)
    bigger = story.begins(call, instance, "ec2", "ec2_instance", class_=size)
    smaller = Resource(instance, story.account, region, at, call, _plain(before))
    bigger.saves = smaller.rate
    return bigger


def _plain(size: str) -> tuple[tuple[int, str, str, dict[str, Any]], ...]:
    return ((1, "ec2", "ec2_instance", {"class": size}),)


def _switch(
    story: Story, at: datetime, region: str, who: Who, name: str, ours: list[Resource]
) -> Call:
    starting = name == "StartInstances"
    now, before = ("pending", "stopped") if starting else ("stopping", "running")
    code, old = (0, 80) if starting else (64, 16)
    request = {"instancesSet": {"items": [{"instanceId": one.resource_id} for one in ours]}}
    items = [
        {
            "instanceId": one.resource_id,
            "currentState": {"code": code, "name": now},
            "previousState": {"code": old, "name": before},
        }
        for one in ours
    ]
    response = {"instancesSet": {"items": items}}
    return story.call(at, region, who, f"ec2:{name}", request, response)


def _by_region(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for one in resources:
        found.setdefault(one.region, []).append(one)
    return found
