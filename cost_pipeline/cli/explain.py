"""`cost-pipeline explain`: an anomaly from what was seen to why it is unusual, or a log file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.explain_file import BOUNDS, explain_file
from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.notify.money import usd
from cost_pipeline.settings import Settings
from cost_pipeline.store import anomalies, prices
from cost_pipeline.store.database import Database


@app.command()
def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="ANOMALY|FILE", help="An anomaly's id, or a CloudTrail log file or folder."
        ),
    ],
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose anomaly.")] = "default",
) -> None:
    """Say why an anomaly is one, or how the price of each cost event in a log came about.

    \b
    cost-pipeline explain $(cost-pipeline export anomalies | tail -1 | jq -r .id)
    cost-pipeline explain 111122223333_CloudTrail_us-east-1_20260105T1000Z.json.gz
    """
    with plain_errors():
        if Path(what).exists():
            explain_file(Path(what))
        else:
            _explain_anomaly(_anomaly_id(what), tenant)


def _anomaly_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError(f"{text} is neither a file nor the id of an anomaly") from None


def _explain_anomaly(anomaly: UUID, tenant: str) -> None:
    with database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            found = anomalies.detail(
                conn, tenant_id=tenant, anomaly_id=anomaly, now=datetime.now(UTC)
            )
            if found is None:
                raise LookupError(f"there is no anomaly {anomaly} of tenant {tenant}")
            calls = anomalies.events(conn, tenant_id=tenant, anomaly_id=anomaly)
            listed = prices.dates(conn)
    out.print(f"[bold]{escape(found['title'])}[/]  {found['severity']}, {found['state']}")
    where = escape(f"{found['actor']} in account {found['account_id']}, {found['region']}")
    out.print(
        f"{where}: "
        f"{usd(found['hourly_cost'])} an hour, {usd(found['projected_monthly_cost'])} a month if "
        f"it stays, {usd(found['spent'])} spent so far."
    )
    for reason in found["reasons"]:
        out.print(f"  • {escape(reason['sentence'])}", soft_wrap=True)
    usual = found["baseline"]
    if usual is not None:
        out.print(
            f"Usual as of {usual['as_of']}: {usual['event_count']:,} calls on {usual['days']} "
            f"days, {usd(usual['mean_hourly_cost'])} an hour each (± {usd(usual['stddev'])})."
        )
    _print_bounds(found["worst_cases"])
    table = Table("time (UTC)", "call", "class", "an hour", "event id")
    for call in calls:
        table.add_row(
            f"{call['event_time']:%Y-%m-%d %H:%M:%S}",
            escape(call["event_name"]),
            escape(call["resource_class"] or ""),
            usd(call["hourly_cost"]),
            escape(call["event_id"]),
        )
    out.print(table)
    for price in dict.fromkeys(call["data"].get("price") for call in calls):
        if price:
            out.print(f"Price: {escape(price)}", soft_wrap=True)
    out.print(f"{listed}.")


def _print_bounds(bounds: list[dict[str, Any]]) -> None:
    """What the calls allow beside what they cost, and how many more such bounds there are."""
    for bound in bounds:
        hourly = bound["hourly_cost"]
        rate = "a rate that no record says" if hourly is None else f"{usd(hourly)} an hour"
        named = escape(f"{bound['event_name']} of {bound['resource_ids'][0]}")
        most = BOUNDS[bound["bound"]].capitalize()
        ended = ", which has ended" if bound["stopped_at"] else ""
        out.print(f"{most} {bound['quantity']:f}, {rate}, by {named}{ended}.", soft_wrap=True)
    told = sum(bound["stopped_at"] is None for bound in bounds)
    if bounds and bounds[0]["standing"] > told:
        out.print(f"And {bounds[0]['standing'] - told} more.")
