"""Sessions that were ended, attempts to log in, and the users behind both."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import psycopg

_FORGET_AFTER = timedelta(days=1)
_FORGET = """
DELETE FROM login_attempts WHERE subject IN (
  SELECT subject FROM login_attempts WHERE last_at < %s FOR UPDATE SKIP LOCKED)
"""


def standing(
    conn: psycopg.Connection[Any], *, email: str, tenant_id: str, jti: str
) -> dict[str, Any] | None:
    """The user of a session (role, session_epoch) unless disabled, gone, or the session ended."""
    return conn.execute(
        "SELECT role, session_epoch FROM users u WHERE email = %s AND tenant_id = %s"
        " AND disabled_at IS NULL"
        " AND NOT EXISTS (SELECT FROM revoked_sessions WHERE jti = %s)",
        [email, tenant_id, jti],
    ).fetchone()


def revoke(
    conn: psycopg.Connection[Any], *, jti: str, tenant_id: str, email: str, expires_at: datetime
) -> bool:
    """Ends one session, and forgets those that have expired since; whether it was going on."""
    conn.execute("DELETE FROM revoked_sessions WHERE expires_at < now() - interval '1 day'")
    return bool(
        conn.execute(
            "INSERT INTO revoked_sessions (jti, tenant_id, email, expires_at)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [jti, tenant_id, email, expires_at],
        ).rowcount
    )


def charge(
    conn: psycopg.Connection[Any], *, subject: str, free: int, longest: timedelta, now: datetime
) -> timedelta | None:
    """Counts an attempt before it is judged; how long to wait where there were too many.

    After `free` failures each further one blocks twice as long, from 15 s up to `longest`.
    Attempts while blocked are not counted, so that knocking does not lengthen the wait.
    """
    key = _hash(subject)
    conn.execute(_FORGET, [now - _FORGET_AFTER])
    conn.execute(
        "INSERT INTO login_attempts (subject, failures, last_at) VALUES (%s, 0, %s)"
        " ON CONFLICT DO NOTHING",
        [key, now],
    )
    row = conn.execute(
        "SELECT failures, blocked_until FROM login_attempts WHERE subject = %s FOR UPDATE", [key]
    ).fetchone()
    if row is None:
        return None
    if row["blocked_until"] is not None and row["blocked_until"] > now:
        return timedelta(seconds=(row["blocked_until"] - now).total_seconds())
    failures = row["failures"] + 1
    wait = min(longest, timedelta(seconds=15 * 2 ** min(failures - free, 20)))
    conn.execute(
        "UPDATE login_attempts SET failures = %s, last_at = %s, blocked_until = %s"
        " WHERE subject = %s",
        [failures, now, now + wait if failures >= free else None, key],
    )
    return None


def forgive(conn: psycopg.Connection[Any], *, subject: str) -> None:
    """Forgets the failures of whoever got in."""
    conn.execute("DELETE FROM login_attempts WHERE subject = %s", [_hash(subject)])


def refund(conn: psycopg.Connection[Any], *, subject: str, at: datetime) -> None:
    """Takes back one attempt, of many from one place, that was counted at `at` and succeeded.

    A block that another attempt has brought about since stays: whoever has a password of their
    own cannot buy further guesses at somebody else's with it.
    """
    conn.execute(
        "UPDATE login_attempts SET failures = greatest(failures - 1, 0),"
        " blocked_until = CASE WHEN last_at <> %s THEN blocked_until END WHERE subject = %s",
        [at, _hash(subject)],
    )


def _hash(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).digest()
