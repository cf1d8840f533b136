"""Connecting an account or bucket: what was tried, found and estimated, and how far it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import psycopg
from psycopg.types.json import Jsonb

Way = Literal["agent", "bucket", "role", "folder"]
State = Literal["checking", "blocked", "estimated", "waiting", "reading", "done", "failed"]


class StepLike(Protocol):
    """One thing that was tried."""

    @property
    def permission(self) -> str: ...  # noqa: D102
    @property
    def level(self) -> str: ...  # noqa: D102
    @property
    def finding(self) -> str: ...  # noqa: D102
    @property
    def mend(self) -> str: ...  # noqa: D102


def begin(conn: psycopg.Connection[Any], *, tenant_id: str, way: Way, place: str, by: str) -> int:
    """A new attempt, in the state `checking`; returns its id."""
    row = conn.execute(
        "INSERT INTO onboarding (tenant_id, way, place, started_by) VALUES (%s, %s, %s, %s)"
        " RETURNING onboarding_id",
        [tenant_id, way, place, by],
    ).fetchone()
    return int(row["onboarding_id"]) if row else 0


def keep_steps(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    onboarding_id: int,
    steps: Sequence[StepLike],
) -> None:
    """Adds what was tried, behind what is there."""
    conn.execute(
        "INSERT INTO onboarding_steps"
        " (onboarding_id, position, tenant_id, permission, level, finding, mend)"
        " SELECT %s, n + (SELECT count(*) FROM onboarding_steps WHERE onboarding_id = %s),"
        " %s, permission, level, finding, mend"
        " FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY"
        " AS new (permission, level, finding, mend, n)",
        [
            onboarding_id,
            onboarding_id,
            tenant_id,
            [step.permission for step in steps],
            [step.level for step in steps],
            [step.finding for step in steps],
            [step.mend for step in steps],
        ],
    )


_JSON = ("found", "estimate", "progress", "result")
_PLAIN = ("place", "state", "since", "until", "trail_id", "error")


def note(
    conn: psycopg.Connection[Any], *, tenant_id: str, onboarding_id: int, **changes: Any
) -> None:
    """Changes place, state, since, until, trail_id, error; found, estimate, progress or result.

    Raises:
        ValueError: there is no such column.
    """
    unknown = set(changes) - set(_JSON) - set(_PLAIN)
    if unknown:
        raise ValueError(f"no such columns: {sorted(unknown)}")
    values = {k: Jsonb(v) if k in _JSON else v for k, v in changes.items()}
    columns = "".join(f", {name} = %({name})s" for name in values)
    over = "finished_at = now(), " if changes.get("state") in ("done", "failed", "blocked") else ""
    conn.execute(
        f"UPDATE onboarding SET {over}updated_at = now(){columns}"
        " WHERE tenant_id = %(tenant_id)s AND onboarding_id = %(id)s",
        {**values, "tenant_id": tenant_id, "id": onboarding_id},
    )


def steps(
    conn: psycopg.Connection[Any], *, tenant_id: str, onboarding_id: int
) -> list[dict[str, Any]]:
    """What was tried, in order: permission, level, finding, mend, at."""
    return conn.execute(
        "SELECT permission, level, finding, mend, at FROM onboarding_steps"
        " WHERE tenant_id = %s AND onboarding_id = %s ORDER BY position",
        [tenant_id, onboarding_id],
    ).fetchall()


def latest(
    conn: psycopg.Connection[Any], *, tenant_id: str, limit: int = 20
) -> list[dict[str, Any]]:
    """The newest attempt of each place, the newest first, with how far it is read.

    Beside the columns of `onboarding`: `missing`, the permissions that are not there; and for
    its days `files`, `files_done`, `files_failed`, `bytes` and `bytes_done` of what is
    registered, whoever reads it: this process, a run of Dagster or several workers.
    """
    return conn.execute(
        "SELECT o.*, array(SELECT permission FROM onboarding_steps s"
        "  WHERE s.onboarding_id = o.onboarding_id AND s.level = 'error' ORDER BY position)"
        "  AS missing, f.* FROM ("
        "  SELECT DISTINCT ON (place) * FROM onboarding WHERE tenant_id = %(tenant_id)s"
        "  ORDER BY place, onboarding_id DESC) AS o"
        " CROSS JOIN LATERAL (" + _FILES + " AND trail_id = o.trail_id"
        "  AND day BETWEEN o.since AND o.until) AS f"
        " ORDER BY o.onboarding_id DESC LIMIT %(limit)s",
        {"tenant_id": tenant_id, "limit": limit},
    ).fetchall()


_FILES = (
    "SELECT count(*) AS files, count(*) FILTER (WHERE state = 'done') AS files_done,"
    " count(*) FILTER (WHERE state = 'failed') AS files_failed,"
    " coalesce(sum(size), 0)::bigint AS bytes,"
    " coalesce(sum(size) FILTER (WHERE state = 'done'), 0)::bigint AS bytes_done"
    " FROM trail_objects WHERE tenant_id = %(tenant_id)s"
)
