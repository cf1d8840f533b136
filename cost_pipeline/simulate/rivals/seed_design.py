"""The textbook design: how unusual is each event's hourly cost, and who made it?

Per account and resource type: the mean and deviation of the hourly cost of an event over 30
days, and who was seen. An event alerts when its z-score, plus two for a new actor, reaches
three and it would cost 50 USD a month. Alerts of an actor less than an hour apart are one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from cost_pipeline.core.model import CostEvent
from cost_pipeline.core.statistics import Moments, z_score
from cost_pipeline.simulate.priced import PricedDay, Rates

WINDOW_DAYS = 30
THRESHOLD = 3.0
NOVELTY = 2.0
MIN_MONTHLY_USD = 50.0
_HOUR = timedelta(hours=1)
_Key = tuple[str, str]


def detect(days: Iterable[PricedDay]) -> list[dict[str, Any]]:
    """The anomalies of all days, as rows of `export anomalies`."""
    window: deque[list[tuple[_Key, str, float]]] = deque(maxlen=WINDOW_DAYS)
    rates, rows = Rates(), list[dict[str, Any]]()
    open_rows: dict[tuple[str, str], dict[str, Any]] = {}
    for day in days:
        usual, seen = _learned(window)
        today = []
        for event in day.events:
            cost = rates.change(event) + float(event.one_time_cost)
            if event.action == "stop" or cost <= 0:
                continue
            key = (event.account_id, event.resource_type)
            today.append((key, event.actor.name, cost))
            if _unusual(cost, event.actor.name, usual[key], seen[key]):
                _report(event, cost, open_rows, rows)
        window.append(today)
    return rows


def _learned(
    window: Iterable[list[tuple[_Key, str, float]]],
) -> tuple[dict[_Key, Moments], dict[_Key, set[str]]]:
    usual: dict[_Key, Moments] = defaultdict(Moments)
    seen: dict[_Key, set[str]] = defaultdict(set)
    for day in window:
        for key, actor, cost in day:
            usual[key] = usual[key].with_value(cost)
            seen[key].add(actor)
    return usual, seen


def _unusual(cost: float, actor: str, usual: Moments, seen: set[str]) -> bool:
    if cost * 730 < MIN_MONTHLY_USD:
        return False
    score = NOVELTY if actor not in seen else 0.0
    if usual.count >= 2:
        score += z_score(cost, usual, floor=0.01, relative_floor=0.1)
    else:
        score += 1.0
    return score >= THRESHOLD


def _report(
    event: CostEvent,
    cost: float,
    open_rows: dict[tuple[str, str], dict[str, Any]],
    rows: list[dict[str, Any]],
) -> None:
    key = (event.account_id, event.actor.name)
    row = open_rows.get(key)
    if row is None or event.event_time - row["last_event_time"] > _HOUR:
        row = {
            "id": str(event.id),
            "account_id": event.account_id,
            "actor": event.actor.name,
            "resource_type": event.resource_type,
            "trigger_event_id": event.event_id,
            "trigger_event_time": event.event_time,
            "hourly_cost": 0.0,
            "event_ids": [],
        }
        open_rows[key] = row
        rows.append(row)
    row["last_event_time"] = event.event_time
    row["hourly_cost"] += cost
    row["event_ids"].append(event.event_id)
