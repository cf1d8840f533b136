"""A range of days materialised in this process: every asset, without daemon or webserver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from dagster import DagsterInstance, MetadataValue, materialize

from cost_pipeline.aws.price_list import PriceListSite
from cost_pipeline.aws.trail_layout import days_between
from cost_pipeline.definitions import ASSETS
from cost_pipeline.orchestration import progress
from cost_pipeline.orchestration.assets.prices import LEFT
from cost_pipeline.orchestration.early_prices import beside, in_order
from cost_pipeline.orchestration.estimating import busiest_regions
from cost_pipeline.orchestration.faults import reason_of
from cost_pipeline.orchestration.partitions import FIRST_DAY
from cost_pipeline.orchestration.resources import (
    PostgresDatabase,
    TrailReader,
    closing_all,
    settings,
)
from cost_pipeline.store import objects, runs
from cost_pipeline.store.database import Database

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_QUICKLY_SECONDS = 5.0
"""How long AWS's Price List may say nothing before a trail is read without it."""
_NOTHING = MetadataValue.int(0)
_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a range came to. `failures` are sentences, one for each thing that went wrong."""

    since: date
    until: date
    files: int
    records: int
    cost_events: int
    unpriced: int
    quarantined: int
    anomalies: int
    failures: tuple[str, ...]


def run_range(
    database_url: str,
    *,
    trail_url: str | None,
    endpoint_url: str | None = None,
    region: str | None = None,
    since: date | None,
    until: date | None,
    tenant_id: str,
    listener: progress.Listener,
    instance: DagsterInstance | None = None,
    refresh_prices: Sequence[str] | None = (),
) -> RunSummary:
    """Registers the trail and materialises every asset for each day of the range.

    Without `since` or `until` the range is what the trail holds. Prices are refreshed first,
    where AWS's Price List answers quickly: those of us-east-1, then of the regions
    `refresh_prices` in this order; None is for those that deliver, the most first, and an empty one
    for no refresh. What takes longer than PRICE_WAIT_MINUTES follows beside the reading.

    Raises:
        TrailError: the trail cannot be listed.
        ValueError: the trail holds no day of that range.
    """
    with Database(database_url) as db:
        db.migrate()
        meant = _meant(db, tenant_id, trail_url, endpoint_url, region)
        first, last = _bounds(meant, since, until)
        trail = _register(db, tenant_id, trail_url, endpoint_url, region)
        with progress.listening(listener), _instance(instance) as own:
            if refresh_prices is None:
                refresh_prices = _busiest(trail, first, last)
            prices = in_order(refresh_prices, region) if refresh_prices else []
            results = _materialize(database_url, first, last, tenant_id, own, prices)
        with db.transaction(tenant_id) as conn:
            facts = runs.range_facts(conn, tenant_id=tenant_id, since=first, until=last)
            failed = objects.failures(conn, tenant_id=tenant_id, since=first, until=last)
    files = (f"{row['key']}: {row['error']}" for row in failed)
    return RunSummary(first, last, **facts, failures=(*files, *_steps(results)))


@contextmanager
def _instance(given: DagsterInstance | None) -> Iterator[DagsterInstance]:
    """The instance given, or one that is forgotten afterwards."""
    if given is not None:
        yield given
        return
    with DagsterInstance.ephemeral() as own:
        yield own


def _meant(
    db: Database,
    tenant_id: str,
    trail_url: str | None,
    endpoint_url: str | None,
    region: str | None,
) -> Sequence[objects.Trail]:
    """The trails to read, not registered yet: a wrong address leaves nothing behind.

    One that is known is entered as it is known, through its role.
    """
    with db.transaction(tenant_id) as conn:
        known = objects.trails(conn, tenant_id=tenant_id)
    if trail_url is None:
        return known
    new = objects.Trail(0, trail_url, endpoint_url, region)
    one = next((one for one in known if one.url == trail_url), new)
    source = TrailReader().open(one)
    with closing_all([source]):
        source.places()
    return [one]


def _register(
    db: Database,
    tenant_id: str,
    trail_url: str | None,
    endpoint_url: str | None,
    region: str | None,
) -> Sequence[objects.Trail]:
    with db.transaction(tenant_id) as conn:
        if trail_url is None:
            return objects.trails(conn, tenant_id=tenant_id)
        return [
            objects.ensure_trail(
                conn,
                tenant_id=tenant_id,
                url=trail_url,
                endpoint_url=endpoint_url,
                region=region,
                resumed=True,
            )
        ]


def _bounds(
    trails: Sequence[objects.Trail], since: date | None, until: date | None
) -> tuple[date, date]:
    if since is None or until is None:
        days = _days(trails, since, until)
        since, until = since or min(days), until or max(days)
    first, last = max(since, FIRST_DAY), min(until, datetime.now(UTC).date())
    if first > last:
        raise ValueError(
            f"There is nothing to read from {since} to {until}: days are known from {FIRST_DAY} "
            "(START_DATE) to today, and the first must not be after the last."
        )
    return first, last


def _days(trails: Sequence[objects.Trail], since: date | None, until: date | None) -> list[date]:
    """The days between that have files."""
    reader, days = TrailReader(), list[date]()
    for trail in trails:
        source = reader.open(trail)
        with closing_all([source]):
            days += source.days(since=since)
    days = [day for day in days if until is None or day <= until]
    if not days:
        where = ", ".join(trail.url for trail in trails) or "no trail"
        raise ValueError(
            f"{where} holds no CloudTrail files of that range. A trail's files lie under "
            "AWSLogs/<account>/CloudTrail/<region>/YYYY/MM/DD/; point --trail at the folder or "
            "prefix that holds AWSLogs. `cost-pipeline explain FOLDER` prices files that lie loose."
        )
    return days


def _busiest(trails: Sequence[objects.Trail], first: date, last: date) -> Sequence[str]:
    """Regions that deliver, the trail with the most of them before others."""
    found, days = list[str](), days_between(first, last)
    for trail in trails:
        source = TrailReader().open(trail)
        with closing_all([source]):
            found += busiest_regions(source, days)
    return found


def _materialize(
    database_url: str,
    since: date,
    until: date,
    tenant_id: str,
    instance: DagsterInstance,
    refresh_prices: list[str],
) -> list[ExecuteInProcessResult]:
    config: dict[str, Any] = {"mode": "full", "tenant_id": tenant_id, "sweep": False}
    by_day = [asset for asset in ASSETS if asset.partitions_def is not None]
    shared: dict[str, Any] = {
        "instance": instance,
        "resources": {"database": PostgresDatabase(url=database_url), "trails": TrailReader()},
        "raise_on_error": False,
    }
    fetched = {
        "refresh": bool(refresh_prices),
        "regions": refresh_prices,
        "seconds": _QUICKLY_SECONDS,
        "minutes": settings().price_wait_minutes,
        "required": False,
    }
    timeless = [asset for asset in ASSETS if asset.partitions_def is None]
    fetching = materialize(
        timeless, run_config={**_QUIET, "ops": {"price_book": {"config": fetched}}}, **shared
    )
    with _the_rest(fetching, database_url, refresh_prices):
        reading = materialize(
            by_day,
            run_config={**_QUIET, "ops": {asset.op.name: {"config": config} for asset in by_day}},
            tags={_RANGE_START: since.isoformat(), _RANGE_END: until.isoformat()},
            **shared,
        )
    return [fetching, reading]


def _the_rest(
    fetching: ExecuteInProcessResult, database_url: str, regions: Sequence[str]
) -> AbstractContextManager[None]:
    """Fetches what was left of the prices, while something else is done."""
    events = fetching.asset_materializations_for_node("price_book") if fetching.success else []
    if not any(event.metadata.get(LEFT, _NOTHING).value for event in events):
        return nullcontext()
    site = PriceListSite(settings().price_list_url)
    return beside(database_url, site, settings().offers, regions)


def _steps(results: list[ExecuteInProcessResult]) -> list[str]:
    return [
        f"{event.step_key}: {reason_of(event)}"
        for result in results
        for event in result.all_events
        if event.is_step_failure
    ]
