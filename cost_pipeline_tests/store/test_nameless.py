"""Launches of a hundred machines whose answer CloudTrail left out end, too."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

from msgspec.structs import replace

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.model import CostEvent

MakeEvent = Callable[..., CostEvent]
NAME = "unnamed/run"
SPANS = """
SELECT resource_id, from_time, partition_day, action, actor, hourly_cost, delta FROM resource_spans
ORDER BY resource_id, from_time
"""


def _run(event: MakeEvent, number: str = "4") -> CostEvent:
    return event("run", 9, "8", resource_ids=(NAME,), data={"units": number, "nameless": number})


def _terminated(event: MakeEvent, name: str, day: int, *ids: str) -> CostEvent:
    return event(
        name,
        9,
        None,
        action="stop",
        resource_ids=ids,
        rate_after=Decimal(0),
        data={"final": True},
        partition_day=date(2026, 3, day),
        actor=Actor("bo", "user"),
    )


def _rates(loader: Any) -> list[tuple[float, str]]:
    rows = loader.rows(SPANS)
    return [(float(row["hourly_cost"]), row["actor"]) for row in rows if row["resource_id"] == NAME]


def test_they_end_as_machines_nobody_was_seen_to_start_are_terminated_in_any_order(
    loader: Any, event: MakeEvent, database: Any
) -> None:
    known = event("known", 8, "1", resource_ids=("i-9",))
    days = [
        (date(2026, 3, 10), [_run(event), known]),
        (date(2026, 3, 11), [_terminated(event, "some", 11, "i-1", "i-9")]),
        (date(2026, 3, 12), [_terminated(event, "others", 12, "i-1", "i-2", "i-3", "i-4")]),
    ]
    ends = []
    for order in permutations(days):
        with database.transaction("default") as conn:
            for table in ("cost_events", "resource_spans", "resources", "trail_objects"):
                conn.execute(f"DELETE FROM {table}")
        for day, events in order:
            loader.load(str(day), *events, day=day)
        ends.append((loader.rows(SPANS), loader.rows("SELECT * FROM resources ORDER BY 2")))
    assert all(end == ends[0] for end in ends)
    assert _rates(loader) == [(8, "ada"), (6, "bo"), (0, "bo")]
    saved = "SELECT sum(delta) AS saved FROM resource_spans WHERE partition_day = '2026-03-12'"
    assert loader.rows(saved) == [{"saved": -6}]


def test_volumes_of_such_a_launch_end_with_the_last_of_its_machines(
    loader: Any, event: MakeEvent
) -> None:
    disks = event("disk", 9, "1", resource_ids=(f"volumes-of/{NAME}",))
    disks.data["ends_with"] = "volumes-of/"
    loader.load("a", _run(event, "1"), disks)
    loader.load("b", _terminated(event, "end", 11, "i-1"), day=date(2026, 3, 11))
    open_still = "SELECT resource_id FROM resources WHERE stopped_at IS NULL"
    assert loader.rows(open_still) == []


def test_one_that_is_not_heard_of_is_given_up_after_a_month(loader: Any, event: MakeEvent) -> None:
    loader.load("a", _run(event))
    later = date(2026, 4, 8)
    loader.load("b", event("x", resource_ids=("i-7",), partition_day=later), day=later)
    assert _rates(loader) == [(8, "ada")]
    later = date(2026, 4, 9)
    loader.load("c", event("y", resource_ids=("i-8",), partition_day=later), day=later)
    (_, end) = [row for row in loader.rows(SPANS) if row["resource_id"] == NAME]
    assert (end["hourly_cost"], end["from_time"].date()) == (0, later)
    assert end["actor"] == "nobody: it has no name, and is counted for 30 days at most"


def test_a_day_that_ends_none_of_them_leaves_what_was_derived_as_it_was(
    loader: Any, event: MakeEvent
) -> None:
    """What is written anew makes its day stale, and all days after it are judged again."""
    disks = event("disk", 9, "1", resource_ids=(f"volumes-of/{NAME}",))
    disks.data["ends_with"] = "volumes-of/"
    loader.load("a", _run(event, "2"), disks)
    loader.load("b", _terminated(event, "some", 11, "i-1", "i-2"), day=date(2026, 3, 11))
    derived = "SELECT * FROM resource_spans WHERE resource_id <> 'i-7' ORDER BY 2, 3"
    before = loader.rows(derived)
    later = date(2026, 3, 12)
    loader.load("c", event("x", resource_ids=("i-7",), partition_day=later), day=later)
    assert len(before) == 6
    assert loader.rows(derived) == before


def test_over_months_and_in_any_order_each_stop_ends_as_many_as_it_names(
    loader: Any, event: MakeEvent, database: Any
) -> None:
    """Of four machines a launch, three are heard of again: the oldest that waits has them."""
    days = []
    for n in range(18):
        day = date(2026, 1, 1) + timedelta(days=n * 6)
        at = datetime.combine(day, time(9), UTC)
        data = {"units": "4", "nameless": "4"}
        launch = event(f"run-{n}", 9, "8", resource_ids=(f"unnamed/{n}",), data=data)
        stop = _terminated(event, f"end-{n}", 1, *(f"i-{n}-{k}" for k in range(3)))
        moments = ((launch, at), (stop, at + timedelta(hours=1)))
        days.append((day, [replace(e, event_time=t, partition_day=day) for e, t in moments]))
    ended = """
      SELECT sum(delta) / 2 AS machines FROM resource_spans
      WHERE nameless IS NOT NULL AND action <> 'start' AND actor = 'bo'"""
    ends = []
    for order in (days, days[::-1]):
        with database.transaction("default") as conn:
            for table in ("cost_events", "resource_spans", "resources", "trail_objects"):
                conn.execute(f"DELETE FROM {table}")
        for day, events in order:
            loader.load(str(day), *events, day=day)
        ends.append(loader.rows(SPANS))
    assert loader.rows(ended) == [{"machines": -3 * len(days)}]
    assert ends[0] == ends[1]
