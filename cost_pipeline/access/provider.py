"""How people prove who they are: the provider with passwords of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cost_pipeline.access.passwords import hash_password, matches, outdated
from cost_pipeline.access.tokens import Session
from cost_pipeline.store import governance, sessions, users
from cost_pipeline.store.database import Database

FREE_FAILURES = 5
"""Failures of one address before it has to wait."""
FREE_FAILURES_OF_CLIENT = 40
"""Failures from one place, whatever the addresses: an office shares one."""
LONGEST_WAIT = timedelta(minutes=15)


class LoginError(Exception):
    """Nobody gets in; the message is the same for a wrong password and for an unknown user."""

    def __init__(self, message: str, wait: timedelta | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def _address(presented: Mapping[str, Any]) -> str:
    """The e-mail as it is kept; NUL, which Postgres cannot hold, is in nobody's."""
    said = str(presented.get("email", "")).strip().lower()
    return said.replace("\x00", "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True)
class LocalProvider:
    """E-mail and password, kept in Postgres as argon2id hashes.

    Attempts are counted in Postgres before the password is looked at, for addresses that exist
    and for those that don't: restarts and parallel attempts change nothing, and neither text,
    status nor time tells whether there is such a user.
    """

    database: Database
    home_tenant: str = "default"
    """Whose audit log tells of logins as somebody whom we do not know."""

    def log_in(self, presented: Mapping[str, Any], *, client: str, now: datetime) -> Session:
        """Who has the presented `email` and `password`.

        Args:
            presented: `email` and `password`.
            client: where it comes from, for limits.
            now: the moment.

        Raises:
            LoginError: nobody whom we know; `wait` says how long to leave it.
        """
        email, password = _address(presented), str(presented.get("password", ""))
        self._charge(email, client, now)
        with self.database.admin() as conn:  # the address is what tells the tenant
            user = users.find(conn, email=email)
        if not matches(password, user["password_hash"] if user else None) or user is None:
            self._note_failure(user, client)
            raise LoginError("E-mail or password is wrong.")
        session = Session(user["email"], user["tenant_id"], user["role"], user["session_epoch"])
        with self.database.admin() as conn:
            sessions.forgive(conn, subject=f"email {email}")
            sessions.refund(conn, subject=f"client {client}", at=now)
            if outdated(user["password_hash"]):
                users.rehash(conn, email=email, password_hash=hash_password(password))
            governance.audit(conn, tenant_id=session.tenant_id, who=email, action="logged in")
        return session

    def change_password(
        self, session: Session, *, old: str, new: str, client: str, now: datetime
    ) -> Session:
        """Gives a user a new password and ends all their sessions; a session to start instead.

        Raises:
            LoginError: the old password is wrong, or was tried too often.
            WeakPasswordError: the new one is too short.
        """
        presented = {"email": session.email, "password": old}
        hashed = hash_password(new)
        self.log_in(presented, client=client, now=now)
        with self.database.transaction(session.tenant_id) as conn:
            epoch = users.set_password(conn, email=session.email, password_hash=hashed)
            governance.audit(
                conn, tenant_id=session.tenant_id, who=session.email, action="changed password"
            )
        return Session(session.email, session.tenant_id, session.role, epoch)

    def _charge(self, email: str, client: str, now: datetime) -> None:
        limits = {f"email {email}": FREE_FAILURES, f"client {client}": FREE_FAILURES_OF_CLIENT}
        with self.database.admin() as conn:
            waits = [
                sessions.charge(conn, subject=subject, free=free, longest=LONGEST_WAIT, now=now)
                for subject, free in limits.items()
            ]
        longest = max((wait for wait in waits if wait is not None), default=None)
        if longest is not None:
            raise LoginError("Too many failed logins. Wait, then try again.", longest)

    def _note_failure(self, user: Mapping[str, Any] | None, client: str) -> None:
        """The address of an unknown user is not kept: people type passwords into that field."""
        tenant_id = user["tenant_id"] if user else self.home_tenant
        with self.database.transaction(tenant_id) as conn:
            governance.audit(
                conn,
                tenant_id=tenant_id,
                who=user["email"] if user else "unknown",
                action="login refused",
                details={"from": client},
            )
