"""Redshift clusters that no schedule ever pauses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from cost_pipeline.zombies.families import redshift_clusters
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="redshift_never_paused",
    title="Redshift cluster without a pause schedule",
    service="redshift",
    resource_type="redshift_cluster",
    calls=("redshift:DescribeClusters", "redshift:DescribeScheduledActions"),
    thresholds={"min_age_days": Threshold(30, "days", "time to set it up")},
    waste="none known: a paused cluster bills its storage only",
    cli="aws redshift create-scheduled-action --scheduled-action-name pause-{name} "
    "--target-action file://pause.json --schedule 'cron(0 20 * * ? *)' --iam-role ROLE "
    "--region {region}",
    terraform="add an aws_redshift_scheduled_action that pauses it",
    confidence="review",
    source="thrifty: no action that pauses it",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available clusters that no active action pauses."""
    paused = {
        action.get("TargetAction", {}).get("PauseCluster", {}).get("ClusterIdentifier")
        for action in view.items("redshift:DescribeScheduledActions")
        if action.get("State") == "ACTIVE"
    }
    for cluster in redshift_clusters(view):
        if cluster.name not in paused:
            yield replace(cluster, bills=(Bills("redshift_cluster", usd_month=Decimal(0)),))


CHECK = Check(META, candidates)
