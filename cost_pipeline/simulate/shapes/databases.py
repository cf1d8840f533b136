"""RDS, DynamoDB, ElastiCache: databases made, restored, resized and deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.story import Resource, Story


def database(
    story: Story,
    at: datetime,
    region: str,
    who: Who,
    size: str,
    *,
    multi_az: bool = False,
    size_gb: int = 100,
    restored: bool = False,
) -> Resource:
    """CreateDBInstance, or RestoreDBInstanceFromDBSnapshot."""
    name = story.new_name("restored" if restored else "db")
    arn = _arn(story, region, name)
    body: dict[str, Any] = {
        "dBInstanceIdentifier": name,
        "dBInstanceClass": size,
        "engine": "postgres",
        "storageType": "gp3",
        "multiAZ": multi_az,
    }
    response = {**body, "dBInstanceArn": arn, "allocatedStorage": size_gb}
    request = {**body, "dBSnapshotIdentifier": "rds:prod-nightly"} if restored else {**body}
    if not restored:
        request |= {"allocatedStorage": size_gb, "masterUserPassword": "****"}
    operation = "RestoreDBInstanceFromDBSnapshot" if restored else "CreateDBInstance"
    call = story.call(at, region, who, f"rds:{operation}", request, response)
    return story.begins(
        call,
        arn,
        "rds",
        "rds_instance",
        class_=size,
        engine="postgres",
        storage_type="gp3",
        size_gb=size_gb,
        multi_az=multi_az,
    )


def grow_database(
    story: Story, at: datetime, who: Who, old: Resource, size: str, size_gb: int = 100
) -> Resource:
    """ModifyDBInstance to another class; the response holds the old values and what is pending."""
    name = old.resource_id.rpartition(":")[2]
    before = old.parts[0][3]
    request = {"dBInstanceIdentifier": name, "dBInstanceClass": size, "applyImmediately": True}
    response = {
        "dBInstanceIdentifier": name,
        "dBInstanceArn": old.resource_id,
        "dBInstanceClass": before["class"],
        "engine": "postgres",
        "storageType": "gp3",
        "multiAZ": before["multi_az"],
        "allocatedStorage": size_gb,
        "pendingModifiedValues": {"dBInstanceClass": size},
    }
    call = story.call(at, old.region, who, "rds:ModifyDBInstance", request, response)
    parts = ((1, "rds", "rds_instance", {**before, "class": size}),)
    new = Resource(old.resource_id, story.account, old.region, call.at, call, parts)
    new.saves = old.rate
    story.resources.append(new)
    return new


def delete_database(story: Story, at: datetime, who: Who, database: Resource) -> None:
    """DeleteDBInstance."""
    name = database.resource_id.rpartition(":")[2]
    request = {"dBInstanceIdentifier": name, "skipFinalSnapshot": True}
    response = {"dBInstanceIdentifier": name, "dBInstanceArn": database.resource_id}
    story.call(at, database.region, who, "rds:DeleteDBInstance", request, response)
    database.until = at


def table(story: Story, at: datetime, region: str, who: Who, reads: int, writes: int) -> Resource:
    """CreateTable with provisioned capacity."""
    name = story.new_name("table")
    capacity = {"readCapacityUnits": reads, "writeCapacityUnits": writes}
    request = {
        "tableName": name,
        "billingMode": "PROVISIONED",
        "provisionedThroughput": capacity,
        "keySchema": [{"attributeName": "pk", "keyType": "HASH"}],
    }
    response = {"tableDescription": {"tableName": name, "provisionedThroughput": capacity}}
    call = story.call(at, region, who, "dynamodb:CreateTable", request, response)
    return _table_begins(story, call, name, reads, writes)


def grow_table(
    story: Story, at: datetime, who: Who, old: Resource, reads: int, writes: int
) -> Resource:
    """UpdateTable to another provisioned capacity."""
    name, before = old.resource_id.rpartition("/")[2], old.parts[0][3]
    capacity = {"readCapacityUnits": reads, "writeCapacityUnits": writes}
    had = {
        "readCapacityUnits": _number(before["rcu"]),
        "writeCapacityUnits": _number(before["wcu"]),
    }
    request = {"tableName": name, "provisionedThroughput": capacity}
    response = {"tableDescription": {"tableName": name, "provisionedThroughput": had}}
    call = story.call(at, old.region, who, "dynamodb:UpdateTable", request, response)
    new = _table_begins(story, call, name, reads, writes)
    new.saves = old.rate
    return new


def delete_table(story: Story, at: datetime, who: Who, table: Resource) -> None:
    """DeleteTable."""
    name = table.resource_id.rpartition("/")[2]
    story.call(at, table.region, who, "dynamodb:DeleteTable", {"tableName": name}, None)
    table.until = at


def cache(story: Story, at: datetime, region: str, who: Who, size: str, nodes: int) -> Resource:
    """CreateReplicationGroup of ElastiCache."""
    name = story.new_name("cache")
    members = [f"{name}-{n:03d}" for n in range(1, nodes + 1)]
    request = {
        "replicationGroupId": name,
        "numCacheClusters": nodes,
        "cacheNodeType": size,
        "engine": "redis",
    }
    response = {"replicationGroupId": name, "memberClusters": members, "cacheNodeType": size}
    call = story.call(at, region, who, "elasticache:CreateReplicationGroup", request, response)
    arn = f"arn:aws:elasticache:{region}:{story.account}:replicationgroup:{name}"
    kind = "elasticache_replication_group"
    return story.begins(call, arn, "elasticache", kind, count=nodes, class_=size, engine="redis")


def delete_cache(story: Story, at: datetime, who: Who, cache: Resource) -> None:
    """DeleteReplicationGroup."""
    request = {"replicationGroupId": cache.resource_id.rpartition(":")[2]}
    story.call(at, cache.region, who, "elasticache:DeleteReplicationGroup", request, None)
    cache.until = at


def _table_begins(story: Story, call: Any, name: str, reads: int, writes: int) -> Resource:
    arn = f"arn:aws:dynamodb:{call.region}:{story.account}:table/{name}"
    return story.begins(
        call, arn, "dynamodb", "dynamodb_table", class_="PROVISIONED", rcu=reads, wcu=writes
    )


def _number(value: object) -> int:
    return int(str(value))


def _arn(story: Story, region: str, name: str) -> str:
    return f"arn:aws:rds:{region}:{story.account}:db:{name}"
