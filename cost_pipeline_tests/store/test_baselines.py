"""Baselines are what a batch over all the window's events would give."""

import statistics
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import activity, baselines

MakeEvent = Callable[..., CostEvent]
START = date(2026, 3, 10)
KEY = ("111122223333", "ec2_instance")


def _load_days(loader: Any, event: MakeEvent, rates: list[list[str]]) -> None:
    for number, of_day in enumerate(rates):
        day = START + timedelta(days=number)
        events = [
            event(f"{number}-{n}", n, rate, partition_day=day, resource_ids=(f"i-{number}-{n}",))
            for n, rate in enumerate(of_day)
        ]
        loader.load(f"f{number}", *events, day=day)
        with loader.database.transaction("default") as conn:
            activity.rebuild(conn, tenant_id="default", day=day)


def test_merged_days_equal_the_whole(loader: Any, event: MakeEvent) -> None:
    rates = [["1", "2", "3"], ["10"], ["0.5", "0.5", "4", "8"]]
    _load_days(loader, event, rates)
    last = START + timedelta(days=2)
    with loader.database.transaction("default") as conn:
        baselines.rebuild(conn, tenant_id="default", day=last)
        baseline = baselines.load(conn, tenant_id="default", as_of=last)[KEY]
    flat = [float(rate) for day in rates for rate in day]
    assert baseline.moments.count == 8
    assert baseline.moments.mean == pytest.approx(statistics.mean(flat))
    assert baseline.moments.stddev == pytest.approx(statistics.stdev(flat))
    assert baseline.actors == {"ada"}
    assert baseline.max_daily_added == 13


def test_the_window_forgets(loader: Any, event: MakeEvent) -> None:
    _load_days(loader, event, [["100"], ["1"], ["1"]])
    last = START + timedelta(days=2)
    with loader.database.transaction("default") as conn:
        baselines.rebuild(conn, tenant_id="default", day=last, window_days=2)
        assert baselines.load(conn, tenant_id="default", as_of=last)[KEY].moments.mean == 1


def test_what_is_left_out_does_not_train(loader: Any, event: MakeEvent) -> None:
    _load_days(loader, event, [["1", "1", "500"]])
    excluded = {event("0-2").id}
    with loader.database.transaction("default") as conn:
        activity.rebuild_trained(conn, tenant_id="default", day=START, excluded=excluded)
        baselines.rebuild(conn, tenant_id="default", day=START)
        learned = baselines.load(conn, tenant_id="default", as_of=START)[KEY].moments
        activity.rebuild_trained(conn, tenant_id="default", day=START, excluded=set())
        baselines.rebuild(conn, tenant_id="default", day=START)
        confirmed = baselines.load(conn, tenant_id="default", as_of=START)[KEY].moments
    assert (learned.count, learned.mean) == (2, 1.0)
    assert confirmed.count == 3
