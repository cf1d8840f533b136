"""How well anomalies are found, on companies that nothing was tuned to.

    python benchmarks/detection.py                        # both profiles, three detectors
    python benchmarks/detection.py --seeds 1000 1001 --profile hard --detector ours --verbose
    python benchmarks/detection.py --seeds 1000 --through-dagster   # by `cost-pipeline run`

Seeds 1 to 99 are for tuning, 1000 and up for evaluation: a figure that is told to others comes
from the latter. `docs/detection-benchmark.md` says how companies are made up and scored.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parent))

from cost_pipeline.core.detection_model import (
    Anomaly,
    Baseline,
    DayEvent,
    DetectionSettings,
    DetectorState,
    RefusedRun,
)
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.core.model import CostEvent, RefusedCall
from cost_pipeline.core.statistics import Moments
from cost_pipeline.simulate.company import WAYS, Company, Kind, Profile
from cost_pipeline.simulate.delivery import by_day, deliveries
from cost_pipeline.simulate.priced import PricedDay, Rates, priced
from cost_pipeline.simulate.rivals import daily_spend, seed_design
from cost_pipeline.simulate.scorer import Score, table

WINDOW = 30
SEEDS = tuple(range(1000, 1006))


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


def ours(days: Sequence[PricedDay]) -> list[dict[str, Any]]:
    """Our detector, default settings, nobody giving feedback."""
    state, settings = DetectorState(), DetectionSettings()
    rates, classes, stops = Rates(), Classes(), EarlierStops()
    window: list[list[DayEvent]] = []
    rows: dict[Any, dict[str, Any]] = {}
    for day in days:
        events = [_day_event(event, rates, classes) for event in day.events]
        refused = refused_runs(day.refused, settings.refused_calls)
        events += stops.of(events)
        result = detect_day(events, learned(window), state, settings, (), day.day, refused=refused)
        state = result.state
        rows.update((anomaly.id, _row(anomaly)) for anomaly in result.anomalies)
        for anomaly_id, share in result.grown.items():
            rows[anomaly_id]["event_ids"].extend(part.event_id for part in share.events)
        window.append([e for e in events if e.id not in result.excluded_event_ids])
        del window[:-WINDOW]
    return list(rows.values())


class Classes:
    """The last known class of each resource: a start does not always say it."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, event: CostEvent) -> str | None:
        """The class of an event's resources, as SQL resolves it from all spans."""
        if event.resource_class:
            self._known.update(dict.fromkeys(event.resource_ids, event.resource_class))
            return event.resource_class
        return self._known.get(event.resource_ids[0]) if event.resource_ids else None


_NOT_THE_CALLERS = ("Capacity", "Throttl", "RequestLimit", "Unavailable", "Internal")


def refused_runs(calls: Iterable[RefusedCall], many: int) -> list[RefusedRun]:
    """Whose calls were refused for want of rights or quota, as SQL counts them."""
    grouped: dict[tuple[str, str], list[RefusedCall]] = defaultdict(list)
    for call in sorted(calls, key=lambda one: (one.event_time, one.id)):
        if not any(word in call.error_code for word in _NOT_THE_CALLERS):
            grouped[call.account_id, call.actor.name].append(call)
    return [
        RefusedRun(len(found), _refused_event(found[min(many, len(found)) - 1]))
        for found in grouped.values()
    ]


def _refused_event(call: RefusedCall) -> DayEvent:
    return DayEvent(
        id=call.id,
        event_id=call.event_id,
        event_time=call.event_time,
        account_id=call.account_id,
        region=call.region,
        service=call.event_source.partition(".")[0],
        resource_type="refused_call",
        resource_class=None,
        action="signal",
        actor=call.actor.name,
        actor_kind=call.actor.kind,
        resource_ids=(),
        quantity=0.0,
        hourly_cost=0.0,
        one_time_cost=0.0,
        event_name=call.event_name,
    )


class EarlierStops:
    """Stops that were delivered on an earlier day than the start that they end, as in SQL."""

    def __init__(self) -> None:
        self._recent: list[dict[str, DayEvent]] = []

    def of(self, events: Sequence[DayEvent]) -> list[DayEvent]:
        """The stops of the two days before that end what this day's events start."""
        found: dict[UUID, DayEvent] = {}
        for event in events:
            for name in event.resource_ids if event.action == "start" else ():
                for day in self._recent:
                    stop = day.get(name)
                    if stop is not None and stop.event_time > event.event_time:
                        found[stop.id] = replace(stop, hourly_cost=0.0, workload=None)
        stops = {r: e for e in events if e.action == "stop" for r in e.resource_ids}
        self._recent = [*self._recent[-1:], stops]
        return list(found.values())


