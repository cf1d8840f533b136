"""`/metrics` in Prometheus's own text, of the tenant whose token asks."""

from __future__ import annotations

import os
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from cost_pipeline.api.problems import responses
from cost_pipeline.api.security import Caller, needs
from cost_pipeline.store import governance, metrics
from cost_pipeline.store.urls import plain_url

router = APIRouter(tags=["operations"])
_GAUGES = {
    "files": ("dd0c_files", "Log files by state (pending, done, failed).", "state"),
    "anomalies": ("dd0c_anomalies", "Anomalies by severity.", "severity"),
    "alerts": ("dd0c_alerts", "Alerts by state (queued, sent, failed, folded).", "state"),
    "breakers": ("dd0c_breakers", "Circuit breakers by state.", "state"),
    "lag": ("dd0c_trail_lag_seconds", "Age of the newest file of a trail.", "trail"),
    "events": ("dd0c_records", "Records read, matched as cost events, and quarantined.", "kind"),
    "last_event": ("dd0c_last_event_age_seconds", "Age of the newest cost event.", "of"),
}


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **responses(400, 401, 403, 422, 503),
        200: {
            "description": "Prometheus's text format",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
    },
)
def show_metrics(
    request: Request, caller: Annotated[Caller, Depends(needs("metrics"))]
) -> Response:
    """Events, lag, files, alerts, breakers; runs for the tenant that runs the installation."""
    with caller.rows() as conn:
        found = metrics.collect(conn, tenant_id=caller.tenant_id)
        panic = governance.panicking(conn, tenant_id=caller.tenant_id)
    registry = CollectorRegistry()
    for subject, (name, text, label) in _GAUGES.items():
        gauge = Gauge(name, text, [label], registry=registry)
        for value, count in found[subject].items():
            gauge.labels(value).set(count)
    Gauge("dd0c_panic", "1 while all outbound calls are stopped.", registry=registry).set(panic)
    if caller.tenant_id == request.app.state.settings.tenant_id:
        _runs(request, registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _runs(request: Request, registry: CollectorRegistry) -> None:
    with request.app.state.database.admin() as conn:
        failures = metrics.failed_runs(conn)
    text = "Failures of runs that are kept."
    Gauge("dd0c_run_failures", text, registry=registry).set(failures)
    url = os.environ.get("DAGSTER_PG_URL")
    runs = Gauge("dd0c_runs", "Dagster's runs by state.", ["state"], registry=registry)
    for state, count in metrics.runs_by_state(plain_url(url)).items() if url else ():
        runs.labels(state).set(count)
