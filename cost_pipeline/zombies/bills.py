"""From AWS's description of a resource to what of it is billed: shared by several checks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills
from cost_pipeline.zombies.view import number


def volume_bill(volume: Mapping[str, Any]) -> Bills:
    """An EBS volume: size, type, and what was provisioned beyond it."""
    attributes: dict[str, Attribute] = {
        "class": volume.get("VolumeType", "gp2"),
        "size_gb": number(volume["Size"]),
    }
    if volume.get("Iops"):
        attributes["iops"] = number(volume["Iops"])
    if volume.get("Throughput"):
        attributes["throughput"] = number(volume["Throughput"])
    return Bills("ebs_volume", attributes, service="ec2")


def snapshot_bill(snapshot: Mapping[str, Any]) -> Bills:
    """An EBS snapshot, at most: its volume's size."""
    return Bills("ebs_snapshot", {"size_gb": number(snapshot.get("VolumeSize"))}, service="ec2")


def instance_bill(instance: Mapping[str, Any]) -> Bills:
    """An EC2 instance by type, system, tenancy and market.

    >>> bill = instance_bill({"InstanceType": "m5.large", "PlatformDetails": "Windows"})
    >>> bill.attributes["os"]
    'windows'
    """
    details = str(instance.get("PlatformDetails") or instance.get("Platform") or "linux").lower()
    systems = (("windows", "windows"), ("red hat", "rhel"), ("suse", "sles"))
    system = next((name for mark, name in systems if mark in details), "linux")
    attributes: dict[str, Attribute] = {"class": str(instance["InstanceType"]), "os": system}
    tenancy = instance.get("Placement", {}).get("Tenancy")
    if tenancy and tenancy != "default":
        attributes["tenancy"] = tenancy
    if instance.get("InstanceLifecycle"):
        attributes["market"] = instance["InstanceLifecycle"]
    return Bills("ec2_instance", attributes, service="ec2")


def database_bill(database: Mapping[str, Any]) -> Bills:
    """An RDS or Aurora instance with its storage."""
    attributes: dict[str, Attribute] = {
        "class": database["DBInstanceClass"],
        "engine": database["Engine"],
        "multi_az": bool(database.get("MultiAZ")),
        "size_gb": number(database.get("AllocatedStorage")),
    }
    if database.get("StorageType"):
        attributes["storage_type"] = database["StorageType"]
    if database.get("Iops"):
        attributes["iops"] = number(database["Iops"])
    return Bills("rds_instance", attributes, service="rds")


def gb_month(resource_type: str, size_bytes: object, usd_gb: str) -> Bills:
    """Storage of which the price book knows no rate: so many USD a GB and month."""
    return Bills(resource_type, usd_month=number(size_bytes) / 10**9 * Decimal(usd_gb))


def vcpus(instance_class: str) -> int:
    """The vCPUs of a class by its size, as current families have them.

    >>> vcpus("db.m5.large"), vcpus("db.r6g.4xlarge"), vcpus("db.t3.micro")
    (2, 16, 2)
    """
    size = instance_class.rpartition(".")[2]
    if not size.endswith("xlarge"):
        return 2
    return 4 * int(size.removesuffix("xlarge") or 1)
