"""What a call left behind, in words and in money: who left what, and what it costs a month."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cost_pipeline.core.calls import Attribute
from cost_pipeline.core.model import HOURS_PER_MONTH
from cost_pipeline.zombies.model import Prices

_CENT = Decimal("0.01")
_SERVICES = {
    "ebs_volume": "ec2",
    "ebs_snapshot": "ec2",
    "elastic_ip": "vpc",
    "rds_snapshot": "rds",
    "load_balancer": "elb",
}
_DID = {
    "TerminateInstances": "terminated",
    "DeregisterImage": "deregistered",
    "DeleteDBInstance": "deleted",
    "DeleteDBCluster": "deleted",
}
_KINDS = {
    "ebs_volume": "volume",
    "ebs_snapshot": "snapshot",
    "elastic_ip": "address",
    "rds_snapshot": "snapshot",
}


def monthly_cost(row: Mapping[str, Any], prices: Prices) -> Decimal | None:
    """USD a month: at the rate that CloudTrail told, else at the price of its size and type.

    >>> monthly_cost({"hourly_cost": Decimal("0.005")}, None)  # type: ignore[arg-type]
    Decimal('3.65')
    """
    rate = row["hourly_cost"]
    if rate is None:
        kind = row["resource_type"]
        rate = prices.price(_SERVICES[kind], row["region"], kind, _attributes(row)).usd
    if rate is None:
        return None
    return (Decimal(rate) * HOURS_PER_MONTH).quantize(_CENT, ROUND_HALF_UP)


def _attributes(row: Mapping[str, Any]) -> dict[str, Attribute]:
    facts, kind = row["facts"], row["resource_type"]
    found: dict[str, Attribute] = {}
    if facts.get("size_gb") is not None:
        found["size_gb"] = Decimal(str(facts["size_gb"]))
    if kind == "ebs_volume":
        found["class"] = str(facts.get("class") or "gp2")
    if kind == "load_balancer":
        found["class"] = _balancer_kind(row["resource_id"])
    return found


def _balancer_kind(arn: str) -> str:
    """The kind of a load balancer, by its ARN.

    >>> _balancer_kind("arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/web/0a1")
    'network'
    """
    kinds = {"app": "application", "net": "network", "gwy": "gateway"}
    parts = arn.rpartition("loadbalancer/")[2].split("/")
    return kinds.get(parts[0], "classic") if len(parts) > 1 else "classic"


def title(row: Mapping[str, Any]) -> str:
    """One sentence: who did what, and what stays.

    >>> title({"actor": "maya", "event_name": "TerminateInstances", "parent_id": "i-1",
    ...     "resource_id": "vol-1", "resource_type": "ebs_volume", "facts": {}})
    'maya terminated i-1 and left its volume vol-1'
    """
    name, did = _short(row["resource_id"]), _DID.get(row["event_name"])
    if row["resource_type"] == "load_balancer":
        last = "last" if row["facts"].get("since_its_making") else "last known"
        how = did or "deregistered"
        return f"{row['actor']} {how} {row['facts']['last_target']}, the {last} target of {name}"
    what = _KINDS.get(row["resource_type"], row["resource_type"])
    if row["resource_id"].endswith(":snapshots"):
        name, what = "", "snapshots"
    elif row["resource_id"].startswith(f"{row['parent_id']}:"):
        name = row["resource_id"].removeprefix(f"{row['parent_id']}:")
    parent = _short(row["parent_id"])
    last = "a last" if row["facts"].get("last") else "its"
    size = row["facts"].get("size_gb")
    amount = f" ({size} GB)" if size else ""
    return f"{row['actor']} {did} {parent} and left {last} {what} {name}".rstrip() + amount


def _short(resource_id: str) -> str:
    """The name at the end of an ARN; other ids as they are."""
    if not resource_id.startswith("arn:"):
        return resource_id
    tail = resource_id.split(":", 5)[-1]
    return tail.partition(":")[2] or tail.rpartition("loadbalancer/")[2] or tail
