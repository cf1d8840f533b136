"""Login tokens: HS256 JWTs that say who, which tenant and which role, and that expire."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from cost_pipeline.settings import Settings
from cost_pipeline.store.users import Role

_ALGORITHM = "HS256"
_RANKS: tuple[Role, ...] = ("viewer", "operator", "admin")


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in."""

    email: str
    tenant_id: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether the user's role is at least `role`."""
        return _RANKS.index(self.role) >= _RANKS.index(role)


def issue(session: Session, secret: str, *, lifetime: timedelta, now: datetime) -> str:
    """A signed token for a session."""
    claims = {
        "sub": session.email,
        "tenant": session.tenant_id,
        "role": session.role,
        "iat": now,
        "exp": now + lifetime,
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def verify(token: str | None, secret: str) -> Session | None:
    """The session of a token; None for one that is missing, forged or expired."""
    if not token:
        return None
    try:
        claims = jwt.decode(
            token, secret, algorithms=[_ALGORITHM], options={"require": ["exp", "sub", "jti"]}
        )
    except jwt.InvalidTokenError:
        return None
    if claims.get("role") not in _RANKS:
        return None
    return Session(claims["sub"], claims["tenant"], claims["role"])


def secret_key(settings: Settings) -> str:
    """The key that signs tokens: from the settings, or made once and kept under the home."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.home / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text()
