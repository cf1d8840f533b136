"""The demo's sweeps: what AWS would have answered of the made-up organisation, judged."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from cost_pipeline.aws.api_calls import CALLS, METRICS
from cost_pipeline.notify.digest import write_digest
from cost_pipeline.orchestration.judging import judge_day
from cost_pipeline.simulate import idle
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.store import inventory
from cost_pipeline.store.database import Database
from cost_pipeline.store.digests import Period, week_of
from cost_pipeline.zombies.registry import Plan

DAYS = 7


def sweep(database: Database, organisation: Organisation, now: datetime) -> int:
    """Archives and judges the last week's sweeps; returns how many things are idle today."""
    found = 0
    for back in range(DAYS - 1, -1, -1):
        day = (now - timedelta(days=back)).date()
        at = min(now, datetime.combine(day, time(5), UTC))
        for account in organisation.accounts:
            for region in organisation.regions:
                _archive(database, organisation, account.account_id, region, at)
        found = len(judge_day(database, "default", day).findings)
    return found


def write_digests(database: Database, now: datetime, folder: Path, dashboard_url: str) -> None:
    """Writes the digests of the swept days again, which did not know what is idle yet."""
    for back in range(DAYS - 1, -1, -1):
        day = (now - timedelta(days=back)).date()
        periods: tuple[Period, ...] = ("daily", "weekly") if week_of(day) == day else ("daily",)
        for period in periods:
            write_digest(
                database,
                tenant_id="default",
                day=day,
                folder=folder,
                dashboard_url=dashboard_url,
                period=period,
            )


def _archive(
    database: Database, organisation: Organisation, account_id: str, region: str, at: datetime
) -> None:
    said = idle.answers(organisation.forgotten, account_id, region, at)
    items: dict[str, Any] = {api: said.get(api, []) for api in CALLS}
    where = {"account_id": account_id, "region": region}
    queries = Plan().metric_queries(items, now=at, **where)
    items[METRICS] = {query.key: idle.points(query.key, at, query.days) for query in queries}
    answers = [inventory.Answer(api, said) for api, said in items.items()]
    with database.transaction("default") as conn:
        inventory.replace(
            conn, tenant_id="default", day=at.date(), answers=answers, now=at, **where
        )
