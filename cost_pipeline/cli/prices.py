"""`cost-pipeline prices`: what things cost, refreshed from AWS's Price List, and your discounts."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import prices as store
from cost_pipeline.store.database import Database

if TYPE_CHECKING:
    from cost_pipeline.orchestration.refreshing import Site

prices = typer.Typer(
    no_args_is_help=True, help="What things cost: AWS's Price List and your rates."
)
app.add_typer(prices, name="prices")


class Through(StrEnum):
    """How offer files are found."""

    web = "web"
    api = "api"


@prices.command("refresh")
def refresh(
    service: Annotated[
        list[str] | None, typer.Option(help="Offer code, such as AmazonEC2. Default: all.")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Default: us-east-1 and those with events.")
    ] = None,
    through: Annotated[
        Through, typer.Option(help="web: the public site. api: AWS's pricing API finds the files.")
    ] = Through.web,
) -> None:
    """Fetch AWS's current list prices, verify them, and take them in.

    Offer files are large (EC2: some hundred MB a region); a broken download goes on where it
    stopped, what was taken in is passed by. A refused offer leaves the prices that are there.
    A price that changed applies from its date on; days it changes are priced again by
    `cost-pipeline up`, or now by `cost-pipeline prices reprice`.

    \b
    cost-pipeline prices refresh
    cost-pipeline prices refresh --service AmazonRDS --region eu-west-1
    """
    from cost_pipeline.orchestration import refreshing

    settings = Settings()
    with plain_errors(), database_url(settings) as url, Database(url) as db, _bar() as bar:
        db.migrate()
        task = bar.add_task("prices", note="")
        result = refreshing.refresh(
            db,
            _site(settings, through),
            settings.offers,
            offers=service or (),
            regions=region or (),
            note=lambda done, total, text: bar.update(task, completed=done, total=total, note=text),
        )
    for trouble in result.troubles:
        err.print(f"[yellow]{escape(trouble)}[/]", highlight=False, soft_wrap=True)
    out.print(
        f"{result.loaded} offers taken in, {result.current} were current, {len(result.troubles)} "
        f"not taken. {result.prices:,} prices read, {result.changed:,} changed; "
        f"{result.queued_days:,} days are to be priced again."
    )
    raise typer.Exit(1 if result.troubles else 0)


def _site(settings: Settings, through: Through) -> Site:
    from cost_pipeline.aws.price_list import PriceListApi, PriceListSite

    site = PriceListSite(settings.price_list_url)
    if through is Through.web:
        return site
    from cost_pipeline.aws.sessions import Access, open_session

    client = open_session(Access()).client("pricing", region_name="us-east-1")
    return PriceListApi(client, site)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        console=err,
    )


@prices.command("status")
def status(
    tenant: Annotated[
        str, typer.Option(envvar="TENANT_ID", help="Whose days to look at.")
    ] = "default",
) -> None:
    """Say where prices come from, how old they are, and what the last refresh came to.

    \b
    cost-pipeline prices status
    """
    from cost_pipeline.prices.book import PriceBook

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.admin() as conn:
            if not store.sources(conn):
                store.load(conn, rows=PriceBook.packaged().rows())
            sources, offers = store.sources(conn), store.status(conn)
        with db.transaction(tenant) as conn:
            waiting = store.waiting_days(conn, tenant_id=tenant)
    table = Table("source", "basis", "prices", "regions", "oldest", "newest")
    for row in sources:
        table.add_row(
            row["source"], row["basis"], f"{row['prices']:,}", str(row["regions"]),
            str(row["oldest"]), str(row["newest"]),
        )  # fmt: skip
    out.print(table)
    if not offers:
        out.print("AWS's Price List was never taken in: cost-pipeline prices refresh")
    else:
        out.print(_offers(offers))
    out.print(f"{waiting:,} days wait to be priced again.")


def _offers(offers: list[dict[str, Any]]) -> Table:
    table = Table("offer", "region", "last attempt", "what became of it", "prices of")
    for row in offers:
        became = row["state"] if row["reason"] is None else f"{row['state']}: {row['reason']}"
        table.add_row(
            row["offer"], row["region"], f"{row['finished_at']:%Y-%m-%d %H:%M}", escape(became),
            str(row["loaded"] or ""),
        )  # fmt: skip
    return table


@prices.command("show")
def show(
    text: Annotated[str, typer.Argument(help="Part of a class or table: m5.large, db.r6g, gp3.")],
    region: Annotated[str | None, typer.Option(help="Default: every region.")] = None,
) -> None:
    """Show prices, with their history, source and date.

    \b
    cost-pipeline prices show m5.large --region us-east-1
    """
    from cost_pipeline.prices.book import PriceBook

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.admin() as conn:
            store.load(conn, rows=PriceBook.packaged().rows())
            found = store.history(conn, text=text, region=region)
    if not found:
        raise typer.Exit(_none(text))
    table = Table("what", "region", "which", "valid from", "USD", "unit", "basis", "source, as of")
    for row in found:
        table.add_row(
            row["resource_type"], row["region"], row["attributes"], str(row["valid_from"]),
            f"{row['usd'].normalize():f}", row["unit"], row["basis"],
            f"{row['source']}, {row['as_of']}",
        )  # fmt: skip
    out.print(table)


def _none(text: str) -> int:
    err.print(f"No price holds {escape(text)!r}: it is estimated, if its family is known.")
    return 1


@prices.command("reprice")
def reprice(
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose days.")] = "default",
) -> None:
    """Read the days again, here and now, whose prices have changed.

    `cost-pipeline up` does so by itself.

    \b
    cost-pipeline prices reprice
    """
    from cost_pipeline.cli.run import backfill

    settings = Settings()
    with plain_errors(), database_url(settings) as url:
        with Database(url) as db:
            db.migrate()
            with db.transaction(tenant) as conn:
                days = store.queued_days(conn, tenant_id=tenant, again=True)
        if not days:
            out.print("No day waits to be priced again.")
            return
        summary = backfill(
            url,
            trail=None,
            endpoint_url=settings.endpoint_url,
            region=settings.aws_region,
            since=days[0],
            until=days[-1],
            tenant=tenant,
        )
    out.print(f"{days[0]} to {days[-1]}: {summary.cost_events:,} cost events are priced again.")
    raise typer.Exit(1 if summary.failures else 0)
