"""What people ask of the pipeline in the app, and what became of it.

The app calls nobody; the pipeline looks here every few seconds, does it, and says how it went.
"""

from __future__ import annotations

from typing import Any, Literal

import psycopg

from cost_pipeline.store import governance

Kind = Literal["account", "digest", "channel", "limits", "record"]
MOST_SAID = 1000
"""Characters of an answer; a record may be longer."""


def ask(
    conn: psycopg.Connection[Any], *, tenant_id: str, kind: Kind, subject: str, by: str
) -> bool:
    """Asks for something about a subject; False while the same waits.

    To test an account or a channel, to send a digest again, to try other limits of the sweep, or
    to read the record behind a call.
    """
    asked = conn.execute(
        "INSERT INTO requests (tenant_id, kind, subject, asked_by)"
        " SELECT %(t)s, %(kind)s, %(subject)s, %(by)s WHERE NOT EXISTS (SELECT FROM requests"
        "  WHERE tenant_id = %(t)s AND kind = %(kind)s AND subject = %(subject)s"
        "  AND answered_at IS NULL)",
        {"t": tenant_id, "kind": kind, "subject": subject, "by": by},
    ).rowcount
    if asked:
        details = {"subject": subject}
        governance.audit(conn, tenant_id=tenant_id, who=by, action=f"asked {kind}", details=details)
    return bool(asked)


def latest(
    conn: psycopg.Connection[Any], *, tenant_id: str, kind: Kind, subject: str | None = None
) -> dict[str, dict[str, Any]]:
    """The newest request about each subject, or one: who asked, when, answered_at, ok, answer."""
    rows = conn.execute(
        "SELECT DISTINCT ON (subject) subject, asked_by, asked_at, answered_at, ok, answer"
        " FROM requests WHERE tenant_id = %(t)s AND kind = %(kind)s"
        " AND (%(subject)s::text IS NULL OR subject = %(subject)s)"
        " ORDER BY subject, request_id DESC",
        {"t": tenant_id, "kind": kind, "subject": subject},
    )
    return {row["subject"]: row for row in rows}


def waiting(
    conn: psycopg.Connection[Any], *, tenant_id: str, limit: int = 3
) -> list[dict[str, Any]]:
    """Unanswered requests, the oldest first, locked until the transaction ends."""
    return conn.execute(
        "SELECT request_id, kind, subject FROM requests WHERE tenant_id = %s"
        " AND answered_at IS NULL ORDER BY request_id LIMIT %s FOR UPDATE SKIP LOCKED",
        [tenant_id, limit],
    ).fetchall()


def answer(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    request_id: int,
    ok: bool,
    answer: str,
    most: int = MOST_SAID,
) -> None:
    """Says how it went, in at most so many characters."""
    conn.execute(
        "UPDATE requests SET answered_at = clock_timestamp(), ok = %s, answer = %s"
        " WHERE tenant_id = %s AND request_id = %s",
        [ok, answer[:most], tenant_id, request_id],
    )
