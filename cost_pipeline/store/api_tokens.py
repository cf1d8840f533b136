"""API tokens: rows only. The tokens themselves arrive here as hashes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg


def add(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    name: str,
    token_hash: bytes,
    scopes: Sequence[str],
    by: str,
    expires_at: datetime | None = None,
) -> None:
    """Keeps a token's hash under a name.

    Raises:
        ValueError: a token of that name is in use.
    """
    added = conn.execute(
        "INSERT INTO api_tokens (tenant_id, name, token_hash, scopes, created_by, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [tenant_id, name, token_hash, list(scopes), by, expires_at],
    ).rowcount
    if not added:
        raise ValueError(f"a token named '{name}' is in use: revoke it, or choose another name")


def find(conn: psycopg.Connection[Any], *, token_hash: bytes) -> dict[str, Any] | None:
    """The token of a hash, revoked or not; asked before any tenant is known."""
    return conn.execute(
        "SELECT token_id, tenant_id, name, scopes, expires_at, revoked_at FROM api_tokens"
        " WHERE token_hash = %s",
        [token_hash],
    ).fetchone()


def touch(conn: psycopg.Connection[Any], *, token_id: int, now: datetime) -> None:
    """Notes that a token was used, once a minute at most."""
    conn.execute(
        "UPDATE api_tokens SET last_used_at = %s WHERE token_id = %s"
        " AND (last_used_at IS NULL OR last_used_at < %s - interval '1 minute')",
        [now, token_id, now],
    )


def listing(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """The tenant's tokens, without anything that would let one be used."""
    return conn.execute(
        "SELECT name, scopes, created_by, created_at, expires_at, last_used_at, revoked_at"
        " FROM api_tokens WHERE tenant_id = %s ORDER BY revoked_at NULLS FIRST, name",
        [tenant_id],
    ).fetchall()


def revoke(conn: psycopg.Connection[Any], *, tenant_id: str, name: str, now: datetime) -> bool:
    """Ends a token at once; whether there was one."""
    return bool(
        conn.execute(
            "UPDATE api_tokens SET revoked_at = %s"
            " WHERE tenant_id = %s AND name = %s AND revoked_at IS NULL",
            [now, tenant_id, name],
        ).rowcount
    )
