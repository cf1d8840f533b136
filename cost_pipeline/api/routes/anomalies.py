"""Anomalies: listed, one in full, and what people decide about them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from cost_pipeline.api.models import Anomaly, AnomalyDetail, Page, Severity, State, Text
from cost_pipeline.api.paging import Cursor, Limit, end_of, moment, place, plain
from cost_pipeline.api.problems import ProblemError, responses
from cost_pipeline.api.security import Caller, needs
from cost_pipeline.store import anomalies, feedback, pages
from cost_pipeline.store.anomalies import Filter
from cost_pipeline.store.feedback import Kind

router = APIRouter(prefix="/v1/anomalies", tags=["anomalies"])
_MOST_PARTS = 500


class Feedback(BaseModel):
    """A decision; `expected` and `snoozed` hold until a moment, or until further notice."""

    decision: Kind
    until: AwareDatetime | None = None
    comment: Text | None = None


class Choice(BaseModel):
    """Which anomalies: what is left out lets everything through; both days are included."""

    since: date | None = None
    until: date | None = None
    severity: list[Severity] = []
    account: list[Text] = []
    actor: list[Text] = []
    resource_type: list[Text] = []
    state: list[State] = []
    q: Text = ""
    cursor: Cursor = None
    limit: Limit = 100

    def as_filter(self) -> Filter:
        """As the store takes it."""
        return Filter(
            self.since,
            self.until,
            self.severity,
            self.account,
            self.actor,
            self.resource_type,
            self.state,
            self.q,
        )


@router.get("", responses=responses(400, 401, 403, 414, 422, 503))
def list_anomalies(
    chosen: Annotated[Choice, Query()], caller: Annotated[Caller, Depends(needs("read"))]
) -> Page[Anomaly]:
    """Anomalies, the newest first."""
    after = place(chosen.cursor, moment, UUID)
    with caller.rows() as conn:
        rows = pages.anomalies(
            conn,
            tenant_id=caller.tenant_id,
            chosen=chosen.as_filter(),
            after=after,
            limit=chosen.limit,
        )
    end = end_of(rows, ("trigger_event_time", "id"), chosen.limit)
    return Page(items=[Anomaly.model_validate(plain(row)) for row in rows], next=end)


@router.get("/{anomaly_id}", responses=responses(400, 401, 403, 404, 422, 503))
def get_anomaly(
    anomaly_id: UUID, caller: Annotated[Caller, Depends(needs("read"))]
) -> AnomalyDetail:
    """One anomaly: what it cost so far and may grow to, its events, and what people said."""
    scope: dict[str, Any] = {"tenant_id": caller.tenant_id, "anomaly_id": anomaly_id}
    with caller.rows() as conn:
        now = datetime.now(UTC)
        row = anomalies.detail(conn, **scope, now=now, most_bounds=_MOST_PARTS)
        if row is None:
            raise ProblemError(404, "There is no such anomaly.")
        events = anomalies.events(conn, **scope, limit=_MOST_PARTS)
        refused = anomalies.refused(conn, **scope, limit=_MOST_PARTS)
        touched = anomalies.resources(conn, **scope, limit=_MOST_PARTS)
    whole = plain(row) | {
        "baseline": plain(row["baseline"]) if row["baseline"] else None,
        "events": [plain(one) for one in events],
        "worst_cases": [plain(one) for one in row["worst_cases"]],
        "refused": refused,
        "resources": [plain(one) for one in touched],
    }
    return AnomalyDetail.model_validate(whole)


@router.post(
    "/{anomaly_id}/feedback",
    status_code=201,
    responses=responses(400, 401, 403, 404, 413, 422, 503),
)
def give_feedback(
    anomaly_id: UUID, said: Feedback, caller: Annotated[Caller, Depends(needs("decide"))]
) -> AnomalyDetail:
    """Decide about an anomaly: nothing is overwritten, the last word counts."""
    try:
        with caller.rows() as conn:
            feedback.decide(
                conn,
                tenant_id=caller.tenant_id,
                anomaly_id=anomaly_id,
                decision=said.decision,
                by=caller.name,
                until=said.until,
                comment=said.comment,
            )
    except LookupError:
        raise ProblemError(404, "There is no such anomaly.") from None
    return get_anomaly(anomaly_id, caller)
