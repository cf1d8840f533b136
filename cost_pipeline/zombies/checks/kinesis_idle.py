"""Kinesis streams that nobody writes to."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="kinesis_idle",
    title="Kinesis stream without records",
    service="kinesis",
    resource_type="kinesis_stream",
    calls=("kinesis:DescribeStreamSummary",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(7, "days", "optscale's"),
        "max_records": Threshold(0, "records in all"),
    },
    waste="shards × 0.015 USD an hour; on demand 0.04 USD an hour",
    cli="aws kinesis delete-stream --stream-name {name} --region {region}",
    terraform="remove the aws_kinesis_stream",
    confidence="high",
    source="optscale, awsspectre: no records in 7 days",
    metrics=(Metric("AWS/Kinesis", "IncomingRecords", "Sum", "max_records"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active streams, provisioned or on demand."""
    for stream in view.items("kinesis:DescribeStreamSummary"):
        if stream.get("StreamStatus") != "ACTIVE":
            continue
        mode = str(stream.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")).lower()
        shards = number(stream.get("OpenShardCount"))
        yield Candidate(
            resource_id=stream["StreamARN"],
            name=stream["StreamName"],
            bills=(Bills("kinesis_stream", {"class": mode, "shards": shards}),),
            created_at=when(stream.get("StreamCreationTimestamp")),
            dimensions={"StreamName": stream["StreamName"]},
            facts={"shards": str(shards), "mode": mode},
        )


CHECK = Check(META, candidates)
