"""Daily spend by account and service, as AWS Cost Anomaly Detection watches it.

A day alerts when its spend exceeds the mean of the days before by three deviations, by 100 USD
and by 40 % (the defaults of AWS), and is known when the bill of that day is: 24 hours after its
end. Days in a row are one alert. What it points at is what the root cause analysis would name:
the calls of that day in the region and of the size that grew most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from cost_pipeline.core.model import CostEvent
from cost_pipeline.core.statistics import Moments
from cost_pipeline.simulate.priced import PricedDay, Rates

BILL_DELAY = timedelta(hours=24)
LEARNING_DAYS = 10
DEVIATIONS = 3.0
MIN_USD = 100.0
MIN_SHARE = 0.4
_IDS = UUID("4a7b3b42-97cf-4f53-9c0e-0d1c5e3b8a77")
_Key = tuple[str, str]
_Part = tuple[str, str]


@dataclass(slots=True)
class _Meter:
    """The spend of one account and service."""

    rate: float = 0.0
    days: list[float] = field(default_factory=list)
    open_row: dict[str, Any] | None = None


def detect(days: Iterable[PricedDay]) -> list[dict[str, Any]]:
    """The anomalies of all days, as rows of `export anomalies`."""
    meters: dict[_Key, _Meter] = defaultdict(_Meter)
    rates, rows = Rates(), list[dict[str, Any]]()
    for day in days:
        changes = _changes(day.events, rates)
        for key in sorted({*meters, *changes}):
            events = changes.get(key, [])
            meter = meters[key]
            spend = _spend(meter, day.day, events)
            _judge(meter, key, day.day, spend, events, rows)
    return rows


def _changes(
    events: Sequence[CostEvent], rates: Rates
) -> dict[_Key, list[tuple[CostEvent, float]]]:
    found: dict[_Key, list[tuple[CostEvent, float]]] = defaultdict(list)
    for event in events:
        found[event.account_id, event.service].append((event, rates.change(event)))
    return found


def _spend(meter: _Meter, day: date, events: list[tuple[CostEvent, float]]) -> float:
    """USD of a day: what runs, hour by hour, and what is paid once."""
    end = datetime.combine(day, time(), UTC) + timedelta(days=1)
    spend = meter.rate * 24
    for event, change in events:
        hours = (end - event.event_time).total_seconds() / 3600
        spend += change * hours + float(event.one_time_cost)
        meter.rate += change
    return spend


def _judge(
    meter: _Meter,
    key: _Key,
    day: date,
    spend: float,
    events: list[tuple[CostEvent, float]],
    rows: list[dict[str, Any]],
) -> None:
    usual = Moments.of(meter.days[-30:])
    excess = spend - usual.mean
    unusual = (
        len(meter.days) >= LEARNING_DAYS
        and excess >= MIN_USD
        and excess >= MIN_SHARE * usual.mean
        and excess >= DEVIATIONS * usual.stddev
    )
    meter.days.append(spend)
    if not unusual:
        meter.open_row = None
        return
    named = _root_cause(events)
    if meter.open_row is not None:
        meter.open_row["event_ids"].extend(named)
    elif named:
        meter.open_row = _row(key, day, excess, named)
        rows.append(meter.open_row)


def _root_cause(events: list[tuple[CostEvent, float]]) -> list[str]:
    """The calls of the region and size that added most."""
    added: dict[_Part, float] = defaultdict(float)
    calls: dict[_Part, list[str]] = defaultdict(list)
    for event, change in events:
        cost = change * 24 + float(event.one_time_cost)
        if cost > 0:
            part = (event.region, event.resource_class or event.resource_type)
            added[part] += cost
            calls[part].append(event.event_id)
    return calls[max(added, key=lambda part: (added[part], part))] if added else []


def _row(key: _Key, day: date, excess: float, named: list[str]) -> dict[str, Any]:
    known = datetime.combine(day, time(), UTC) + timedelta(days=1) + BILL_DELAY
    return {
        "id": str(uuid5(_IDS, f"{key} {day}")),
        "account_id": key[0],
        "actor": "",
        "resource_type": key[1],
        "hourly_cost": round(excess / 24, 2),
        "trigger_event_id": named[0],
        "trigger_event_time": known,
        "event_ids": named,
    }
