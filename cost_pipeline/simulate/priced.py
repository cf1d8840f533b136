"""From calls to priced events and refused calls, by the product's own catalog and prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import msgspec

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.cloudtrail import read_log_file
from cost_pipeline.core.model import CostEvent, RefusedCall
from cost_pipeline.core.normalize import normalize
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.simulate.records import Call


@dataclass(frozen=True, slots=True)
class PricedDay:
    """What was delivered on a day: cost events in order of time, and what was refused."""

    day: date
    events: list[CostEvent]
    refused: list[RefusedCall]


def priced(day: date, calls: Iterable[Call]) -> PricedDay:
    """The calls of a day as the product reads them from a log file."""
    content = msgspec.json.encode({"Records": [call.record() for call in calls]})
    events: list[CostEvent] = []
    refused: list[RefusedCall] = []
    for record in read_log_file(content).records:
        result = normalize(
            record,
            tenant_id="default",
            partition_day=day,
            catalog=load_catalog(),
            prices=PriceBook.packaged(),
        )
        if isinstance(result, RefusedCall):
            refused.append(result)
        elif result:
            events.extend(result)
    return PricedDay(day, sorted(events, key=lambda event: (event.event_time, event.id)), refused)


class Rates:
    """What each resource costs an hour now, so that a stop is worth what it ends."""

    def __init__(self) -> None:
        self._now: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._defined: dict[str, float] = {}
        self._sizes: dict[str, float] = {}
        self._off: set[str] = set()

    def change(self, event: CostEvent) -> float:
        """USD an hour that an event adds (negative: ends), and remembers it.

        A machine that is started again costs what it cost before it was stopped; an endpoint
        costs what its configuration says.
        """
        if "rate" in event.data:
            rate = float(event.data["rate"])
            self._defined.update(dict.fromkeys(event.resource_ids, rate))
        if event.action not in ("start", "change", "stop", "purchase"):
            return 0.0
        self._note_size(event)
        change = 0.0
        for name in event.resource_ids:
            after = self._after(event, name)
            if event.action == "change" and name in self._off:
                # As in the product: resized while it is stopped, it costs nothing until it starts.
                self._last[name], after = after, 0.0
            self._note_state(event, name)
            change += after - self._now.get(name, 0.0)
            self._now[name] = after
            if after:
                self._last[name] = after
        return change

    def _note_state(self, event: CostEvent, name: str) -> None:
        if event.action == "stop":
            self._off.add(name)
        elif event.action == "start":
            self._off.discard(name)

    def _note_size(self, event: CostEvent) -> None:
        """A copy is as large as its source, where that is known."""
        size = event.data.get("size_gb")
        if "sized_by" in event.data:
            size = self._sizes.get(event.data["sized_by"], event.data["assumed_gb"])
        if size is not None:
            self._sizes.update(dict.fromkeys(event.resource_ids, float(size)))

    def _after(self, event: CostEvent, name: str) -> float:
        if event.rate_after is not None:
            return float(event.rate_after)
        if "sized_by" in event.data:
            return float(event.data["unit_rate"]) * self._sizes[name]
        defined = self._defined.get(event.data.get("defined_by", ""))
        if defined is not None:
            return defined * float(event.quantity)
        if event.action == "change" and event.hourly_cost and name in self._now:
            return self._now[name] + float(event.hourly_cost) / len(event.resource_ids)
        if event.action == "start":
            return self._last.get(name, 0.0)
        return self._now.get(name, 0.0)
