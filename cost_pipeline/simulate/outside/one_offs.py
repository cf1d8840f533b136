"""What happens once, or a few times, is large, and is meant."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.outside.unit import Unit, again, unit_of
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, learning, storage
from cost_pipeline.simulate.shapes.compute import Group
from cost_pipeline.simulate.story import Story

_HOUR = timedelta(hours=1)
_REHEARSED = 0.7
"""How many of them were seen in the quiet days."""


@dataclass(slots=True)
class Occasion:
    """One time that it happens: where, when, by whom, how large, for how long."""

    unit: Unit
    story: Story
    at: datetime
    who: Who
    size: float
    rng: random.Random

    def end(self, least: float, most: float) -> datetime:
        """Its end, so many hours later."""
        return self.at + self.rng.uniform(least, most) * _HOUR

    def many(self, usual: int) -> int:
        """A number, by the programme's size and the day's luck."""
        return max(1, round(usual * self.size * self.rng.uniform(0.75, 1.35)))


def migration(one: Occasion) -> None:
    """A large database and some movers, for a day or so."""
    base = databases.database(
        one.story, one.at, one.unit.home, one.who, "db.r5.8xlarge", multi_az=True, size_gb=2000
    )
    movers = compute.launch(
        one.story, one.at + _HOUR, one.unit.home, one.who, "c5.9xlarge", one.many(3)
    )
    end = one.end(8, 36)
    compute.terminate(one.story, end, one.who, movers)
    databases.delete_database(one.story, end + _HOUR, one.who, base)


def backfill(one: Occasion) -> None:
    """Years of data, computed anew on a large EMR cluster."""
    flow = analytics.job_flow(one.story, one.at, one.unit.home, one.who, "m5.4xlarge", one.many(35))
    analytics.end_job_flow(one.story, one.end(3, 11), one.who, flow)


def sprint(one: Occasion) -> None:
    """A team tries a large model for some hours."""
    size = "p3.16xlarge" if one.size > 1 else "g5.48xlarge"
    box = compute.launch(one.story, one.at, one.unit.home, one.who, size, one.many(2))
    compute.terminate(one.story, one.end(3, 10), one.who, box)


def peak(one: Occasion) -> None:
    """A sale is on: the node group is made wide in time, for a day."""
    name = f"peak-{one.unit.trade}"
    fresh = (Group(f"eks-{name}", f"lt-{name}", name, "main"), "m5.xlarge")
    group, size = (one.unit.estate.nodegroups or [fresh])[0]
    nodes = analytics.scale_nodegroup(
        one.story, one.at, one.unit.home, one.who, group, size, 4, 4 + one.many(60)
    )
    compute.terminate(one.story, one.end(6, 26), compute.SCALING, nodes)


def reindex(one: Occasion) -> None:
    """A second search cluster, until the first is filled anew."""
    made = analytics.search(
        one.story, one.at, one.unit.home, one.who, "r6g.4xlarge.search", one.many(8), 500
    )
    analytics.delete_search(one.story, one.end(8, 30), one.who, made)


def rehearsal(one: Occasion) -> None:
    """A planned load test with many machines."""
    swarm = compute.launch(one.story, one.at, one.unit.home, one.who, "c5.4xlarge", one.many(70))
    compute.terminate(one.story, one.end(1, 3.5), one.who, swarm)


def evacuation(one: Occasion) -> None:
    """The whole account is brought up in its second region."""
    nodes = compute.launch(one.story, one.at, one.unit.second, one.who, "m5.2xlarge", one.many(35))
    base = databases.database(
        one.story, one.at, one.unit.second, one.who, "db.r5.4xlarge", size_gb=1000, restored=True
    )
    end = one.end(3, 9)
    compute.terminate(one.story, end, one.who, nodes)
    databases.delete_database(one.story, end + _HOUR, one.who, base)


def archive(one: Occasion) -> None:
    """Snapshots go to the second region, and from there to tape."""
    at = one.at
    made = []
    for number in range(one.many(70)):
        source = storage.snapshot(one.story, at, one.unit.home, one.who, 1000)
        later = at + timedelta(minutes=20)
        made += [
            source,
            storage.copy_snapshot(one.story, later, one.unit.second, one.who, source, 1000),
        ]
        at += timedelta(seconds=15 + number % 3)
    storage.delete_snapshots(one.story, one.end(20, 60), one.who, made)


def trial(one: Occasion) -> None:
    """An endpoint is measured under load."""
    made = learning.endpoint(
        one.story, one.at, one.unit.home, one.who, "ml.g5.12xlarge", one.many(3)
    )
    learning.delete_endpoint(one.story, one.end(3, 20), one.who, made)


def hackathon(one: Occasion) -> None:
    """Everybody has a GPU for a day."""
    for number, who in enumerate(one.unit.staff):
        at = one.at + timedelta(minutes=11 * number)
        box = compute.launch(
            one.story,
            at,
            one.unit.home,
            again(who, one.rng),
            "g4dn.2xlarge",
            one.rng.choice((1, 2)),
        )
        compute.terminate(one.story, one.end(6, 10), who, box)


def contest(one: Occasion) -> None:
    """Two warehouses are compared for a day or two."""
    made = analytics.warehouse(
        one.story, one.at, one.unit.home, one.who, "ra3.4xlarge", one.many(5)
    )
    analytics.delete_warehouse(one.story, one.end(10, 40), one.who, made)


_PROGRAMMES: tuple[Callable[[Occasion], None], ...] = (
    migration,
    backfill,
    sprint,
    peak,
    reindex,
    rehearsal,
    evacuation,
    archive,
    trial,
    hackathon,
    contest,
)


def one_offs(grounds: Sequence[Ground], window: Window, rng: random.Random) -> list[Story]:
    """One to three programmes in each account, each one to four times, by the same hands."""
    stories: list[Story] = []
    for ground in grounds:
        if ground.opened is None:
            unit = unit_of(ground)
            chosen = rng.sample(_PROGRAMMES, rng.choice((1, 2, 2, 3)))
            stories.extend(_programme(unit, window, rng, one) for one in chosen)
    return stories


def _programme(
    unit: Unit, window: Window, rng: random.Random, programme: Callable[[Occasion], None]
) -> Story:
    story = Story(programme.__name__, unit.account_id)
    size = min(3.0, max(0.4, unit.volume * rng.uniform(0.7, 1.4)))
    own = unit.service_role(programme.__name__, rng)
    who = rng.choice((rng.choice(unit.engineers), rng.choice(unit.scientists), own, unit.installer))
    # One time is over before the next begins.
    days = rng.sample(range(window.quiet_days, window.days - 1, 3), rng.randint(1, 3))
    if rng.random() < _REHEARSED:
        days.append(rng.randint(2, window.quiet_days - 3))
    for day in sorted(days):
        at = unit.at(window.start + timedelta(days=day), rng.uniform(0, 9))
        programme(Occasion(unit, story, at, again(who, rng), size, rng))
    return story
