"""What follows from a day's events alone, worked out anew day by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from cost_pipeline.orchestration import progress
from cost_pipeline.store.database import Database
from cost_pipeline.store.locks import lock_folding


def rebuild_each(
    asset: str,
    db: Database,
    tenant_ids: Sequence[str],
    days: Sequence[date],
    rebuild: Callable[..., int],
) -> int:
    """Rebuilds each day in a transaction of its own, and says how far it is.

    Args:
        asset: whose progress it is.
        db: where the days lie.
        tenant_ids: whose days.
        days: which, in order.
        rebuild: of a connection, `tenant_id` and `day`; how many rows it wrote.

    Returns:
        All rows that were written.
    """
    rows = 0
    for tenant_id in tenant_ids:
        for number, day in enumerate(days):
            progress.report(asset, number, len(days))
            with db.transaction(tenant_id) as conn:
                lock_folding(conn, tenant_id)
                rows += rebuild(conn, tenant_id=tenant_id, day=day)
    progress.report(asset, len(days), len(days))
    return rows
