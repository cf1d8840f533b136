"""Record + catalog + price book → cost events, refused calls, or nothing.

What a record does not say (the type behind StartInstances, the price behind a stop) stays
None here and is resolved downstream, from the history of the resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from cost_pipeline.core.actor import Actor, actor_of
from cost_pipeline.core.calls import Call, Catalog, Line, Prices, Units
from cost_pipeline.core.cloudtrail import Record
from cost_pipeline.core.costing import cost_of
from cost_pipeline.core.event_data import event_data
from cost_pipeline.core.model import CostEvent, RefusedCall, cost_event_id

_ZERO = Decimal(0)
_REFUSED = -1
_GLOBAL_REGION = "us-east-1"
_MOST_ID_BYTES = 1024
"""AWS's own ids are far shorter; a database cannot index names without end."""


class RecordError(ValueError):
    """A record of a catalogued call that cannot be understood; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Origin(msgspec.Struct, frozen=True):
    """The part of a cost event that is the same for every line of a record."""

    record: Record
    name: str
    tenant_id: str
    partition_day: date
    event_time: datetime
    account_id: str
    region: str
    actor: Actor


def normalize(
    record: Record, *, tenant_id: str, partition_day: date, catalog: Catalog, prices: Prices
) -> list[CostEvent] | RefusedCall | None:
    """What a record does to the bill.

    Returns None when the call is not catalogued or changes nothing, a `RefusedCall` when AWS
    refused it (a dry run too), and otherwise one event for each group of resources that are
    alike. Raises `RecordError` when the record of a catalogued call cannot be understood.
    """
    source, name = record.call
    call = catalog.get(source, name)
    if call is None:
        return None
    identity, actor = _identity(bytes(record.user_identity))
    origin = _Origin(
        record,
        name,
        tenant_id,
        partition_day,
        _event_time(record.event_time),
        _account(record, identity),
        record.aws_region or _GLOBAL_REGION,
        actor,
    )
    _require_short("account", origin.account_id)
    _require_short("region", origin.region)
    if record.error_code:
        return _refused(origin, record.error_code)
    document = _document(origin, identity)
    events = [
        _event(one, line, origin, ordinal, identity, prices)
        for ordinal, (one, line) in enumerate(_lines(call, record, document))
    ]
    return events or None


def _require_short(what: str, text: str) -> None:
    # A character takes four bytes at most: few texts are encoded just to be measured.
    if len(text) > _MOST_ID_BYTES // 4 and len(text.encode()) > _MOST_ID_BYTES:
        raise RecordError(f"its {what} has {len(text):,} characters: {text[:40]}…")


def _document(origin: _Origin, identity: object) -> dict[str, Any]:
    """What the catalog's expressions see of a record."""
    record = origin.record
    return {
        "requestParameters": _mapping(_decoded(record.request_parameters)),
        "responseElements": _mapping(_decoded(record.response_elements)),
        "userIdentity": _mapping(identity),
        "tags": {},
        "eventID": record.event_id,
        "region": origin.region,
        "account": origin.account_id,
        "partition": _partition(origin.region),
    }


def _lines(call: Call, record: Record, document: Mapping[str, Any]) -> Sequence[tuple[Call, Line]]:
    try:
        return call.lines(document)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise RecordError(f"{record.event_source} {record.event_name}: {error}") from error


def _event(
    call: Call,
    line: Line,
    origin: _Origin,
    ordinal: int,
    identity: object,
    prices: Prices,
) -> CostEvent:
    for one in (*line.ids, line.defined_by or ""):
        _require_short("resource's id", one)
    cost = cost_of(call, line, origin.region, prices)
    record = origin.record
    return CostEvent(
        id=cost_event_id(origin.tenant_id, origin.account_id, record.event_id, ordinal),
        tenant_id=origin.tenant_id,
        event_id=record.event_id,
        ordinal=ordinal,
        event_time=origin.event_time,
        partition_day=origin.partition_day,
        account_id=origin.account_id,
        region=origin.region,
        event_source=record.event_source,
        event_name=origin.name,
        service=call.service,
        resource_type=call.resource_type,
        resource_class=_class_of(line.units),
        action=call.action,
        actor=origin.actor,
        resource_ids=line.ids,
        quantity=_quantity(line),
        hourly_cost=cost.hourly,
        rate_after=cost.rate_after,
        one_time_cost=cost.once,
        price_basis=cost.basis,
        data=event_data(call, line, record, identity, origin.region, cost, prices),
    )


def _class_of(units: tuple[Units, ...]) -> str | None:
    if len(units) == 1:
        return units[0].resource_class
    classes = dict.fromkeys(unit.resource_class for unit in units if unit.resource_class)
    return "+".join(classes) or None


def _quantity(line: Line) -> Decimal:
    return sum((unit.quantity for unit in line.units), _ZERO) or Decimal(len(line.ids))


def _refused(origin: _Origin, error_code: str) -> RefusedCall:
    record = origin.record
    return RefusedCall(
        id=cost_event_id(origin.tenant_id, origin.account_id, record.event_id, _REFUSED),
        tenant_id=origin.tenant_id,
        event_id=record.event_id,
        event_time=origin.event_time,
        partition_day=origin.partition_day,
        account_id=origin.account_id,
        region=origin.region,
        event_source=record.event_source,
        event_name=origin.name,
        actor=origin.actor,
        error_code=error_code,
    )


def _event_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise RecordError(f"eventTime {text[:40]!r} is not a time") from None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _account(record: Record, identity: object) -> str:
    account = record.recipient_account_id or _mapping(identity).get("accountId")
    if not isinstance(account, str) or not account:
        raise RecordError("neither recipientAccountId nor userIdentity names an account")
    return account


@lru_cache(maxsize=1024)
def _identity(raw: bytes) -> tuple[object, Actor]:
    """Who acted: of the calls of one session, `userIdentity` is the same to the letter."""
    identity = _decoded(raw)
    return identity, actor_of(identity)


def _decoded(raw: msgspec.Raw | bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RecordError(f"a part of the record is not JSON: {error}") from error


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


@lru_cache(maxsize=128)
def _partition(region: str) -> str:
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws-cn" if region.startswith("cn-") else "aws"
