"""Sessions: started by a login, checked on every use, ended by a logout or for a whole user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cost_pipeline.access.keyring import Keyring, keyring
from cost_pipeline.access.tokens import Claims, Session, TokenError, issue, read
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, sessions
from cost_pipeline.store.database import Database


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one installation. The keys are asked for anew each time: they rotate."""

    database: Database
    keys: Callable[[], Keyring]
    lifetime: timedelta

    @classmethod
    def of(cls, database: Database, settings: Settings) -> Sessions:
        """As the settings have it."""
        hours = timedelta(hours=settings.session_hours)
        return cls(database, lambda: keyring(settings), hours)

    def start(self, session: Session, *, now: datetime) -> str:
        """A new token, under an id of its own: what was presented before plays no part in it."""
        return issue(session, self.keys(), lifetime=self.lifetime, now=now)

    def check(self, token: str | None, *, now: datetime) -> Session:
        """Who the token is for, with the role that they have by now.

        Raises:
            TokenError: it is not one of ours, has expired, or the session was ended.
        """
        return self.claims(token, now=now).session

    def claims(self, token: str | None, *, now: datetime) -> Claims:
        """The same with the token's id and expiry.

        Raises:
            TokenError: as `check`.
        """
        claims = read(token, self.keys(), lifetime=self.lifetime, now=now)
        said = claims.session
        with self.database.transaction(said.tenant_id) as conn:
            user = sessions.standing(
                conn, email=said.email, tenant_id=said.tenant_id, jti=claims.jti
            )
        if user is None or user["session_epoch"] != said.epoch:
            raise TokenError("revoked", said.tenant_id, said.email)
        return replace(claims, session=replace(said, role=user["role"]))

    def end(self, token: str | None, *, now: datetime) -> None:
        """Ends the session of a token, in every process; quietly where there is none."""
        try:
            claims = read(token, self.keys(), lifetime=self.lifetime, now=now)
        except TokenError:
            return
        who = claims.session
        with self.database.transaction(who.tenant_id) as conn:
            ended = sessions.revoke(
                conn,
                jti=claims.jti,
                tenant_id=who.tenant_id,
                email=who.email,
                expires_at=claims.expires_at,
            )
            if ended:
                governance.audit(conn, tenant_id=who.tenant_id, who=who.email, action="logged out")
