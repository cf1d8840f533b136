"""How the price of each cost event of a log file came about, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.markup import escape

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.cli.log_files import records_of
from cost_pipeline.cli.main import out
from cost_pipeline.core import worst_case
from cost_pipeline.core.calls import Bound
from cost_pipeline.core.cloudtrail import Record
from cost_pipeline.core.model import CostEvent, RefusedCall
from cost_pipeline.core.normalize import RecordError, normalize
from cost_pipeline.notify.money import usd
from cost_pipeline.prices.book import PriceBook

BOUNDS: dict[Bound, str] = {"most": "at worst", "each": "for each use", "asked": "as asked for"}
"""What a worst case is, in words."""


def explain_file(path: Path) -> None:
    """Print each cost event of a log file, or of a folder of them, with its reasons."""
    prices = PriceBook.packaged()
    events, refused, others = 0, 0, 0
    for record in records_of(path):
        found = _outcome(record, prices)
        if isinstance(found, list):
            events += len(found)
            for event in found:
                out.print("\n".join(_lines(event)), soft_wrap=True, highlight=False)
        elif isinstance(found, str):
            name = escape(str(record.get("eventName")))
            out.print(f"[bold yellow]{name}[/]  not understood: {escape(found)}", soft_wrap=True)
        elif found is None:
            others += 1
        else:
            refused += 1
    out.print(
        f"{events:,} cost events; {refused:,} calls that AWS refused cost nothing; {others:,} "
        f"records do not change the bill. List prices as of {prices.as_of}; discounts and what "
        "earlier calls tell are applied when the trail is read.",
        soft_wrap=True,
    )


def _outcome(
    record: dict[str, Any], prices: PriceBook
) -> list[CostEvent] | RefusedCall | str | None:
    try:
        return normalize(
            msgspec.convert(_encoded(record), Record),
            tenant_id="default",
            partition_day=datetime.now(UTC).date(),
            catalog=load_catalog(),
            prices=prices,
        )
    except (RecordError, msgspec.ValidationError) as error:
        return str(error)


_RAW = ("userIdentity", "requestParameters", "responseElements")


def _encoded(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its parameters as JSON again, as pricing reads them."""
    return record | {name: msgspec.Raw(msgspec.json.encode(record.get(name))) for name in _RAW}


def _lines(event: CostEvent) -> Iterator[str]:
    data = event.data
    what = f"{event.resource_class or event.resource_type} × {event.quantity:f}"
    yield (
        f"[bold]{escape(event.event_name)}[/]  {escape(what)}, {event.action}, by "
        f"{escape(event.actor.name)} in {escape(event.account_id)}, {escape(event.region)}, "
        f"{event.event_time:%Y-%m-%d %H:%M:%S} UTC"
    )
    yield f"  {escape(', '.join(event.resource_ids[:4]))}{_more(event)}"
    yield f"  {_cost(event)} ({event.price_basis}): {escape(str(data.get('price', '')))}"
    if event.data.get("defined_by"):
        yield f"  its rate is in what {escape(data['defined_by'])} defines"
    if event.data.get("same_as"):
        yield f"  it says the same as {escape(data['same_as'])}"
    if worst_case.QUANTITY in data:
        most = data.get(worst_case.HOURLY_COST)
        of_what = escape(data.get("worst_case_of", ""))
        unsaid = (
            f"at what earlier calls say of {of_what}" if of_what else "a rate that no record says"
        )
        rate = f"{usd(most)} an hour" if most else unsaid
        bound = BOUNDS[data.get(worst_case.BOUND, "most")]
        yield f"  {bound}: {data[worst_case.QUANTITY]}, {rate}"
    if "committed_cost" in data:
        yield f"  binding for {_years(data['term_years'])}: {usd(data['committed_cost'])} in all"
    if "workload" in data:
        yield f"  belongs to {escape(data['workload'])}"


def _years(term: str) -> str:
    return "1 year" if term == "1" else f"{term} years"


def _more(event: CostEvent) -> str:
    hidden = len(event.resource_ids) - 4
    return f" and {hidden} more" if hidden > 0 else ""


def _cost(event: CostEvent) -> str:
    if event.action == "stop":
        return "ends"
    parts = []
    if event.hourly_cost:
        parts.append(f"{usd(event.hourly_cost)} an hour")
    if event.one_time_cost:
        parts.append(f"{usd(event.one_time_cost)} once")
    if parts:
        return ", ".join(parts)
    if event.rate_after:
        return f"from now on {usd(event.rate_after)} an hour"
    return "nothing" if event.price_basis == "free" else "not known from this record"
