"""Large spends that happen a few times and are meant: what makes the other kind hard."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cost_pipeline.simulate.elsewhere.extent import fleet
from cost_pipeline.simulate.elsewhere.house import House, house_of
from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.shapes import analytics, compute, databases, learning, storage
from cost_pipeline.simulate.shapes.compute import SCALING
from cost_pipeline.simulate.story import Story

_HOUR = timedelta(hours=1)
OneOff = Callable[[Story, House, datetime, random.Random], None]


def one_offs(grounds: Sequence[Ground], window: Window, rng: random.Random) -> list[Story]:
    """Two or three kinds in each account, each one to four times; most are seen early."""
    stories = []
    for house in map(house_of, grounds):
        for make in rng.sample(KINDS, rng.randint(2, 3)):
            early = rng.random() < 0.6
            days = [rng.uniform(1, 12)] if early else []
            days += [rng.uniform(13, window.days - 1) for _ in range(rng.choice((1, 1, 2, 3)))]
            for number, day in enumerate(sorted(days)):
                story = Story(f"meant {make.__name__} {number}", house.account_id)
                at = window.start + timedelta(days=int(day), hours=house.from_hour)
                make(story, house, at + rng.uniform(1, 8) * _HOUR, rng)
                stories.append(story)
    return stories


def _hours(rng: random.Random) -> timedelta:
    return rng.lognormvariate(1.6, 0.5) * _HOUR


def gpus_for_a_day(story: Story, house: House, at: datetime, rng: random.Random) -> None:
    """A scientist takes some GPU machines, and gives them back the same day."""
    who = rng.choice(house.scientists)
    size, count = rng.choice((("g5.4xlarge", 2), ("p3.2xlarge", 3), ("g4dn.12xlarge", 1)))
    begun = compute.launch(story, at, house.home, who, size, count)
    compute.terminate(story, at + _hours(rng), who, begun)


def backlog(story: Story, house: House, at: datetime, rng: random.Random) -> None:
    """The batch's role works off a backlog."""
    who, count = house.named("batch"), round(rng.uniform(8, 25))
    begun = fleet(story, at, house.home, who, "c6i.4xlarge", count)
    compute.terminate(story, at + _hours(rng), who, begun)


def cluster_for_a_question(story: Story, house: House, at: datetime, rng: random.Random) -> None:
    """A large EMR cluster for an afternoon."""
    who = rng.choice((*house.scientists, house.named("emr")))
    flow = analytics.job_flow(story, at, house.home, who, "r5.2xlarge", rng.randint(8, 24))
    analytics.end_job_flow(story, at + _hours(rng), who, flow)


def load_on_everything(story: Story, house: House, at: datetime, rng: random.Random) -> None:
    """A load test by a role of its own."""
    who = house.named("perf")
    begun = fleet(story, at, house.home, who, "c5.2xlarge", rng.randint(10, 50))
    compute.terminate(story, at + rng.uniform(1, 3) * _HOUR, who, begun)


def moved_database(story: Story, house: House, at: datetime, rng: random.Random) -> None:
    """A larger database beside the old one, for good or for a while."""
    size = rng.choice(("db.r6g.xlarge", "db.r5.2xlarge", "db.r5.4xlarge"))
    new = databases.database(story, at, house.home, house.builder, size, multi_az=True)
    if rng.random() < 0.6:
        databases.delete_database(story, at + 6 * _hours(rng), house.builder, new)


def new_product(story: Story, house: House, at: datetime, rng: random.Random) -> None:
    """A new group comes to stay, with what it stands on."""
    group = house.group(f"new{at:%m%d}", story.new_id("lt"))
    count = round(rng.uniform(4, 20) * math.sqrt(house.size))
    compute.launch(story, at, house.home, SCALING, house.web_size, count, group=group)
    databases.cache(story, at, house.home, house.builder, "cache.r6g.large", 2)
    analytics.search(story, at, house.home, house.builder, "r6g.large.search", 2)


def archive_elsewhere(story: Story, house: House, at: datetime, rng: random.Random) -> None:
    """Old snapshots are copied to the second region."""
    who = house.named("backup", "backup.amazonaws.com")
    known = [pair for pair in house.estate.snapshots if pair[0].since < at]
    for number, (source, gb) in enumerate(known[-rng.randint(10, 60) :]):
        storage.copy_snapshot(
            story, at + timedelta(seconds=9 * number), house.second, who, source, gb
        )


def trained_at_length(story: Story, house: House, at: datetime, rng: random.Random) -> None:
    """Training jobs larger than most."""
    who = house.named("mlops")
    learning.training(story, at, house.home, who, "ml.p3.8xlarge", rng.randint(1, 2), 8)


KINDS: tuple[OneOff, ...] = (
    gpus_for_a_day,
    backlog,
    cluster_for_a_question,
    load_on_everything,
    moved_database,
    new_product,
    archive_elsewhere,
    trained_at_length,
)
