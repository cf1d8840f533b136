"""What there is beside anomalies: events, resources, zombies, baselines, accounts."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel

from cost_pipeline.api.models import Account, Baseline, Event, Page, Resource, Text, Zombie
from cost_pipeline.api.paging import Cursor, Limit, end_of, moment, place, plain
from cost_pipeline.api.problems import ProblemError, responses
from cost_pipeline.api.security import Caller, needs
from cost_pipeline.store import governance, pages, zombies

router = APIRouter(prefix="/v1", tags=["lists"])
Reader = Annotated[Caller, Depends(needs("read"))]
_LISTED = responses(400, 401, 403, 414, 422, 503)


class EventChoice(BaseModel):
    """Which events: from `since` on, before `until`."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    account: Text | None = None
    region: Text | None = None
    service: Text | None = None
    resource_type: Text | None = None
    actor: Text | None = None
    action: Literal["start", "change", "stop", "purchase", "signal"] | None = None
    price_basis: Text | None = None
    cursor: Cursor = None
    limit: Limit = 100


class ResourceChoice(BaseModel):
    """Which resources."""

    running: bool | None = None
    account: Text | None = None
    region: Text | None = None
    service: Text | None = None
    resource_type: Text | None = None
    cursor: Cursor = None
    limit: Limit = 100


class Ignoring(BaseModel):
    """Which zombie to leave in peace, and until when."""

    check_name: Text
    resource_id: Text
    until: AwareDatetime


@router.get("/events", responses=_LISTED)
def list_events(chosen: Annotated[EventChoice, Query()], caller: Reader) -> Page[Event]:
    """Calls that change the bill, the newest first."""
    with caller.rows() as conn:
        rows = pages.events(
            conn,
            tenant_id=caller.tenant_id,
            since=chosen.since,
            until=chosen.until,
            equal=_given(chosen, "region service resource_type actor action price_basis"),
            after=place(chosen.cursor, moment, UUID),
            limit=chosen.limit,
        )
    end = end_of(rows, ("event_time", "id"), chosen.limit)
    return Page(items=[Event.model_validate(plain(row)) for row in rows], next=end)


@router.get("/resources", responses=_LISTED)
def list_resources(chosen: Annotated[ResourceChoice, Query()], caller: Reader) -> Page[Resource]:
    """What runs, or ran, by id."""
    with caller.rows() as conn:
        rows = pages.resources(
            conn,
            tenant_id=caller.tenant_id,
            running=chosen.running,
            equal=_given(chosen, "region service resource_type"),
            after=place(chosen.cursor, str),
            limit=chosen.limit,
        )
    end = end_of(rows, ("resource_id",), chosen.limit)
    return Page(items=[Resource.model_validate(plain(row)) for row in rows], next=end)


@router.get("/zombies", responses=_LISTED)
def list_zombies(caller: Reader, cursor: Cursor = None, limit: Limit = 100) -> Page[Zombie]:
    """What the latest sweep found idle, and what is gone since the one before."""
    after = place(cursor, str, str)
    with caller.rows() as conn:
        rows = zombies.page(conn, tenant_id=caller.tenant_id, after=after, limit=limit)
    end = end_of(rows, ("check_name", "resource_id"), limit)
    return Page(items=[Zombie.model_validate(plain(row)) for row in rows], next=end)


@router.post(
    "/zombies/ignore", status_code=204, responses=responses(400, 401, 403, 404, 413, 422, 503)
)
def ignore_zombie(
    wanted: Ignoring, caller: Annotated[Caller, Depends(needs("decide"))]
) -> Response:
    """Leave a zombie in peace until a moment; it stays listed, and out of the sums."""
    named = {"check_name": wanted.check_name, "resource_id": wanted.resource_id}
    until = wanted.until
    with caller.rows() as conn:
        if not zombies.is_found(conn, tenant_id=caller.tenant_id, **named):
            raise ProblemError(404, "There is no such zombie in the latest sweep.")
        zombies.ignore(conn, tenant_id=caller.tenant_id, **named, until=until, by=caller.name)
        governance.audit(
            conn,
            tenant_id=caller.tenant_id,
            who=caller.name,
            action="ignored zombie",
            details=named | {"until": until.isoformat()},
        )
    return Response(status_code=204)


@router.get("/baselines", responses=_LISTED)
def list_baselines(caller: Reader, cursor: Cursor = None, limit: Limit = 100) -> Page[Baseline]:
    """What is usual, as of the newest day."""
    with caller.rows() as conn:
        rows = pages.baselines(
            conn, tenant_id=caller.tenant_id, after=place(cursor, str, str), limit=limit
        )
    end = end_of(rows, ("account_id", "resource_type"), limit)
    return Page(items=[Baseline.model_validate(plain(row)) for row in rows], next=end)


@router.get("/accounts", responses=_LISTED)
def list_accounts(caller: Reader, cursor: Cursor = None, limit: Limit = 100) -> Page[Account]:
    """The accounts that are configured, or that had events."""
    with caller.rows() as conn:
        rows = pages.accounts(
            conn, tenant_id=caller.tenant_id, after=place(cursor, str), limit=limit
        )
    end = end_of(rows, ("account_id",), limit)
    return Page(items=[Account.model_validate(plain(row)) for row in rows], next=end)


def _given(chosen: BaseModel, names: str) -> dict[str, str]:
    """The filters that are set, by column."""
    columns = {"account_id": "account", **{name: name for name in names.split()}}
    values = {column: getattr(chosen, name) for column, name in columns.items()}
    return {column: value for column, value in values.items() if value is not None}
