"""Panic, mode, feature flags, breakers, and the log of who changed what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Response
from pydantic import AwareDatetime, BaseModel, Field

from cost_pipeline.api.models import AuditLine, Page, Text
from cost_pipeline.api.paging import TEXT, Cursor, Limit, end_of, number, place, plain
from cost_pipeline.api.problems import ProblemError, responses
from cost_pipeline.api.security import Caller, needs
from cost_pipeline.store import breakers, flags, governance, pages
from cost_pipeline.store.breakers import Kind

router = APIRouter(prefix="/v1", tags=["governance"])
Governor = Annotated[Caller, Depends(needs("govern"))]
Name = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.:-]+$")]
_SET = responses(400, 401, 403, 404, 413, 422, 503)


class Panic(BaseModel):
    """Whether all outbound calls are stopped."""

    on: bool


class Mode(BaseModel):
    """Whether alerts go out, or everything is only scored and recorded."""

    mode: Literal["audit", "enforce"]


class FlagSetting(BaseModel):
    """A flag's position, whose it is, and when it ends."""

    enabled: bool
    owner: Annotated[str, Field(min_length=1, max_length=320, pattern=TEXT)]
    expires_at: AwareDatetime
    note: Text = ""


class Flag(FlagSetting):
    """A flag as it stands."""

    name: str
    expired: bool
    updated_by: str
    updated_at: datetime


class BreakerSetting(BaseModel):
    """Open it, for some minutes, or close it."""

    state: Literal["open", "closed"]
    minutes: int = Field(default=60, ge=1, le=60 * 24 * 7)
    reason: Text = "opened by hand"


class Breaker(BaseModel):
    """A breaker as it stands."""

    kind: Kind
    name: str
    state: Literal["closed", "open", "half-open"]
    failures: int
    reason: str | None
    opened_at: datetime | None
    retry_at: datetime | None
    updated_by: str


class Governance(BaseModel):
    """Every switch."""

    panic: bool
    mode: Literal["audit", "enforce"]
    flags: list[Flag]
    breakers: list[Breaker]


@router.get("/governance", responses=responses(400, 401, 403, 422, 503))
def get_governance(caller: Annotated[Caller, Depends(needs("read"))]) -> Governance:
    """Every switch as it is now."""
    return _state(caller)


@router.put("/governance/panic", responses=_SET)
def set_panic(wanted: Panic, caller: Governor) -> Governance:
    """Stop all outbound calls (AWS, notifications) in every process, or let them go on."""
    return _put(caller, governance.PANIC, wanted.on)


@router.put("/governance/mode", responses=_SET)
def set_mode(wanted: Mode, caller: Governor) -> Governance:
    """`audit` scores and records without notifying; `enforce` notifies."""
    return _put(caller, governance.MODE, wanted.mode)


@router.put("/governance/flags/{name}", responses=_SET)
def set_flag(name: Name, wanted: FlagSetting, caller: Governor) -> Governance:
    """Set a feature flag; it needs an owner and an end."""
    with caller.rows() as conn:
        flags.put(
            conn,
            tenant_id=caller.tenant_id,
            name=name,
            enabled=wanted.enabled,
            owner=wanted.owner,
            expires_at=wanted.expires_at,
            note=wanted.note,
            by=caller.name,
        )
    return _state(caller)


@router.delete("/governance/flags/{name}", status_code=204, responses=_SET)
def remove_flag(name: Name, caller: Governor) -> Response:
    """Take a feature flag away, so that the default holds."""
    with caller.rows() as conn:
        found = flags.remove(conn, tenant_id=caller.tenant_id, name=name, by=caller.name)
    if not found:
        raise ProblemError(404, "There is no such flag.")
    return Response(status_code=204)


@router.put("/governance/breakers/{kind}/{name}", responses=_SET)
def set_breaker(kind: Kind, name: Name, wanted: BreakerSetting, caller: Governor) -> Governance:
    """Open a breaker by hand, or close one that opened."""
    scope: dict[str, Any] = {"tenant_id": caller.tenant_id, "kind": kind, "name": name}
    with caller.rows() as conn:
        if wanted.state == "closed":
            breakers.close(conn, **scope, by=caller.name)
        else:
            breakers.trip(
                conn,
                **scope,
                reason=wanted.reason,
                now=datetime.now(UTC),
                by=caller.name,
                wait=timedelta(minutes=wanted.minutes),
            )
    return _state(caller)


@router.get("/audit", responses=responses(400, 401, 403, 414, 422, 503))
def list_audit(caller: Governor, cursor: Cursor = None, limit: Limit = 100) -> Page[AuditLine]:
    """Who changed what, the newest first."""
    with caller.rows() as conn:
        rows = pages.audit(
            conn, tenant_id=caller.tenant_id, after=place(cursor, number), limit=limit
        )
    end = end_of(rows, ("id",), limit)
    return Page(items=[AuditLine.model_validate(plain(row)) for row in rows], next=end)


def _put(caller: Caller, key: str, value: Any) -> Governance:
    with caller.rows() as conn:
        governance.put(conn, tenant_id=caller.tenant_id, key=key, value=value, by=caller.name)
    return _state(caller)


def _state(caller: Caller) -> Governance:
    scope: dict[str, Any] = {"tenant_id": caller.tenant_id}
    with caller.rows() as conn:
        return Governance(
            panic=governance.panicking(conn, **scope),
            mode=governance.get(conn, **scope, key=governance.MODE, default="enforce"),
            flags=[Flag(**row) for row in flags.listing(conn, **scope, now=datetime.now(UTC))],
            breakers=[Breaker.model_validate(row) for row in breakers.listing(conn, **scope)],
        )
