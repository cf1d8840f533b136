"""Transfer Family servers that move no files; stopped ones bill as well."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, tags_of

META = CheckMeta(
    name="transfer_server_idle",
    title="Transfer server without files",
    service="transfer",
    resource_type="transfer_server",
    calls=("transfer:DescribeServer",),
    thresholds={
        "lookback_days": Threshold(14, "days"),
        "max_files": Threshold(0, "files in all"),
    },
    waste="protocols × 0.30 USD an hour",
    cli="aws transfer delete-server --server-id {name} --region {region}",
    terraform="remove the aws_transfer_server",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(
        Metric("AWS/Transfer", "FilesIn", "Sum", "max_files"),
        Metric("AWS/Transfer", "FilesOut", "Sum", "max_files"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Servers in any state, a unit for each protocol."""
    for server in view.items("transfer:DescribeServer"):
        protocols = server.get("Protocols") or ["SFTP"]
        yield Candidate(
            resource_id=server["ServerId"],
            name=server["ServerId"],
            bills=(Bills("transfer_server", quantity=number(len(protocols))),),
            tags=tags_of(server),
            dimensions={"ServerId": server["ServerId"]},
            facts={"protocols": list(protocols), "state": server.get("State")},
        )


CHECK = Check(META, candidates)
