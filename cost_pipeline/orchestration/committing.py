"""What the sweep's answers tell of reservations, kept for the purchases that do not say it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cost_pipeline.prices.reservations import CALLS, Reservation, reservations
from cost_pipeline.store import commitments, inventory
from cost_pipeline.store.database import Database
from cost_pipeline.store.locks import lock_prices


def remember_reservations(db: Database, tenant_id: str, day: date) -> int:
    """Keeps the reservations of a day's answers; returns how many were not known so before."""
    found = list(_listed(db, tenant_id, day))
    with db.transaction(tenant_id) as conn:
        known = commitments.of_tenant(conn, tenant_id=tenant_id)
    new = [one for one in found if known.get(one.reservation_id) != one.commitment]
    if not new:
        return 0
    with db.transaction(tenant_id) as conn:
        lock_prices(conn, change=True)
        return commitments.put(conn, tenant_id=tenant_id, reservations=new)


def _listed(db: Database, tenant_id: str, day: date) -> Iterator[Reservation]:
    with db.transaction(tenant_id) as conn:
        for place in inventory.places(conn, tenant_id=tenant_id, day=day):
            where = {"account_id": place["account_id"], "region": place["region"]}
            answers = inventory.load(conn, tenant_id=tenant_id, day=day, apis=list(CALLS), **where)
            yield from reservations({one.api: one.items or () for one in answers})
