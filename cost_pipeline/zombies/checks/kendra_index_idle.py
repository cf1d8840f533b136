"""Kendra indexes that nobody queries."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="kendra_index_idle",
    title="Kendra index without queries",
    service="kendra",
    resource_type="kendra_index",
    calls=("kendra:ListIndices",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_queries": Threshold(0, "queries in all"),
    },
    waste="1.40 USD an hour (developer edition 1.125)",
    cli="aws kendra delete-index --id {id} --region {region}",
    terraform="remove the aws_kendra_index",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/Kendra", "IndexQueryCount", "Sum", "max_queries"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active indexes."""
    for index in view.items("kendra:ListIndices"):
        if index.get("Status") == "ACTIVE":
            edition = str(index.get("Edition", "ENTERPRISE_EDITION")).lower()
            yield Candidate(
                resource_id=index["Id"],
                name=index.get("Name", ""),
                bills=(Bills("kendra_index", {"class": edition}),),
                created_at=when(index.get("CreatedAt")),
                dimensions={"IndexId": index["Id"]},
                facts={"edition": edition},
            )


CHECK = Check(META, candidates)
