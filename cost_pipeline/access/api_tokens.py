"""API tokens: random, shown once, kept as a hash; each for one tenant and some scopes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cost_pipeline.access.scopes import Scope
from cost_pipeline.access.tokens import TokenError
from cost_pipeline.store import api_tokens, governance
from cost_pipeline.store.database import Database

PREFIX = "dd0c_"
"""What every token begins with, so that scanners find one that leaked."""


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whoever presented a valid token."""

    name: str
    tenant_id: str
    scopes: frozenset[Scope]


def create(
    database: Database,
    *,
    tenant_id: str,
    name: str,
    scopes: Sequence[Scope],
    by: str,
    expires_at: datetime | None = None,
) -> str:
    """Makes a token; it cannot be shown again.

    Raises:
        ValueError: a token of that name is in use, or there is no such tenant.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    if tenant_id not in {row["tenant_id"] for row in database.tenants()}:
        raise ValueError(f"there is no tenant '{tenant_id}'")
    with database.transaction(tenant_id) as conn:
        api_tokens.add(
            conn,
            tenant_id=tenant_id,
            name=name,
            token_hash=_hash(token),
            scopes=scopes,
            by=by,
            expires_at=expires_at,
        )
        details = {"name": name, "scopes": list(scopes)}
        governance.audit(
            conn, tenant_id=tenant_id, who=by, action="made API token", details=details
        )
    return token


def check(database: Database, token: str, *, now: datetime) -> TokenHolder:
    """Whose token it is.

    Raises:
        TokenError: it is unknown, expired or revoked.
    """
    with database.admin() as conn:  # the token is what tells the tenant
        row = api_tokens.find(conn, token_hash=_hash(token))
        if row is None:
            raise TokenError("unknown")
        if row["revoked_at"] is not None:
            raise TokenError("revoked", row["tenant_id"], f"token {row['name']}")
        if row["expires_at"] is not None and row["expires_at"] <= now:
            raise TokenError("expired", row["tenant_id"], f"token {row['name']}")
        api_tokens.touch(conn, token_id=row["token_id"], now=now)
    return TokenHolder(f"token {row['name']}", row["tenant_id"], frozenset(row["scopes"]))


def revoke(database: Database, *, tenant_id: str, name: str, by: str, now: datetime) -> bool:
    """Ends a token at once, in every process; whether there was one."""
    with database.transaction(tenant_id) as conn:
        found = api_tokens.revoke(conn, tenant_id=tenant_id, name=name, now=now)
        if found:
            governance.audit(
                conn,
                tenant_id=tenant_id,
                who=by,
                action="revoked API token",
                details={"name": name},
            )
    return found


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
