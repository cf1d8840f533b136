"""Candidates that several checks share, told apart by their kind or engine alone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate
from cost_pipeline.zombies.view import View, number, tags_of, when


def vpc_endpoints(view: View, kind: str) -> Iterator[Candidate]:
    """Available endpoints of a `VpcEndpointType`, a unit for each subnet."""
    for endpoint in view.items("ec2:DescribeVpcEndpoints"):
        state = str(endpoint.get("State", "")).lower()
        if endpoint.get("VpcEndpointType") != kind or state != "available":
            continue
        zones = number(len(endpoint.get("SubnetIds", ())) or 1)
        yield Candidate(
            resource_id=endpoint["VpcEndpointId"],
            bills=(Bills("vpc_endpoint", {"class": kind.lower()}, zones),),
            created_at=when(endpoint.get("CreationTimestamp")),
            tags=tags_of(endpoint),
            dimensions={
                "Endpoint Type": kind,
                "Service Name": endpoint["ServiceName"],
                "VPC Endpoint Id": endpoint["VpcEndpointId"],
                "VPC Id": endpoint["VpcId"],
            },
            facts={"service": endpoint["ServiceName"], "zones": str(zones)},
        )


def balancers_with_targets(view: View, kind: str) -> Iterator[Candidate]:
    """Load balancers of a `Type` with targets; those without have a check of their own."""
    filled = {h["_of"]["TargetGroupArn"] for h in view.items("elbv2:DescribeTargetHealth")}
    used = {
        arn
        for group in view.items("elbv2:DescribeTargetGroups")
        if group["TargetGroupArn"] in filled
        for arn in group.get("LoadBalancerArns", ())
    }
    for balancer in view.items("elbv2:DescribeLoadBalancers"):
        arn = balancer["LoadBalancerArn"]
        if balancer.get("Type") != kind or arn not in used:
            continue
        yield Candidate(
            resource_id=arn,
            name=balancer["LoadBalancerName"],
            bills=(Bills("load_balancer", {"class": kind}),),
            created_at=when(balancer.get("CreatedTime")),
            dimensions={"LoadBalancer": arn.partition(":loadbalancer/")[2]},
        )


def cache_clusters(view: View, *engines: str) -> Iterator[Candidate]:
    """Available clusters; a replica serves no reads until it is promoted."""
    for cluster in view.items("elasticache:DescribeCacheClusters"):
        engine = cluster["Engine"]
        if engine not in engines or cluster.get("CacheClusterStatus") != "available":
            continue
        name, nodes = cluster["CacheClusterId"], number(cluster.get("NumCacheNodes", 1))
        attributes: dict[str, Attribute] = {"class": cluster["CacheNodeType"], "engine": engine}
        group = cluster.get("ReplicationGroupId")
        yield Candidate(
            resource_id=cluster.get("ARN") or view.arn("elasticache", f"cluster:{name}"),
            name=name,
            bills=(Bills("elasticache_cluster", attributes, nodes),),
            created_at=when(cluster.get("CacheClusterCreateTime")),
            dimensions={"CacheClusterId": name},
            facts={"type": cluster["CacheNodeType"], "replication_group": group},
            doubt=f"A member of {group}: it may be a replica." if group else None,
        )


OTHER_DATABASES = ("docdb", "neptune")
"""Engines of other services, which RDS lists among its own."""


def clustered_databases(view: View, engine: str) -> Iterator[Candidate]:
    """Available instances of DocumentDB or Neptune, which RDS lists with its own."""
    for database in view.items("rds:DescribeDBInstances"):
        if database["Engine"] != engine or database.get("DBInstanceStatus") != "available":
            continue
        attributes: dict[str, Attribute] = {"class": database["DBInstanceClass"], "engine": engine}
        yield Candidate(
            resource_id=database["DBInstanceArn"],
            name=database["DBInstanceIdentifier"],
            bills=(Bills("rds_instance", attributes),),
            created_at=when(database.get("InstanceCreateTime")),
            tags=tags_of(database),
            dimensions={"DBInstanceIdentifier": database["DBInstanceIdentifier"]},
            facts={"class": database["DBInstanceClass"]},
        )


def redshift_clusters(view: View) -> Iterator[Candidate]:
    """Available clusters; a paused one bills storage only."""
    for cluster in view.items("redshift:DescribeClusters"):
        if cluster.get("ClusterStatus") != "available":
            continue
        name, nodes = cluster["ClusterIdentifier"], number(cluster.get("NumberOfNodes", 1))
        yield Candidate(
            resource_id=view.arn("redshift", f"cluster:{name}"),
            name=name,
            bills=(Bills("redshift_cluster", {"class": cluster["NodeType"]}, nodes),),
            created_at=when(cluster.get("ClusterCreateTime")),
            tags=tags_of(cluster),
            dimensions={"ClusterIdentifier": name},
            facts={"type": cluster["NodeType"], "nodes": str(nodes)},
        )


def functions(view: View) -> Iterator[Candidate]:
    """All Lambda functions; the day of the last change stands for their making."""
    for function in view.items("lambda:ListFunctions"):
        yield Candidate(
            resource_id=function["FunctionArn"],
            name=function["FunctionName"],
            bills=(Bills("lambda_function", usd_month=Decimal(0)),),
            created_at=when(function.get("LastModified")),
            dimensions={"FunctionName": function["FunctionName"]},
            facts={
                "runtime": function.get("Runtime"),
                "memory_mb": function.get("MemorySize"),
                "timeout_seconds": function.get("Timeout"),
            },
        )
