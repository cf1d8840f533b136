"""Calls out of here: stopped within seconds by panic, and left alone where a breaker is open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from cost_pipeline.aws.errors import AWS_FAILURES, AwsError
from cost_pipeline.store import breakers, governance
from cost_pipeline.store.breakers import Limits

if TYPE_CHECKING:
    from cost_pipeline.store.database import Database

LOOK_SECONDS = 2.0
TRAIL_LIMITS = Limits(5, timedelta(minutes=1), timedelta(minutes=15))
"""A trail is asked every few seconds, so it is left alone for minutes, not for hours."""


class OutboundStoppedError(Exception):
    """Panic is on: nothing goes out."""


class BreakerOpenError(Exception):
    """What would be called is left alone for now."""


class Permit:
    """Whether calls of a tenant may go out, as of two seconds ago at most; for any threads."""

    def __init__(self, database: Database, tenant_id: str) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._lock = Lock()
        self._looked_at = -LOOK_SECONDS
        self._panic = False

    def is_stopped(self) -> bool:
        """Whether panic is on."""
        with self._lock:
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                with self._database.transaction(self._tenant_id) as conn:
                    self._panic = governance.panicking(conn, tenant_id=self._tenant_id)
                self._looked_at = time.monotonic()
            return self._panic

    def check(self) -> None:
        """Goes on quietly.

        Raises:
            OutboundStoppedError: panic is on.
        """
        if self.is_stopped():
            raise OutboundStoppedError("panic is on: no outbound calls")


class Files(Protocol):
    """Where files are read from."""

    def read(self, key: str) -> bytes:
        """The bytes of one."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """Files that are read only while calls may go out; the others wait where they are."""

    files: Files
    permit: Permit

    def read(self, key: str) -> bytes:
        """The bytes of one; raises `OutboundStoppedError` in panic."""
        self.permit.check()
        return self.files.read(key)


@contextmanager
def breaker(
    database: Database, tenant_id: str, name: str, limits: Limits | None = None
) -> Iterator[None]:
    """Counts how calling an account goes: failures in a row open its breaker, success closes it.

    Raises:
        BreakerOpenError: it is open; nothing was called.
    """
    now = datetime.now(UTC)
    with database.transaction(tenant_id) as conn:
        if not breakers.allows(conn, tenant_id=tenant_id, kind="account", name=name, now=now):
            raise BreakerOpenError(
                f"{name} failed too often and is left alone for now: cost-pipeline breaker list"
            )
    try:
        yield
    except (*AWS_FAILURES, AwsError) as error:
        with database.transaction(tenant_id) as conn:
            breakers.failed(
                conn,
                tenant_id=tenant_id,
                kind="account",
                name=name,
                reason=str(error),
                now=now,
                limits=limits,
            )
        raise
    with database.transaction(tenant_id) as conn:
        breakers.succeeded(conn, tenant_id=tenant_id, kind="account", name=name)
