"""Redshift, OpenSearch, EMR, EKS, Kinesis and load balancers: clusters and what they launch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import compute
from cost_pipeline.simulate.shapes.compute import Group
from cost_pipeline.simulate.story import Resource, Story


def warehouse(story: Story, at: datetime, region: str, who: Who, size: str, nodes: int) -> Resource:
    """CreateCluster of Redshift."""
    name = story.new_name("dwh")
    body: dict[str, Any] = {
        "clusterIdentifier": name,
        "nodeType": size,
        "numberOfNodes": nodes,
        "clusterType": "multi-node" if nodes > 1 else "single-node",
    }
    response = {**body, "clusterStatus": "creating"}
    call = story.call(at, region, who, "redshift:CreateCluster", body, response)
    arn = f"arn:aws:redshift:{region}:{story.account}:cluster:{name}"
    return story.begins(call, arn, "redshift", "redshift_cluster", count=nodes, class_=size)


def delete_warehouse(story: Story, at: datetime, who: Who, warehouse: Resource) -> None:
    """DeleteCluster of Redshift."""
    name = warehouse.resource_id.rpartition(":")[2]
    request = {"clusterIdentifier": name, "skipFinalClusterSnapshot": True}
    story.call(at, warehouse.region, who, "redshift:DeleteCluster", request, None)
    warehouse.until = at


def search(
    story: Story, at: datetime, region: str, who: Who, size: str, nodes: int, size_gb: int = 100
) -> Resource:
    """CreateDomain of OpenSearch."""
    name = story.new_name("search")
    request = {
        "domainName": name,
        "engineVersion": "OpenSearch_2.11",
        "clusterConfig": {"instanceType": size, "instanceCount": nodes},
        "eBSOptions": {"eBSEnabled": True, "volumeType": "gp3", "volumeSize": size_gb},
    }
    arn = f"arn:aws:es:{region}:{story.account}:domain/{name}"
    response = {"domainStatus": {"domainName": name, "aRN": arn, "processing": True}}
    call = story.call(at, region, who, "es:CreateDomain", request, response)
    return story.begins(
        call,
        arn,
        "es",
        "opensearch_domain",
        count=nodes,
        class_=size,
        size_gb=size_gb,
        volume_type="gp3",
    )


def delete_search(story: Story, at: datetime, who: Who, domain: Resource) -> None:
    """DeleteDomain of OpenSearch."""
    request = {"domainName": domain.resource_id.rpartition("/")[2]}
    story.call(at, domain.region, who, "es:DeleteDomain", request, None)
    domain.until = at


def job_flow(
    story: Story, at: datetime, region: str, who: Who, size: str, nodes: int
) -> list[Resource]:
    """RunJobFlow, then EMR's own RunInstances: the surcharge by the parent, the rest by those."""
    one = "j-" + story.new_id("x")[2:15].upper()
    groups = [
        {"instanceRole": "MASTER", "instanceType": size, "instanceCount": 1},
        {"instanceRole": "CORE", "instanceType": size, "instanceCount": nodes},
    ]
    request = {
        "name": "etl",
        "releaseLabel": "emr-6.15.0",
        "instances": {"instanceGroups": groups, "keepJobFlowAliveWhenNoSteps": False},
    }
    call = story.call(at, region, who, "elasticmapreduce:RunJobFlow", request, {"jobFlowId": one})
    begun = [story.begins(call, one, "emr", "emr_cluster", count=nodes + 1, class_=size)]
    tags = [{"key": "aws:elasticmapreduce:job-flow-id", "value": one}]
    for n, count in enumerate((1, nodes)):
        when = at + timedelta(seconds=40 + 35 * n)
        begun += compute.launch(story, when, region, compute.EMR, size, count, tags=tags)
    return begun


def end_job_flow(story: Story, at: datetime, who: Who, resources: list[Resource]) -> None:
    """TerminateJobFlows, then EMR's own TerminateInstances."""
    flow, *instances = resources
    request = {"jobFlowIds": [flow.resource_id]}
    story.call(at, flow.region, who, "elasticmapreduce:TerminateJobFlows", request, None)
    flow.until = at
    compute.terminate(story, at + timedelta(seconds=50), compute.EMR, instances)


def kubernetes(story: Story, at: datetime, region: str, who: Who, name: str) -> Resource:
    """CreateCluster of EKS."""
    arn = f"arn:aws:eks:{region}:{story.account}:cluster/{name}"
    response = {"cluster": {"name": name, "arn": arn, "status": "CREATING"}}
    request = {"name": name, "version": "1.31"}
    call = story.call(at, region, who, "eks:CreateCluster", request, response)
    return story.begins(call, arn, "eks", "eks_cluster")


def scale_nodegroup(
    story: Story, at: datetime, region: str, who: Who, group: Group, size: str, before: int, to: int
) -> list[Resource]:
    """UpdateNodegroupConfig, then autoscaling's own RunInstances, twenty at a time."""
    config = {"minSize": 1, "maxSize": max(to, before), "desiredSize": to}
    request = {
        "name": group.cluster,
        "nodegroupName": group.nodegroup,
        "scalingConfig": config,
        "clientRequestToken": story.new_id("t"),
    }
    update = {"update": {"id": story.new_id("u"), "status": "InProgress", "type": "ConfigUpdate"}}
    story.call(at, region, who, "eks:UpdateNodegroupConfig", request, update)
    begun: list[Resource] = []
    wanted, batch = to - before, 0
    while wanted > 0:
        count = min(wanted, 20)
        when = at + timedelta(seconds=30 + 25 * batch)
        begun += compute.launch(story, when, region, compute.SCALING, size, count, group=group)
        wanted, batch = wanted - count, batch + 1
    return begun


def balancer(story: Story, at: datetime, region: str, who: Who) -> Resource:
    """CreateLoadBalancer of the second generation."""
    name = story.new_name("lb")
    arn = f"arn:aws:elasticloadbalancing:{region}:{story.account}:loadbalancer/app/{name}/0a1"
    request = {"name": name, "type": "application", "scheme": "internet-facing"}
    made = {"loadBalancerArn": arn, "type": "application", "loadBalancerName": name}
    response = {"loadBalancers": [made]}
    call = story.call(at, region, who, "elasticloadbalancing:CreateLoadBalancer", request, response)
    return story.begins(call, arn, "elb", "load_balancer", class_="application")


def delete_balancer(story: Story, at: datetime, who: Who, balancer: Resource) -> None:
    """DeleteLoadBalancer."""
    request = {"loadBalancerArn": balancer.resource_id}
    name = "elasticloadbalancing:DeleteLoadBalancer"
    story.call(at, balancer.region, who, name, request, None)
    balancer.until = at


def stream(story: Story, at: datetime, region: str, who: Who, shards: int) -> Resource:
    """CreateStream of Kinesis with provisioned shards."""
    name = story.new_name("stream")
    request = {"streamName": name, "shardCount": shards}
    call = story.call(at, region, who, "kinesis:CreateStream", request, None)
    arn = f"arn:aws:kinesis:{region}:{story.account}:stream/{name}"
    return story.begins(call, arn, "kinesis", "kinesis_stream", shards=shards)


def delete_stream(story: Story, at: datetime, who: Who, stream: Resource) -> None:
    """DeleteStream."""
    request = {"streamName": stream.resource_id.rpartition("/")[2]}
    story.call(at, stream.region, who, "kinesis:DeleteStream", request, None)
    stream.until = at
