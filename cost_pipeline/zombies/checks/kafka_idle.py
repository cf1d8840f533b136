"""MSK clusters that no byte flows into."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="kafka_idle",
    title="Kafka cluster without traffic",
    service="kafka",
    resource_type="msk_cluster",
    calls=("kafka:ListClustersV2",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_rate": Threshold(0, "bytes a second"),
    },
    waste="brokers × price of the type × 730 hours, plus storage",
    cli="aws kafka delete-cluster --cluster-arn {id} --region {region}",
    terraform="remove the aws_msk_cluster",
    confidence="high",
    source="cloud-custodian's metrics filter: BytesInPerSec = 0",
    metrics=(
        Metric("AWS/Kafka", "BytesInPerSec", "Maximum", "max_rate", "max", missing="unknown"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active provisioned clusters, measured broker by broker."""
    for cluster in view.items("kafka:ListClustersV2"):
        brokers = cluster.get("Provisioned", {})
        count = int(brokers.get("NumberOfBrokerNodes", 0))
        if cluster.get("State") != "ACTIVE" or not count:
            continue
        group = brokers.get("BrokerNodeGroupInfo", {})
        disk = group.get("StorageInfo", {}).get("EbsStorageInfo", {}).get("VolumeSize")
        size: dict[str, Attribute] = {"class": group["InstanceType"], "size_gb": number(disk)}
        name = cluster["ClusterName"]
        series = [{"Broker ID": str(n), "Cluster Name": name} for n in range(1, count + 1)]
        yield Candidate(
            resource_id=cluster["ClusterArn"],
            name=name,
            bills=(Bills("msk_cluster", size, number(count)),),
            created_at=when(cluster.get("CreationTime")),
            tags=tags_of(cluster),
            dimensions=series[0],
            more_dimensions=tuple(series[1:]),
            facts={"type": group["InstanceType"], "brokers": count},
        )


CHECK = Check(META, candidates)
