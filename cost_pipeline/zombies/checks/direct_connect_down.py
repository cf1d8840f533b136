"""Direct Connect ports that are down: they bill by the hour."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of

META = CheckMeta(
    name="direct_connect_down",
    title="Direct Connect port that is down",
    service="directconnect",
    resource_type="direct_connect",
    calls=("directconnect:DescribeConnections",),
    thresholds={
        "lookback_days": Threshold(30, "days"),
        "max_up": Threshold(0, "connection state, 1 is up"),
    },
    waste="price of the port × 730 hours",
    cli="aws directconnect delete-connection --connection-id {id} --region {region}",
    terraform="remove the aws_dx_connection",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/DX", "ConnectionState", "Maximum", "max_up", "max", missing="unknown"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Ports that AWS has provisioned, whatever they carry."""
    for connection in view.items("directconnect:DescribeConnections"):
        if connection.get("connectionState") not in ("available", "down"):
            continue
        speed = str(connection.get("bandwidth", "")).lower()
        yield Candidate(
            resource_id=connection["connectionId"],
            name=connection["connectionId"],
            bills=(Bills("direct_connect", {"class": speed}),),
            tags=tags_of(connection),
            dimensions={"ConnectionId": connection["connectionId"]},
            facts={"location": connection.get("location"), "bandwidth": speed},
        )


CHECK = Check(META, candidates)
