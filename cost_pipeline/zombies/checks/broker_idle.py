"""Amazon MQ brokers that no client connects to."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="broker_idle",
    title="Message broker without connections",
    service="amazonmq",
    resource_type="mq_broker",
    calls=("mq:ListBrokers",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_connections": Threshold(0, "connections at any moment"),
    },
    waste="price of the type × 730 hours (twice or three times for a pair or cluster)",
    cli="aws mq delete-broker --broker-id {name} --region {region}",
    terraform="remove the aws_mq_broker",
    confidence="high",
    source="cloud-custodian's metrics filter: no connections",
    metrics=(
        Metric("AWS/AmazonMQ", "CurrentConnectionsCount", "Maximum", "max_connections", "max"),
        Metric("AWS/AmazonMQ", "ConnectionCount", "Maximum", "max_connections", "max"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Running brokers; ActiveMQ counts by node, RabbitMQ by broker."""
    for broker in view.items("mq:ListBrokers"):
        if broker.get("BrokerState") != "RUNNING":
            continue
        name, mode = broker["BrokerName"], str(broker.get("DeploymentMode", "")).lower()
        size: dict[str, Attribute] = {"class": broker["HostInstanceType"], "deployment": mode}
        active = broker.get("EngineType", "").upper() == "ACTIVEMQ"
        nodes = [f"{name}-1", f"{name}-2"][: 2 if "standby" in mode else 1] if active else [name]
        yield Candidate(
            resource_id=broker["BrokerArn"],
            name=broker["BrokerId"],
            bills=(Bills("mq_broker", size),),
            created_at=when(broker.get("Created")),
            dimensions={"Broker": nodes[0]},
            more_dimensions=tuple({"Broker": node} for node in nodes[1:]),
            facts={"type": broker["HostInstanceType"], "engine": broker.get("EngineType")},
        )


CHECK = Check(META, candidates)
