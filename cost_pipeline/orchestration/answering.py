"""Requests from the app → tests of accounts and channels, digests sent again, and the answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from dagster import DefaultSensorStatus, SensorEvaluationContext, SkipReason, sensor

from cost_pipeline.access.vault import VaultError
from cost_pipeline.aws.errors import AwsError
from cost_pipeline.notify.channels import DeliveryError, channels_from, mail_from
from cost_pipeline.notify.digest import send_digest, write_digest
from cost_pipeline.notify.message import Message
from cost_pipeline.orchestration.account_access import access_of
from cost_pipeline.orchestration.resources import PostgresDatabase, settings
from cost_pipeline.store import governance, requests
from cost_pipeline.store.database import Database


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
                conn, tenant_id=tenant_id, request_id=row["request_id"], ok=ok, answer=said
            )
    return len(rows)


def _answer(
    database: Database, tenant_id: str, row: dict[str, Any], *, panic: bool
) -> tuple[bool, str]:
    if panic:
        return False, "Panic is on, so nothing was called. Let calls go out again, and ask anew."
    try:
        return True, _DOERS[row["kind"]](database, tenant_id, row["subject"])
    except (AwsError, VaultError, DeliveryError, CannotError) as error:
        return False, str(error)


def _account(database: Database, tenant_id: str, account_id: str) -> str:
    from cost_pipeline.aws.connection import check

    access = access_of(database, tenant_id, account_id, region=settings().aws_region)
    return check(access, account_id, endpoint_url=settings().endpoint_url)


def _digest(database: Database, tenant_id: str, day: str) -> str:
    mail = mail_from(settings())
    if mail is None:
        raise CannotError("No mail is set up: set SMTP_HOST and MAIL_TO, and start again.")
    written = write_digest(
        database,
        tenant_id=tenant_id,
        day=date.fromisoformat(day),
        folder=settings().digests,
        dashboard_url=settings().dashboard_url,
    )
    if not send_digest(database, tenant_id=tenant_id, digest=written, channel=mail, again=True):
        raise CannotError("The mode is `audit`: nothing goes out until it is `enforce` again.")
    return f"Sent to {', '.join(mail.recipients)}."


def _channel(database: Database, tenant_id: str, name: str) -> str:
    known = {channel.name: channel for channel in channels_from(settings())}
    if name not in known:
        raise CannotError(f"There is no channel {name}: {', '.join(known)}.")
    text = f"This is a test of the channel {name}. Nothing is wrong."
    known[name].send(
        Message(
            subject="dd0c/cost: test",
            text=text,
            html=f"<p>{text}</p>",
            dedup_key=f"test {tenant_id} {name} {datetime.now(UTC):%Y%m%d%H%M%S}",
        )
    )
    return f"{name} took the test message."


_DOERS: dict[str, Callable[[Database, str, str], str]] = {
    "account": _account,
    "digest": _digest,
    "channel": _channel,
}
