"""The digest of a day or a week: kept as files, and sent to whoever wants it.

The same rows give the same bytes; it is sent once, unless it is wanted again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from cost_pipeline.notify.digest_forms import digest_message, files_of
from cost_pipeline.notify.message import Message
from cost_pipeline.store import digests
from cost_pipeline.store.database import Database
from cost_pipeline.store.digests import Period


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as it was written; `day` is its last."""

    day: date
    folder: Path
    anomalies: int
    message: Message


def write_digest(
    database: Database,
    *,
    tenant_id: str,
    day: date,
    folder: Path,
    dashboard_url: str,
    period: Period = "daily",
) -> Digest:
    """Writes the digest of a day under `folder`/tenant/day, or of the week that ends on it.

    That of a week lies beside those of its days: tenant/2026-W10.
    """
    kept = f"{day:%G-W%V}" if period == "weekly" else day.isoformat()
    target = folder / tenant_id / kept
    with database.transaction(tenant_id) as conn:
        message = stored_message(
            conn,
            tenant_id=tenant_id,
            period=period,
            day=day.isoformat(),
            dedup_key=f"digest/{tenant_id}/{period}/{day}",
            dashboard_url=dashboard_url,
        )
        target.mkdir(parents=True, exist_ok=True)
        for name, content in files_of(message).items():
            (target / name).write_bytes(content)
        digests.note_written(conn, tenant_id=tenant_id, period=period, day=day, path=str(target))
    return Digest(day, target, message.facts["anomalies"], message)


def stored_message(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    period: Period,
    day: str,
    dedup_key: str,
    dashboard_url: str,
) -> Message:
    """The digest as it is sent, from the same rows as its files."""
    facts = digests.facts(conn, tenant_id=tenant_id, day=date.fromisoformat(day), period=period)
    return digest_message(facts, dedup_key=dedup_key, dashboard_url=dashboard_url)