def _day_event(event: CostEvent, rates: Rates, classes: Classes) -> DayEvent:
    """The event with its hourly cost resolved, as SQL does it from all spans."""
    change = rates.change(event)
    cost = float(event.hourly_cost) if event.hourly_cost is not None else change or None
    return DayEvent(
        id=event.id,
        event_id=event.event_id,
        event_time=event.event_time,
        account_id=event.account_id,
        region=event.region,
        service=event.service,
        resource_type=event.resource_type,
        resource_class=classes.of(event),
        action=event.action,
        actor=event.actor.name,
        actor_kind=event.actor.kind,
        resource_ids=event.resource_ids,
        quantity=float(event.quantity),
        hourly_cost=cost,
        one_time_cost=float(event.one_time_cost),
        event_name=event.event_name,
        actor_principal=event.actor.principal,
        workload=event.data.get("workload"),
        invoked_by=event.data.get("invoked_by"),
    )


def _row(anomaly: Anomaly) -> dict[str, Any]:
    return {
        "id": str(anomaly.id),
        "account_id": anomaly.account_id,
        "actor": anomaly.actor,
        "resource_type": anomaly.resource_type,
        "hourly_cost": round(anomaly.hourly_cost, 2),
        "trigger_event_id": anomaly.trigger.event_id,
        "trigger_event_time": anomaly.trigger.event_time,
        "noticed_at": anomaly.noticed_at,
        "event_ids": [part.event_id for part in anomaly.events],
    }


Detector = Callable[[Sequence[PricedDay]], list[dict[str, Any]]]
DETECTORS: dict[str, Detector] = {
    "seed design": seed_design.detect,
    "daily spend": daily_spend.detect,
    "ours": ours,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A company, and what was delivered of it day by day."""

    company: Company
    days: list[PricedDay]

    @classmethod
    def of(cls, seed: int, profile: Profile, kind: Kind = "first") -> Case:
        """Everything of a seed, with late files and files in no good order."""
        company = Company.of(seed, profile, kind)
        days = by_day(deliveries(company.calls, seed))
        return cls(company, [priced(day, calls) for day, calls in days])


def through_dagster(seeds: Sequence[int], profile: Profile, kind: Kind) -> dict[str, Score]:
    """Our score by files in a folder, `cost-pipeline run` and `cost-pipeline export`."""
    from through_dagster import export

    score = Score()
    for seed in seeds:
        company = Company.of(seed, profile, kind)
        score.add(company.labels, export(company), company.account_weeks, name=str(seed))
    return {"ours, by cost-pipeline run": score}


def scores(
    seeds: Sequence[int], profile: Profile, kind: Kind, names: Sequence[str]
) -> dict[str, Score]:
    """The scores of detectors, pooled over seeds, in memory."""
    found = {name: Score() for name in names}
    for seed in seeds:
        began = time.process_time()
        case = Case.of(seed, profile, kind)
        for name in names:
            rows = DETECTORS[name](case.days)
            company = case.company
            found[name].add(company.labels, rows, company.account_weeks, name=str(seed))
        seconds = timedelta(seconds=round(time.process_time() - began))
        print(f"{profile} {seed}: {len(case.company.calls)} calls, {seconds}", file=sys.stderr)
    return found


def tell(score: Score) -> None:
    """What was missed and what was false, line by line."""
    for kind, (found, all_of_them) in sorted(score.by_kind.items()):
        if found < all_of_them:
            print(f"  {kind}: {found} of {all_of_them}")
    for title, lines in (("missed", score.missed), ("false", score.wrong)):
        for line in lines:
            print(f"  {title}: {line}")


def main() -> None:
    """Runs the seeds and prints a table for each profile."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--profile", choices=("ordinary", "hard"), action="append")
    parser.add_argument("--kind", choices=tuple(WAYS), default="first", help="of companies")
    parser.add_argument("--detector", choices=tuple(DETECTORS), action="append")
    parser.add_argument("--verbose", action="store_true", help="name what was missed and false")
    parser.add_argument("--through-dagster", action="store_true", help="by the real product")
    chosen = parser.parse_args()
    for profile in chosen.profile or ("ordinary", "hard"):
        if chosen.through_dagster:
            found = through_dagster(chosen.seeds, profile, chosen.kind)
        else:
            found = scores(chosen.seeds, profile, chosen.kind, chosen.detector or list(DETECTORS))
        ours_or_first = next(iter(found.values()))
        print(f"\n{profile}: {len(chosen.seeds)} companies, {ours_or_first.incidents} incidents\n")
        print(table(found, profile))
        for name, score in found.items():
            if chosen.verbose:
                print(f"\n{name}: {score.anomalies} anomalies, {score.false} false")
                tell(score)


if __name__ == "__main__":
    main()
