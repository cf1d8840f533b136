"""Whether it lives, whether it is ready."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from cost_pipeline.api.problems import responses
from cost_pipeline.store import readiness
from cost_pipeline.store.database import Database

router = APIRouter(tags=["operations"])


class Alive(BaseModel):
    """The process answers."""

    ok: bool = True


class Readiness(BaseModel):
    """What must be there before anything can be answered."""

    ready: bool
    database: bool
    migrations: str | None
    migrations_wanted: str
    last_event: datetime | None
    last_listed: datetime | None


@router.get("/healthz", responses=responses(400, 422))
def healthz() -> Alive:
    """Whether this process answers; asks nothing else."""
    return Alive()


@router.get(
    "/readyz",
    responses={**responses(400, 422), 503: {"model": Readiness, "description": "Not ready"}},
)
def readyz(request: Request) -> JSONResponse:
    """Whether database and migrations are in place, and when the last event came."""
    database: Database = request.app.state.database
    facts = readiness.look(database)
    answer = Readiness(**facts)
    return JSONResponse(answer.model_dump(mode="json"), 200 if answer.ready else 503)
