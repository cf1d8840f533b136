"""What things cost: `price_book`, packaged and refreshed from AWS's Price List."""

import time
from datetime import UTC, datetime
from typing import Any

from dagster import AssetExecutionContext, Config, MaterializeResult, MetadataValue, asset
from pydantic import Field

from cost_pipeline.aws.errors import AwsError
from cost_pipeline.core.plain_text import markdown_cell
from cost_pipeline.orchestration import progress
from cost_pipeline.orchestration.assets.trail import OWNERS
from cost_pipeline.orchestration.faults import TRANSIENT, stated
from cost_pipeline.orchestration.refreshing import PanicError, Refreshed, refresh
from cost_pipeline.orchestration.resources import PostgresDatabase, settings
from cost_pipeline.store import prices
from cost_pipeline.store.database import Database

LEFT = "offers_left"
"""How many offers wait for another refresh, in the asset's metadata."""


class PriceConfig(Config):  # type: ignore[misc]
    """Whether prices are fetched, which, and how long to wait for the site."""

    refresh: bool = Field(
        default=False, description="Fetch AWS's Price List (never where PRICE_REFRESH is false)."
    )
    regions: list[str] = Field(
        default=[], description="Regions to refresh; those with events where none is given."
    )
    offers: list[str] = Field(default=[], description="Offer codes; all where none is given.")
    minutes: float = Field(
        default=0, description="After how long no further offer is begun; 0: all are taken in."
    )
    seconds: float = Field(default=30, description="How long the site may say nothing.")
    required: bool = Field(
        default=True, description="Whether the run fails when the Price List cannot be reached."
    )


@asset(group_name="prices", owners=OWNERS, kinds={"postgres"}, retry_policy=TRANSIENT)
@stated
def price_book(
    context: AssetExecutionContext, config: PriceConfig, database: PostgresDatabase
) -> MaterializeResult:  # type: ignore[type-arg]
    """List prices: the packaged snapshot, with its date, under AWS's Price List, with its history.

    A price that changed applies from its date on; the days that it changes are priced again.
    """
    from cost_pipeline.prices.book import PriceBook

    db, book = database.open(), PriceBook.packaged()
    with db.admin() as conn:
        changed = prices.load(conn, rows=book.rows())
    metadata: dict[str, Any] = {"changed": changed, "as_of": book.as_of.isoformat()}
    if config.refresh and settings().price_refresh:
        metadata |= _refreshed(context, config, db)
    with db.admin() as conn:
        metadata["sources"] = MetadataValue.md(_table(prices.sources(conn)))
    return MaterializeResult(metadata=metadata)


def _refreshed(context: AssetExecutionContext, config: PriceConfig, db: Database) -> dict[str, Any]:
    from cost_pipeline.aws.price_list import PriceListSite

    site = PriceListSite(settings().price_list_url, config.seconds)
    begun, clock = datetime.now(UTC), time.monotonic()
    try:
        result = refresh(
            db,
            site,
            settings().offers,
            offers=config.offers,
            regions=config.regions,
            go_on=lambda: not config.minutes or time.monotonic() - clock < config.minutes * 60,
            note=lambda done, total, text: progress.report("price_book", done, total, text),
        )
    except (AwsError, PanicError) as error:
        if config.required and isinstance(error, AwsError):
            raise
        context.log.warning("prices stay as they are: %s", error)
        progress.report("price_book", 1, 1, f"packaged prices: {error}")
        return {"refresh": f"not done: {error}"}
    for trouble in result.troubles:
        context.log.warning(trouble)
    return _metadata(result, (datetime.now(UTC) - begun).total_seconds())


def _metadata(result: Refreshed, seconds: float) -> dict[str, Any]:
    return {
        "offers_loaded": result.loaded,
        "offers_current": result.current,
        LEFT: result.left,
        "prices_read": result.prices,
        "prices_changed": result.changed,
        "days_to_reprice": result.queued_days,
        "troubles": MetadataValue.md(
            "\n".join(f"- {markdown_cell(one)}" for one in result.troubles) or "none"
        ),
        "seconds": round(seconds, 1),
    }


def _table(sources: list[dict[str, Any]]) -> str:
    lines = [
        f"| {s['source']} | {s['basis']} | {s['prices']:,} | {s['regions']} | {s['newest']} |"
        for s in sources
    ]
    head = "| source | basis | prices | regions | newest |\n|---|---|--:|--:|---|\n"
    return head + "\n".join(lines)
