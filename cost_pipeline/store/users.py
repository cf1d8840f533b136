"""Users: rows only. Passwords arrive here as hashes."""

from __future__ import annotations

from typing import Any, Literal

import psycopg

Role = Literal["viewer", "operator", "admin"]


def put(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    email: str,
    password_hash: str,
    role: Role,
) -> None:
    """Adds a user, or gives one that exists a new password and role, and ends their sessions.

    What it raises has to end the transaction.

    Raises:
        ValueError: the address is that of a user of another tenant, whom the connection sees.
        InsufficientPrivilege: it is that of a user whom it does not see.
    """
    row = conn.execute(
        "INSERT INTO users (tenant_id, email, password_hash, role) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash,"
        " role = excluded.role, disabled_at = NULL, password_changed_at = now(),"
        " session_epoch = users.session_epoch + 1 RETURNING tenant_id",
        [tenant_id, email.lower(), password_hash, role],
    ).fetchone()
    if row is None or row["tenant_id"] != tenant_id:
        raise ValueError(f"the address {email} is in use: choose another, or name its own tenant")


def find(conn: psycopg.Connection[Any], *, email: str) -> dict[str, Any] | None:
    """The user of an address, unless disabled; asked before any tenant is known."""
    return conn.execute(
        "SELECT tenant_id, email, password_hash, role, session_epoch FROM users"
        " WHERE email = %s AND disabled_at IS NULL",
        [email.lower()],
    ).fetchone()


def standing(conn: psycopg.Connection[Any], *, email: str) -> dict[str, Any] | None:
    """The user of an address, disabled or not: tenant_id, role, session_epoch, disabled_at."""
    return conn.execute(
        "SELECT tenant_id, role, session_epoch, disabled_at FROM users WHERE email = %s",
        [email.lower()],
    ).fetchone()


def set_role(conn: psycopg.Connection[Any], *, email: str, role: Role) -> None:
    """Gives a user another role; it holds from their next request on."""
    conn.execute("UPDATE users SET role = %s WHERE email = %s", [role, email.lower()])


def listing(conn: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """Every user that the connection may see, without the password."""
    return conn.execute(
        "SELECT tenant_id, email, role, created_at, disabled_at FROM users ORDER BY email"
    ).fetchall()


def set_password(conn: psycopg.Connection[Any], *, email: str, password_hash: str) -> int:
    """Gives a user a new password and ends their sessions; the epoch of those to come.

    Raises:
        LookupError: there is no such user.
    """
    row = conn.execute(
        "UPDATE users SET password_hash = %s, password_changed_at = now(),"
        " session_epoch = session_epoch + 1 WHERE email = %s RETURNING session_epoch",
        [password_hash, email.lower()],
    ).fetchone()
    if row is None:
        raise LookupError(f"there is no user {email}")
    return int(row["session_epoch"])


def rehash(conn: psycopg.Connection[Any], *, email: str, password_hash: str) -> None:
    """Keeps the same password under a stronger hash."""
    conn.execute("UPDATE users SET password_hash = %s WHERE email = %s", [password_hash, email])


def disable(conn: psycopg.Connection[Any], *, email: str) -> bool:
    """Locks a user out at once; returns whether there was one."""
    return bool(
        conn.execute(
            "UPDATE users SET disabled_at = now(), session_epoch = session_epoch + 1"
            " WHERE email = %s AND disabled_at IS NULL",
            [email.lower()],
        ).rowcount
    )
