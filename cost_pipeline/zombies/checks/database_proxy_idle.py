"""RDS proxies that no client uses."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="database_proxy_idle",
    title="Database proxy without connections",
    service="rds",
    resource_type="rds_proxy",
    calls=("rds:DescribeDBProxies",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_connections": Threshold(0, "connections at any moment"),
    },
    waste="vCPUs of the database × 0.015 USD an hour, at least two",
    cli="aws rds delete-db-proxy --db-proxy-name {name} --region {region}",
    terraform="remove the aws_db_proxy",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/RDS", "ClientConnections", "Maximum", "max_connections", "max"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available proxies."""
    for proxy in view.items("rds:DescribeDBProxies"):
        if proxy.get("Status") == "available":
            name = proxy["DBProxyName"]
            yield Candidate(
                resource_id=f"db-proxy/{view.region}/{view.account_id}/{name}",
                name=name,
                bills=(Bills("rds_proxy"),),
                created_at=when(proxy.get("CreatedDate")),
                dimensions={"ProxyName": name},
                facts={"engine": proxy.get("EngineFamily")},
            )


CHECK = Check(META, candidates)
