"""Glue interactive sessions that were never stopped."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="glue_session_running",
    title="Glue session left open",
    service="glue",
    resource_type="glue_session",
    calls=("glue:ListSessions",),
    thresholds={
        "min_age_days": Threshold(1, "days"),
    },
    waste="DPUs × 0.44 USD an hour",
    cli="aws glue stop-session --id {id} --region {region}",
    terraform="sessions are not Terraform's: stop it, and set an idle timeout",
    confidence="high",
    source="our own: no other tool looks",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Sessions that are ready or busy."""
    for session in view.items("glue:ListSessions"):
        if session.get("Status") != "READY":
            continue
        workers = number(session.get("NumberOfWorkers") or session.get("MaxCapacity") or 2)
        kind = str(session.get("WorkerType") or "g.1x").lower()
        yield Candidate(
            resource_id=session["Id"],
            bills=(Bills("glue_session", {"class": kind}, workers),),
            created_at=when(session.get("CreatedOn")),
            facts={"workers": str(workers), "idle_timeout": session.get("IdleTimeout")},
        )


CHECK = Check(META, candidates)
