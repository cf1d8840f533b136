"""`cost-pipeline prices discount`: what a tenant pays less than the list."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import database_url, out, plain_errors
from cost_pipeline.cli.prices import prices
from cost_pipeline.settings import Settings
from cost_pipeline.store import prices as store
from cost_pipeline.store.database import Database

_DAYS = ["%Y-%m-%d"]


class Kind(StrEnum):
    """What kind of rate."""

    service = "service"
    savings_plan = "savings_plan"
    enterprise = "enterprise"
    spot = "spot"


discount = typer.Typer(no_args_is_help=True, help="What you pay less than the list, by tenant.")
prices.add_typer(discount, name="discount")
Tenant = Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose rate.")]
Since = Annotated[datetime | None, typer.Option(formats=_DAYS, metavar="YYYY-MM-DD")]


@discount.command("set")
def set_rate(
    percent: Annotated[float, typer.Argument(help="How many per cent less than the list price.")],
    kind: Annotated[Kind, typer.Option(help="Which kind of rate; spot: less than on demand.")],
    service: Annotated[str, typer.Option(help="As in the catalog: ec2, rds; * is all.")] = "*",
    since: Since = None,
    until: Since = None,
    tenant: Tenant = "default",
) -> None:
    """Set a rate from a day on; the days it changes are priced again.

    The greater of a service's rate and a Savings Plan's applies, then the enterprise rate.

    \b
    cost-pipeline prices discount set 12 --kind enterprise --since 2026-01-01
    cost-pipeline prices discount set 28 --kind savings_plan --service ec2
    cost-pipeline prices discount set 65 --kind spot
    """
    from cost_pipeline.store import price_terms
    from cost_pipeline.store.locks import lock_prices

    first = since.date() if since else datetime.now(UTC).date()
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            lock_prices(conn, change=True)
            price_terms.put(
                conn,
                tenant_id=tenant,
                kind=kind.value,
                service=service,
                rate=Decimal(str(percent)) / 100,
                valid_from=first,
                valid_until=until.date() if until else None,
                by="command line",
            )
            days = store.queue_days(conn, since=first, tenant_id=tenant)
    _said(f"{percent:g} % less, {kind.value} rate of {service} from {first}", days)


def _said(what: str, days: int) -> None:
    out.print(f"{what}. {days:,} days are to be priced again.", highlight=False)


@discount.command("list")
def list_rates(tenant: Tenant = "default") -> None:
    """Show every rate.

    \b
    cost-pipeline prices discount list
    """
    from cost_pipeline.store import price_terms

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            found = price_terms.listing(conn, tenant_id=tenant)
    table = Table("number", "kind", "service", "less by", "from", "until", "set by")
    for row in found:
        table.add_row(
            str(row["term_id"]), row["kind"], escape(row["service"]),
            f"{(row['rate'] * 100).normalize():f} %", str(row["valid_from"]),
            str(row["valid_until"] or ""), escape(row["set_by"]),
        )  # fmt: skip
    out.print(table if found else "No rates: everything is priced by the list.")


@discount.command("remove")
def remove_rate(
    number: Annotated[int, typer.Argument(help="As `discount list` shows it.")],
    tenant: Tenant = "default",
) -> None:
    """Take a rate back, as if it had never been; the days it changed are priced again.

    \b
    cost-pipeline prices discount remove 3
    """
    from cost_pipeline.store import price_terms
    from cost_pipeline.store.locks import lock_prices

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            lock_prices(conn, change=True)
            since: date | None = price_terms.remove(
                conn, tenant_id=tenant, term_id=number, by="command line"
            )
            if since is None:
                raise LookupError(f"there is no rate {number} of tenant {tenant}")
            days = store.queue_days(conn, since=since, tenant_id=tenant)
    _said(f"Rate {number} is gone", days)
