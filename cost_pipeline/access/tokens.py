"""Login tokens: HS256 JWTs that say who, which tenant and which role, and that expire.

What is signed here is only half of a session: whether it was ended is asked in `sessions`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import jwt

from cost_pipeline.access.keyring import Key, Keyring
from cost_pipeline.store.users import Role

_ALGORITHM = "HS256"
_PURPOSE = "session"
_RANKS: tuple[Role, ...] = ("viewer", "operator", "admin")
_MOST_CHARACTERS = 4096
_LONGEST = timedelta(days=30)
_REQUIRED = ["exp", "iat", "sub", "jti", "tenant", "epoch"]

Refused = Literal["none", "malformed", "forged", "expired", "revoked", "unknown"]


class TokenError(Exception):
    """A token is not accepted; `reason` is for the audit log, not for whoever presented it."""

    def __init__(self, reason: Refused, tenant_id: str | None = None, who: str = "") -> None:
        super().__init__(reason)
        self.reason: Refused = reason
        self.tenant_id = tenant_id
        self.who = who


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in."""

    email: str
    tenant_id: str
    role: Role
    epoch: int = 0

    def may(self, role: Role) -> bool:
        """Whether the user's role is at least `role`."""
        return _RANKS.index(self.role) >= _RANKS.index(role)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, its signature checked."""

    session: Session
    jti: str
    expires_at: datetime


def issue(session: Session, keys: Keyring, *, lifetime: timedelta, now: datetime) -> str:
    """A signed token for a session, of 30 days at most."""
    claims = {
        "sub": session.email,
        "tenant": session.tenant_id,
        "role": session.role,
        "epoch": session.epoch,
        "iat": now,
        "exp": now + min(lifetime, _LONGEST),
        "jti": secrets.token_hex(16),
    }
    key = keys.newest
    return jwt.encode(
        claims, key.derived(_PURPOSE), algorithm=_ALGORITHM, headers={"kid": key.key_id}
    )


def read(token: str | None, keys: Keyring, *, lifetime: timedelta, now: datetime) -> Claims:
    """What a token says.

    Args:
        token: as it was presented.
        keys: those that may have signed it.
        lifetime: how long sessions last: an older key is not believed for longer than that.
        now: the moment of the check.

    Raises:
        TokenError: it is missing, malformed, expired, or not signed by us.
    """
    if not token:
        raise TokenError("none")
    if len(token) > _MOST_CHARACTERS:
        raise TokenError("malformed")
    key = _key_of(token, keys, lifetime, now)
    try:
        claims = jwt.decode(
            token,
            key.derived(_PURPOSE),
            algorithms=[_ALGORITHM],
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
        )
        session = Session(claims["sub"], claims["tenant"], claims["role"], claims["epoch"])
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError):
        raise TokenError("forged") from None
    if session.role not in _RANKS:
        raise TokenError("forged")
    if expires_at <= now:
        raise TokenError("expired", session.tenant_id, session.email)
    return Claims(session, claims["jti"], expires_at)


def _key_of(token: str, keys: Keyring, lifetime: timedelta, now: datetime) -> Key:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise TokenError("malformed") from None
    key = keys.find(str(header.get("kid")))
    if key is None or header.get("alg") != _ALGORITHM:
        raise TokenError("forged")
    if key.retired_at is not None and now > key.retired_at + lifetime:
        raise TokenError("expired")
    return key
