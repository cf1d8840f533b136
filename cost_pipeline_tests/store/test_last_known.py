"""Calls that say a number, a type or a size alone cost what earlier calls said of the rest."""

from decimal import Decimal
from typing import Any

import pytest

from cost_pipeline_tests.fixtures.priced import Calls, events

CLUSTER = "arn:aws:kafka:us-east-1:111122223333:cluster/bus/0a1"
VOLUMES = f"msk-storage/{CLUSTER}"
MACHINES = {"instanceType": "kafka.m5.large"}
DISKS = {"storageInfo": {"ebsStorageInfo": {"volumeSize": 730}}}

BROKERS: Calls = {
    "CreateCluster": (
        {"clusterName": "bus", "numberOfBrokerNodes": 3, "brokerNodeGroupInfo": MACHINES | DISKS},
        {"clusterArn": CLUSTER},
    ),
    "UpdateBrokerStorage": (
        {
            "clusterArn": CLUSTER,
            "targetBrokerEBSVolumeInfo": [{"kafkaBrokerNodeId": "All", "volumeSizeGB": 1460}],
        },
        {"clusterArn": CLUSTER},
    ),
    "UpdateBrokerCount": (
        {"clusterArn": CLUSTER, "targetNumberOfBrokerNodes": 6},
        {"clusterArn": CLUSTER},
    ),
    "UpdateBrokerType": (
        {"clusterArn": CLUSTER, "targetInstanceType": "kafka.m5.xlarge"},
        {"clusterArn": CLUSTER},
    ),
    "DeleteCluster": ({"clusterArn": CLUSTER}, {"clusterArn": CLUSTER}),
}
BROKER: Calls = {
    "CreateBroker": (
        {
            "brokerName": "orders",
            "hostInstanceType": "mq.m5.xlarge",
            "deploymentMode": "CLUSTER_MULTI_AZ",
        },
        {"brokerId": "b-1"},
    ),
    "UpdateBroker": ({"brokerId": "b-1", "hostInstanceType": "mq.m5.4xlarge"}, {"brokerId": "b-1"}),
}
STREAM: Calls = {
    "CreateStream": ({"streamName": "clicks", "shardCount": 2}, {}),
    "SplitShard": ({"streamName": "clicks", "shardToSplit": "shardId-0"}, {}),
    "SplitShard again": ({"streamName": "clicks", "shardToSplit": "shardId-1"}, {}),
    "MergeShards": ({"streamName": "clicks", "shardToMerge": "shardId-2"}, {}),
    "DeleteStream": ({"streamName": "clicks"}, {}),
}
WORKERS = {"workerCount": 10, "workerConfiguration": {"cpu": "4 vCPU", "memory": "8 GB"}}
SPARK: Calls = {
    "CreateApplication": (
        {"name": "etl", "type": "SPARK", "initialCapacity": {"EXECUTOR": WORKERS}},
        {"applicationId": "00f"},
    ),
    "StartApplication": ({"applicationId": "00f"}, {}),
    "StopApplication": ({"applicationId": "00f"}, {}),
}
BILLED = [
    ("kafka", BROKERS, CLUSTER, ["0.63", "1.26", "2.52", "0"]),
    ("kafka", BROKERS, VOLUMES, ["0.3", "0.6", "1.2", "0"]),
    ("amazonmq", BROKER, "arn:aws:mq:us-east-1:111122223333:broker:b-1", ["1.728", "6.912"]),
    (
        "kinesis",
        STREAM,
        "arn:aws:kinesis:us-east-1:111122223333:stream/clicks",
        ["0.03", "0.045", "0.06", "0.045", "0"],
    ),
    (
        "emr-serverless",
        SPARK,
        "arn:aws:emr-serverless:us-east-1:111122223333:/applications/00f",
        [None, "2.56724", "0"],  # ten times four vCPUs and eight GB
    ),
]


@pytest.mark.parametrize(("service", "calls", "resource", "rates"), BILLED)
def test_what_a_call_does_not_say_is_known_from_earlier_ones(
    loader: Any, service: str, calls: Calls, resource: str, rates: list[str | None]
) -> None:
    for number, (name, (request, answer)) in enumerate(calls.items()):
        found = events(number, name, request, answer, source=f"{service}.amazonaws.com")
        loader.load(name, *found, day=found[0].partition_day)
    rows = loader.rows(
        "SELECT hourly_cost FROM resource_spans"
        f" WHERE resource_id = '{resource}' ORDER BY from_time"
    )
    assert [row["hourly_cost"] for row in rows] == [rate and Decimal(rate) for rate in rates]
