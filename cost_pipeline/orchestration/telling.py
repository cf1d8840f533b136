"""Who is told, and how: the channels of a tenant, opened, with the links that messages carry."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cost_pipeline.access.alert_links import AlertLinks
from cost_pipeline.access.channel_vault import ChannelVault
from cost_pipeline.access.keyring import keyring
from cost_pipeline.notify import outbox
from cost_pipeline.notify.channels import Route, routes
from cost_pipeline.notify.outbox import DeliveryReport
from cost_pipeline.orchestration.resources import settings
from cost_pipeline.store import channels, digests, governance
from cost_pipeline.store.database import Database
from cost_pipeline.store.digests import Period


def routes_of(db: Database, tenant_id: str) -> list[Route]:
    """The tenant's channels and those of the environment, with their rules."""
    with db.transaction(tenant_id) as conn:
        rows = channels.sealed(conn, tenant_id=tenant_id)
    vault = ChannelVault(keyring(settings()), tenant_id) if rows else None
    return routes(rows, vault, settings())


def tell(db: Database, tenant_id: str, *, leftovers_from: float | None = None) -> DeliveryReport:
    """Queues what is new for a tenant and delivers all that is due."""
    known = routes_of(db, tenant_id)
    return outbox.run(
        db,
        tenant_id=tenant_id,
        channels=[route.channel for route in known],
        rules={route.channel.name: route.rules for route in known},
        min_severity=settings().alert_min_severity,
        dashboard_url=settings().dashboard_url,
        now=datetime.now(UTC),
        leftovers_from=leftovers_from,
        decisions=AlertLinks(keyring(settings()), settings().dashboard_url, tenant_id),
    )


def queue_digest(
    db: Database, tenant_id: str, period: Period, day: date, *, again: bool = False
) -> int:
    """Queues a digest for the channels that want it, but in `audit` mode; how many there are."""
    wanting = [r.channel.name for r in routes_of(db, tenant_id) if period in r.rules.wants]
    with db.transaction(tenant_id) as conn:
        if governance.get(conn, tenant_id=tenant_id, key=governance.MODE) == "audit":
            return 0
        return digests.enqueue(
            conn,
            tenant_id=tenant_id,
            period=period,
            day=day,
            channels=wanting,
            now=datetime.now(UTC),
            again=again,
        )
