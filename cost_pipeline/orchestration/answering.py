"""Requests from the app → tests, digests sent again, limits tried out, records; the answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dagster import DefaultSensorStatus, SensorEvaluationContext, SkipReason, sensor

from cost_pipeline.access.channel_vault import ChannelVault
from cost_pipeline.access.keyring import keyring
from cost_pipeline.aws.errors import AwsError
from cost_pipeline.notify.channel import DeliveryError
from cost_pipeline.notify.channel_admin import try_out
from cost_pipeline.notify.digest import write_digest
from cost_pipeline.notify.money import usd
from cost_pipeline.orchestration import telling
from cost_pipeline.orchestration.account_access import access_of
from cost_pipeline.orchestration.judging import judge_day
from cost_pipeline.orchestration.outbound import OutboundStoppedError
from cost_pipeline.orchestration.raw_records import raw_record
from cost_pipeline.orchestration.resources import PostgresDatabase, settings
from cost_pipeline.store import governance, requests, zombie_choices, zombies
from cost_pipeline.store.database import Database
from cost_pipeline.store.digests import Period
from cost_pipeline.zombies import sums

if TYPE_CHECKING:
    from cost_pipeline.zombies.model import Finding

_log = logging.getLogger(__name__)


class CannotError(Exception):
    """A request that cannot be met; the message says why and what would help."""


@sensor(minimum_interval_seconds=4, default_status=DefaultSensorStatus.RUNNING)
def app_requests(context: SensorEvaluationContext, database: PostgresDatabase) -> SkipReason:
    """Does what people asked for in the app, within seconds: it never starts a run."""
    db = database.open()
    done = sum(answer_waiting(db, tenant["tenant_id"]) for tenant in db.tenants())
    return SkipReason(f"{done} requests answered")


def answer_waiting(database: Database, tenant_id: str) -> int:
    """Answers a tenant's waiting requests; how many there were."""
    with database.transaction(tenant_id) as conn:
        rows = requests.waiting(conn, tenant_id=tenant_id)
        panic = governance.panicking(conn, tenant_id=tenant_id)
        for row in rows:
            ok, said = _answer(database, tenant_id, row, panic=panic)
            requests.answer(
                conn,
                tenant_id=tenant_id,
                request_id=row["request_id"],
                ok=ok,
                answer=said,
                most=_MOST_OF_A_RECORD if row["kind"] == "record" else requests.MOST_SAID,
            )
    return len(rows)


def _answer(
    database: Database, tenant_id: str, row: dict[str, Any], *, panic: bool
) -> tuple[bool, str]:
    if panic and row["kind"] not in _CALLING_NOBODY:
        return False, _STOPPED
    try:
        return True, _DOERS[row["kind"]](database, tenant_id, row["subject"])
    except (AwsError, DeliveryError, CannotError, ValueError) as error:
        return False, str(error)
    except OutboundStoppedError:
        return False, _STOPPED
    except Exception as error:  # whatever it is, it is not asked for ever, and the others go on
        _log.exception("the request %s %s failed", row["kind"], row["subject"])
        return (
            False,
            f"It failed ({type(error).__name__}); the log of Dagster's code server says why.",
        )


def _account(database: Database, tenant_id: str, account_id: str) -> str:
    from cost_pipeline.aws.connection import check

    access = access_of(database, tenant_id, account_id, region=settings().aws_region)
    own = access.role_arn or access.access_key_id
    if not own and tenant_id != settings().tenant_id:
        raise CannotError(f"Account {account_id} has neither a role nor keys: give it a role.")
    return check(access, account_id, endpoint_url=settings().endpoint_url)


def _digest(database: Database, tenant_id: str, subject: str) -> str:
    day, weekly = date.fromisoformat(subject.split()[-1]), subject.startswith("weekly")
    period: Period = "weekly" if weekly else "daily"
    write_digest(
        database,
        tenant_id=tenant_id,
        day=day,
        folder=settings().digests,
        dashboard_url=settings().dashboard_url,
        period=period,
    )
    with database.transaction(tenant_id) as conn:
        if not governance.may_notify(conn, tenant_id=tenant_id):
            raise CannotError("The mode is `audit`: nothing goes out until it is `enforce` again.")
    queued = telling.queue_digest(database, tenant_id, period, day, again=True)
    if not queued:
        raise CannotError(
            "No channel wants digests: set SMTP_HOST and MAIL_TO, or add a channel that does with"
            " `cost-pipeline channel add`."
        )
    told = telling.tell(database, tenant_id)
    said = f"Queued for {queued} channels; {told.sent} messages went out, {told.failed} failed"
    return f"{said}, and are tried again." if told.failed else f"{said}."


def _channel(database: Database, tenant_id: str, name: str) -> str:
    try:
        try_out(
            database,
            ChannelVault(keyring(settings()), tenant_id),
            tenant_id=tenant_id,
            name=name,
            by="the app",
            settings=settings(),
        )
    except LookupError as error:
        raise CannotError(str(error.args[0])) from None
    return f"{name} took the test message."


def _limits(database: Database, tenant_id: str, subject: str) -> str:
    """What the latest sweep would find under `check.limit=number …`; AWS is not asked."""
    from cost_pipeline.zombies.choices import thresholds_of, with_limits

    with database.transaction(tenant_id) as conn:
        chosen = zombie_choices.current(conn, tenant_id=tenant_id)
        day = zombies.waste(conn, tenant_id=tenant_id)["day"]
    if day is None:
        raise CannotError("There was no sweep yet, so there is nothing to try limits on.")
    now = judge_day(database, tenant_id, day, thresholds_of(chosen), keep=False)
    then = judge_day(
        database, tenant_id, day, thresholds_of(with_limits(chosen, subject.split())), keep=False
    )
    return f"On {day} it would find {_compared(now.findings, then.findings)}"


def _compared(now: Sequence[Finding], then: Sequence[Finding]) -> str:
    """How many, what they cost a month, and which came or went."""
    costs = [usd(sums.monthly(found)) for found in (then, now)]
    numbers = [sums.resources(found) for found in (then, now)]
    before, after = ({one.title for one in found} for found in (now, then))
    said = f"{numbers[0]} instead of {numbers[1]} idle, {costs[0]} a month instead of {costs[1]}."
    for words, titles in (("More", after - before), ("Fewer", before - after)):
        if titles:
            few = ", ".join(sorted(titles)[:_MOST_NAMED])
            rest = f" and {len(titles) - _MOST_NAMED} more" if len(titles) > _MOST_NAMED else ""
            said += f" {words}: {few}{rest}."
    return said


def _record(database: Database, tenant_id: str, subject: str) -> str:
    return raw_record(database, tenant_id, UUID(subject))


_STOPPED = "Panic is on, so nothing was called. Let calls go out again, and ask anew."
_CALLING_NOBODY = ("limits", "record")
"""What is done in panic too; reading a record from AWS sees to that itself."""
_MOST_OF_A_RECORD = 1_000_000
_MOST_NAMED = 8
_DOERS: dict[str, Callable[[Database, str, str], str]] = {
    "account": _account,
    "digest": _digest,
    "channel": _channel,
    "limits": _limits,
    "record": _record,
}
