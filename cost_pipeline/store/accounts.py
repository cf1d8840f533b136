"""AWS accounts and how each is entered: rows only. Keys arrive here encrypted."""

from __future__ import annotations

from typing import Any

import psycopg


def put(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    account_id: str,
    name: str | None = None,
    role_arn: str | None = None,
    external_id: str | None = None,
    keys_cipher: str | None = None,
) -> None:
    """Keeps how an account is entered: by a role, or by keys; what is given replaces both."""
    conn.execute(
        "INSERT INTO accounts (tenant_id, account_id, name, role_arn, external_id, keys_cipher,"
        " keys_set_at) VALUES (%(t)s, %(a)s, %(name)s, %(role)s, %(external)s, %(keys)s,"
        " CASE WHEN %(keys)s::text IS NOT NULL THEN now() END)"
        " ON CONFLICT (tenant_id, account_id) DO UPDATE SET"
        " name = coalesce(excluded.name, accounts.name), role_arn = excluded.role_arn,"
        " external_id = excluded.external_id, keys_cipher = excluded.keys_cipher,"
        " keys_set_at = excluded.keys_set_at",
        {
            "t": tenant_id,
            "a": account_id,
            "name": name,
            "role": role_arn,
            "external": external_id,
            "keys": keys_cipher,
        },
    )


def find(
    conn: psycopg.Connection[Any], *, tenant_id: str, account_id: str
) -> dict[str, Any] | None:
    """role_arn, external_id and keys_cipher of an account."""
    return conn.execute(
        "SELECT role_arn, external_id, keys_cipher FROM accounts"
        " WHERE tenant_id = %s AND account_id = %s",
        [tenant_id, account_id],
    ).fetchone()


def with_keys(conn: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """The accounts that hold keys, locked: tenant_id, account_id, keys_cipher."""
    return conn.execute(
        "SELECT tenant_id, account_id, keys_cipher FROM accounts"
        " WHERE keys_cipher IS NOT NULL ORDER BY 1, 2 FOR UPDATE"
    ).fetchall()


def replace_cipher(
    conn: psycopg.Connection[Any], *, tenant_id: str, account_id: str, keys_cipher: str
) -> None:
    """The same keys, encrypted anew."""
    conn.execute(
        "UPDATE accounts SET keys_cipher = %s WHERE tenant_id = %s AND account_id = %s",
        [keys_cipher, tenant_id, account_id],
    )


def listing(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """Every account, without its keys: has_keys and keys_set_at tell of them."""
    return conn.execute(
        "SELECT account_id, name, role_arn, external_id, regions,"
        " keys_cipher IS NOT NULL AS has_keys, keys_set_at, created_at FROM accounts"
        " WHERE tenant_id = %s ORDER BY account_id",
        [tenant_id],
    ).fetchall()


def progress(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """How far each account's log files are read.

    account_id, done, waiting and failed (files), days (with something read), first_day, last_day.
    """
    return conn.execute(
        "SELECT account_id, sum(files) FILTER (WHERE state = 'done')::bigint AS done,"
        " coalesce(sum(files) FILTER (WHERE state = 'pending'), 0)::bigint AS waiting,"
        " coalesce(sum(files) FILTER (WHERE state = 'failed'), 0)::bigint AS failed,"
        " count(DISTINCT day) FILTER (WHERE state = 'done')::int AS days,"
        " min(day) AS first_day, max(day) AS last_day"
        " FROM (SELECT account_id, day, state, count(*) AS files FROM trail_objects"
        "  WHERE tenant_id = %s GROUP BY 1, 2, 3) AS counted GROUP BY 1 ORDER BY 1",
        [tenant_id],
    ).fetchall()
