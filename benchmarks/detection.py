"""How well anomalies are found, on organisations that nothing was tuned to.

    python benchmarks/detection.py [seed ...]

For each seed: 45 days of 7 accounts, the first 14 free of incidents, nobody giving feedback,
default settings, prices from the packaged book. Runs the pure pipeline (records, catalog, prices,
positions, scoring) in memory, and prints the metrics pooled over the seeds.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.cloudtrail import read_log_file
from cost_pipeline.core.detection_model import (
    Anomaly,
    Baseline,
    DayEvent,
    DetectionSettings,
    DetectorState,
)
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.core.model import CostEvent
from cost_pipeline.core.normalize import normalize
from cost_pipeline.core.statistics import Moments
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.simulate.incidents import Incident
from cost_pipeline.simulate.organisation import Organisation

FIRST = date(2026, 1, 5)
DAYS = 45
ACCOUNTS = 7
WINDOW = 30


@dataclass
class Tally:
    """What is pooled over the seeds."""

    incidents: int = 0
    found: int = 0
    anomalies: int = 0
    false: int = 0
    matched: int = 0
    delays: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Rates:
    """What each resource costs now, so that a stop is worth what it ends."""

    def __init__(self) -> None:
        self._rates: dict[str, float] = {}
        self._defined: dict[str, float] = {}

    def resolve(self, event: CostEvent) -> DayEvent:
        """The event with its hourly cost resolved, as SQL does it from all spans."""
        if "rate" in event.data:
            self._defined.update(dict.fromkeys(event.resource_ids, float(event.data["rate"])))
        rate = None if event.rate_after is None else float(event.rate_after)
        if rate is None and event.data.get("defined_by") in self._defined:
            rate = self._defined[event.data["defined_by"]] * float(event.quantity)
        cost = None if event.hourly_cost is None else float(event.hourly_cost)
        if rate is not None and event.action in ("start", "change", "stop"):
            change = sum(rate - self._rates.get(name, 0.0) for name in event.resource_ids)
            self._rates.update(dict.fromkeys(event.resource_ids, rate))
            cost = change if cost is None else cost
        return _day_event(event, cost)


def _day_event(event: CostEvent, cost: float | None) -> DayEvent:
    return DayEvent(
        id=event.id,
        event_id=event.event_id,
        event_time=event.event_time,
        account_id=event.account_id,
        region=event.region,
        service=event.service,
        resource_type=event.resource_type,
        resource_class=event.resource_class,
        action=event.action,
        actor=event.actor.name,
        actor_kind=event.actor.kind,
        resource_ids=event.resource_ids,
        quantity=float(event.quantity),
        hourly_cost=cost,
        one_time_cost=float(event.one_time_cost),
        event_name=event.event_name,
        actor_principal=event.actor.principal,
    )


def cost_events(organisation: Organisation, day: date) -> list[CostEvent]:
    """The priced events of a day, in order of time."""
    records = [call.record() for call in organisation.calls(day)]
    log = read_log_file(json.dumps({"Records": records}).encode())
    found: list[CostEvent] = []
    for record in log.records:
        result = normalize(
            record,
            tenant_id="default",
            partition_day=day,
            catalog=load_catalog(),
            prices=PriceBook.packaged(),
        )
        if isinstance(result, list):
            found.extend(result)
    return sorted(found, key=lambda event: (event.event_time, event.id))


def learned(days: Iterable[list[DayEvent]]) -> dict[tuple[str, str], Baseline]:
    """The baselines of a window of days."""
    grouped: dict[tuple[str, str], list[DayEvent]] = defaultdict(list)
    for events in days:
        for event in events:
            if event.action in ("start", "change", "purchase"):
                grouped[event.account_id, event.resource_type].append(event)
    return {
        key: Baseline(
            Moments.of(e.hourly_cost for e in events if e.hourly_cost and e.hourly_cost > 0),
            frozenset(e.actor for e in events),
            frozenset(e.region for e in events),
            frozenset(e.resource_class for e in events if e.resource_class),
        )
        for key, events in grouped.items()
    }


def run(seed: int) -> tuple[list[Anomaly], list[Incident]]:
    """The anomalies of an organisation, and its incidents."""
    organisation = Organisation(seed, accounts=ACCOUNTS, first_day=FIRST, reads=0)
    state, settings, rates = DetectorState(), DetectionSettings(), Rates()
    window: list[list[DayEvent]] = []
    anomalies: list[Anomaly] = []
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        events = [rates.resolve(event) for event in cost_events(organisation, day)]
        result = detect_day(events, learned(window), state, settings, (), day)
        state = result.state
        anomalies.extend(result.anomalies)
        window.append([e for e in events if e.id not in result.excluded_event_ids])
        del window[:-WINDOW]
    last = FIRST + timedelta(days=DAYS - 1)
    incidents = [
        one
        for one in organisation.incidents(FIRST, last)
        if min(life.at for life in one.lives).date() <= last
    ]
    return anomalies, incidents


def count(tally: Tally, seed: int, anomalies: list[Anomaly], incidents: list[Incident]) -> None:
    """Matches anomalies with incidents, by the trigger or a fifth of the anomaly's events."""
    matched: dict[int, list[Anomaly]] = defaultdict(list)
    ids = [set(incident.event_ids) for incident in incidents]
    for anomaly in anomalies:
        its = {part.event_id for part in anomaly.events}
        hits = [
            number
            for number, known in enumerate(ids)
            if anomaly.trigger.event_id in known or len(its & known) >= 0.2 * len(its)
        ]
        for number in hits:
            matched[number].append(anomaly)
        if not hits:
            tally.wrong.append(f"{seed}: {anomaly.trigger.event_time:%F %R} {anomaly.title}")
    tally.incidents += len(incidents)
    tally.found += len(matched)
    tally.anomalies += len(anomalies)
    tally.false += len(anomalies) - len({a.id for found in matched.values() for a in found})
    tally.matched += sum(len(found) for found in matched.values())
    for number, found in matched.items():
        start: datetime = min(life.at for life in incidents[number].lives)
        first = min(anomaly.trigger.event_time for anomaly in found)
        tally.delays.append((first - start).total_seconds() / 60)
    tally.missed.extend(
        f"{seed}: {incident.kind}" for n, incident in enumerate(incidents) if n not in matched
    )


def main(seeds: list[int]) -> None:
    """Runs the seeds and prints the table."""
    tally = Tally()
    for seed in seeds:
        count(tally, seed, *run(seed))
    weeks = len(seeds) * ACCOUNTS * DAYS / 7
    delays = sorted(tally.delays)
    print(f"{len(seeds)} organisations, {tally.incidents} incidents, {tally.anomalies} anomalies")
    print(f"incidents found                  {tally.found / tally.incidents:.3f}")
    print(f"precision of alerts              {1 - tally.false / max(tally.anomalies, 1):.3f}")
    print(f"false alerts per account, week   {tally.false / weeks:.3f}")
    print(f"alerts per found incident        {tally.matched / max(tally.found, 1):.2f}")
    print(f"minutes to detection, median     {statistics.median(delays):.1f}")
    print(f"minutes to detection, p90        {delays[int(0.9 * len(delays))]:.1f}")
    for title, lines in (("missed", tally.missed), ("false", tally.wrong)):
        for line in lines[:20]:
            print(f"{title}: {line}")


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [101, 102, 103, 104, 105])
