"""What the calls of a day left behind: derived from links, priced, put into words, kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from cost_pipeline.store import leftovers, links
from cost_pipeline.store.database import Database
from cost_pipeline.store.leftovers import Leftover
from cost_pipeline.store.locks import lock_folding

if TYPE_CHECKING:
    from cost_pipeline.zombies.model import Prices
    from cost_pipeline.zombies.thresholds import Thresholds


def rebuild_leftovers(
    database: Database, tenant_id: str, day: date, prices: Prices, thresholds: Thresholds
) -> int:
    """Works out again what every parent left that the day's calls name; how much there is now."""
    with database.transaction(tenant_id) as conn:
        lock_folding(conn, tenant_id)
        links.rebuild(conn, tenant_id=tenant_id, day=day)
        found = [
            _leftover(row, prices, thresholds)
            for row in leftovers.derive(conn, tenant_id=tenant_id)
        ]
        leftovers.replace(conn, tenant_id=tenant_id, found=found)
    return len(found)


def _leftover(row: dict[str, Any], prices: Prices, thresholds: Thresholds) -> Leftover:
    from cost_pipeline.zombies.leftovers import monthly_cost, title

    facts = {name: value for name, value in row["facts"].items() if value is not None}
    reason = thresholds.excludes_leftover(
        row["resource_id"], account_id=row["account_id"], region=row["region"], on=row["day"]
    )
    known = {name: value for name, value in row.items() if name != "hourly_cost"}
    return Leftover(
        **known | {"facts": facts | ({"excluded": reason} if reason else {})},
        title=title(row),
        monthly_cost=monthly_cost(row, prices),
    )
