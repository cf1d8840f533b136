"""Channels: where alerts and digests go, by which rules, and whether they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from cost_pipeline.access.channel_vault import ChannelVault
from cost_pipeline.access.keyring import keyring
from cost_pipeline.access.vault import VaultError
from cost_pipeline.api.models import Severity, Text
from cost_pipeline.api.paging import TEXT
from cost_pipeline.api.problems import ProblemError, responses
from cost_pipeline.api.security import Caller, needs
from cost_pipeline.notify import channel_admin
from cost_pipeline.notify.channels import ChannelError, channels_from
from cost_pipeline.settings import Settings
from cost_pipeline.store import channels, requests
from cost_pipeline.store.channels import Rules, Want

router = APIRouter(prefix="/v1", tags=["channels"])
Governor = Annotated[Caller, Depends(needs("govern"))]
Name = Annotated[str, Path(pattern=f"^{channel_admin.NAME}$")]
Pattern = Annotated[str, Field(min_length=1, max_length=100, pattern=TEXT)]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
_SET = responses(400, 401, 403, 404, 409, 413, 422, 503)


class ChannelRules(BaseModel):
    """What a channel is told, and when; hours are of the tenant's time zone."""

    wants: Annotated[list[Want], Field(min_length=1, max_length=3)] = ["alerts"]
    min_severity: Severity = "medium"
    accounts: Annotated[list[Pattern], Field(max_length=100)] = []
    types: Annotated[list[Pattern], Field(max_length=100)] = []
    quiet_from: Clock | None = None
    quiet_until: Clock | None = None
    critical_breaks_quiet: bool = True
    hourly_limit: Annotated[int | None, Field(ge=1, le=100_000)] = None


class ChannelSetting(ChannelRules):
    """A channel's kind, its fields as `docs/alerts.md` lists them, and its rules."""

    kind: Literal["email", "slack", "teams", "webhook", "pagerduty", "sns", "apprise"]
    fields: dict[str, Text] = {}


class Tested(BaseModel):
    """The last test: when it was asked for, and what the other side said."""

    asked_by: str
    asked_at: datetime
    answered_at: datetime | None
    ok: bool | None
    answer: str | None


class Channel(ChannelRules):
    """A channel as it stands; nothing of it is secret."""

    name: str
    kind: str
    config: dict[str, str]
    updated_by: str
    updated_at: datetime
    tested: Tested | None


class ChannelMade(Channel):
    """A channel as it was set; `made` are secrets that were made for it, shown this once."""

    made: dict[str, str]


class Channels(BaseModel):
    """The tenant's channels; those of the environment are not among them."""

    items: list[Channel]


@router.get("/channels", responses=responses(400, 401, 403, 422, 503))
def list_channels(caller: Annotated[Caller, Depends(needs("read"))]) -> Channels:
    """Where the tenant's alerts and digests go."""
    return Channels(items=_known(caller))


@router.put("/channels/{name}", responses=_SET)
def set_channel(
    name: Name, wanted: ChannelSetting, caller: Governor, request: Request
) -> ChannelMade:
    """Add a channel, or change the one of that name; secrets that are not given again stay."""
    settings: Settings = request.app.state.settings
    try:
        made = channel_admin.add(
            caller.database,
            ChannelVault(keyring(settings), caller.tenant_id),
            tenant_id=caller.tenant_id,
            name=name,
            kind=wanted.kind,
            fields=wanted.fields,
            rules=_rules(wanted),
            by=caller.name,
            settings=settings,
        )
    except ChannelError as error:
        raise ProblemError(422, str(error)) from None
    except VaultError:
        raise ProblemError(
            409, "Its secrets cannot be opened any more. Remove the channel, and add it anew."
        ) from None
    (channel,) = [one for one in _known(caller) if one.name == name]
    return ChannelMade(**channel.model_dump(), made=made)


@router.delete("/channels/{name}", status_code=204, responses=_SET)
def remove_channel(name: Name, caller: Governor) -> Response:
    """Remove a channel; what waits for it is not sent any more."""
    try:
        with caller.rows() as conn:
            channels.remove(conn, tenant_id=caller.tenant_id, name=name, by=caller.name)
    except LookupError:
        raise ProblemError(404, "There is no such channel.") from None
    return Response(status_code=204)


@router.post("/channels/{name}/test", status_code=202, responses=_SET)
def test_channel(name: Name, caller: Governor, request: Request) -> Tested:
    """Have a message sent through it, past all rules; `GET /v1/channels` says how that went."""
    known = {one.name for one in _known(caller)}
    known |= {one.name for one in channels_from(request.app.state.settings)}
    if name not in known:
        raise ProblemError(404, "There is no such channel.")
    scope: dict[str, Any] = {"tenant_id": caller.tenant_id, "kind": "channel"}
    with caller.rows() as conn:
        requests.ask(conn, subject=name, by=caller.name, **scope)
        return Tested(**requests.latest(conn, **scope)[name])


def _known(caller: Caller) -> list[Channel]:
    scope: dict[str, Any] = {"tenant_id": caller.tenant_id}
    with caller.rows() as conn:
        rows = channels.listing(conn, **scope)
        tests = requests.latest(conn, kind="channel", **scope)
    return [_shown(row, tests.get(row["name"])) for row in rows]


def _shown(row: Mapping[str, Any], tested: Mapping[str, Any] | None) -> Channel:
    hours = {name: _clock(row[name]) for name in ("quiet_from", "quiet_until")}
    return Channel.model_validate({**row, **hours, "tested": tested})


def _clock(at: time | None) -> str | None:
    return at.isoformat("minutes") if at else None


def _rules(wanted: ChannelRules) -> Rules:
    return Rules(
        wants=tuple(wanted.wants),
        min_severity=wanted.min_severity,
        accounts=tuple(wanted.accounts),
        types=tuple(wanted.types),
        quiet_from=_time(wanted.quiet_from),
        quiet_until=_time(wanted.quiet_until),
        critical_breaks_quiet=wanted.critical_breaks_quiet,
        hourly_limit=wanted.hourly_limit,
    )


def _time(clock: str | None) -> time | None:
    return time.fromisoformat(clock) if clock else None
