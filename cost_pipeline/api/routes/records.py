"""The record behind a call, as CloudTrail wrote it: asked for, and read once it is there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from cost_pipeline.api.problems import ProblemError, responses
from cost_pipeline.api.security import Caller, needs
from cost_pipeline.store import events, requests

router = APIRouter(prefix="/v1/events", tags=["events"])
Decider = Annotated[Caller, Depends(needs("decide"))]
_ANSWERS = responses(400, 401, 403, 404, 413, 422, 503)


class RawRecord(BaseModel):
    """A record that was asked for: its JSON as text, or why it could not be read."""

    asked_by: str
    asked_at: datetime
    answered_at: datetime | None = Field(description="Null while the pipeline fetches it.")
    record: str | None
    error: str | None


@router.post("/{event_id}/record", status_code=202, responses=_ANSWERS)
def ask_for_record(event_id: UUID, caller: Decider) -> RawRecord:
    """Have the record fetched from its log file, by the `id` of the event; `GET` answers it.

    A record that is there already is kept as it is.
    """
    with caller.rows() as conn:
        if events.origin(conn, tenant_id=caller.tenant_id, call=event_id) is None:
            raise ProblemError(404, "There is no such event.")
        known = requests.latest(conn, **_scope(caller, event_id)).get(str(event_id))
        if not (known and known["ok"]):
            requests.ask(conn, by=caller.name, **_scope(caller, event_id))
            known = requests.latest(conn, **_scope(caller, event_id))[str(event_id)]
    return _shown(known)


@router.get("/{event_id}/record", responses=_ANSWERS)
def get_record(event_id: UUID, caller: Decider) -> RawRecord:
    """The record of an event that was asked for."""
    with caller.rows() as conn:
        known = requests.latest(conn, **_scope(caller, event_id)).get(str(event_id))
    if known is None:
        raise ProblemError(404, "Nobody asked for the record of this event: POST does.")
    return _shown(known)


def _scope(caller: Caller, event_id: UUID) -> dict[str, Any]:
    return {"tenant_id": caller.tenant_id, "kind": "record", "subject": str(event_id)}


def _shown(known: dict[str, Any]) -> RawRecord:
    ok, answer = known["ok"], known["answer"]
    asked = {name: known[name] for name in ("asked_by", "asked_at", "answered_at")}
    return RawRecord(**asked, record=answer if ok else None, error=answer if ok is False else None)
