"""One-off spends of the size of incidents, all of them legitimate: what makes `hard` hard."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cost_pipeline.simulate.habits.bootstrap import PLATFORM, stand_up
from cost_pipeline.simulate.habits.jobs import drill
from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, learning, storage
from cost_pipeline.simulate.shapes.compute import SCALING, SPOT_FLEET, Group
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)
SEEN_BEFORE = 0.6
OneOff = Callable[[Story, Ground, datetime, random.Random], None]


def one_offs(grounds: Sequence[Ground], window: Window, rng: random.Random) -> list[Story]:
    """One or two kinds in each account, each two or three times, of varying size.

    Three in five are seen for the first time in the quiet days; the others come as a surprise.
    """
    stories = []
    for ground in (one for one in grounds if one.opened is None):
        for make in rng.sample(KINDS, rng.choice((1, 2, 2))):
            seen = rng.random() < SEEN_BEFORE
            first = rng.uniform(1, window.quiet_days - 1 if seen else window.days - 2)
            days = [first, *(rng.uniform(first + 2, window.days) for _ in range(rng.randint(1, 2)))]
            for number, day in enumerate(sorted(days)):
                story = Story(f"one-off {make.__name__} {number}", ground.account_id)
                make(story, ground, _working_hours(window, day, rng), rng)
                stories.append(story)
    return stories


def _working_hours(window: Window, day: float, rng: random.Random) -> datetime:
    at = window.start + timedelta(days=day)
    return at.replace(hour=rng.randint(7, 19), minute=rng.randrange(60), second=0, microsecond=0)


def _fleet(
    story: Story, at: datetime, region: str, who: Who, size: str, count: int, group: Group | None
) -> list[Resource]:
    begun: list[Resource] = []
    for number in range(0, count, 10):
        when, part = at + timedelta(seconds=4 * number), min(10, count - number)
        begun += compute.launch(story, when, region, who, size, part, group=group)
    return begun


def migration(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """A database moves to a larger class, old and new run side by side for a day or two."""
    who = rng.choice((ground.terraform, *ground.engineers))
    size = rng.choice(("db.r5.2xlarge", "db.r5.4xlarge", "db.m5.4xlarge"))
    new = databases.database(story, at, ground.home, who, size, multi_az=True, size_gb=1000)
    workers = compute.launch(story, at + _HOUR, ground.home, who, "m5.2xlarge", 2)
    compute.terminate(story, at + rng.uniform(10, 40) * _HOUR, who, workers)
    if rng.random() < 0.5:
        databases.delete_database(story, at + rng.uniform(30, 60) * _HOUR, who, new)


def big_analysis(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """A question that needs the whole history: a large EMR cluster for some hours."""
    person = rng.choice(ground.scientists)
    who = rng.choice((person, ground.role("airflow-etl", session="backfill")))
    size, nodes = rng.choice((("r5.2xlarge", 20), ("m5.4xlarge", 16), ("r5.4xlarge", 12)))
    begun = analytics.job_flow(story, at, ground.home, who, size, nodes)
    analytics.end_job_flow(story, at + rng.uniform(3, 9) * _HOUR, who, begun)


def first_load_test(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """A load test before a launch, larger than any before it."""
    who = Who("load-test", "role", "k6-operator/0.0.14", "loadtest")
    size = rng.choice(("c5.2xlarge", "c5.4xlarge"))
    begun = _fleet(story, at, ground.home, who, size, rng.randint(12, 40), None)
    compute.terminate(story, at + rng.uniform(1, 4) * _HOUR, who, begun)


def first_drill(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """The first disaster drill of an account."""
    who = Who("dr-orchestrator", "role", "Boto3/1.34", "dr-drill")
    drill(story, ground, at, rng.uniform(3, 8), who, rng.randint(8, 24))


def new_team(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """A team arrives: its platform, its people, their boxes, all within two days."""
    stand_up(story, at, ground.home, PLATFORM, rng, nodes=rng.randint(4, 10))
    for number in range(rng.randint(3, 6)):
        who = Who(f"team{at:%m%d}-{number}@example.com", "sso", "console.amazonaws.com")
        when = at + rng.uniform(2, 30) * _HOUR
        size = rng.choice(("m5.large", "m5.xlarge", "t3.large"))
        box = compute.launch(story, when, ground.home, who, size)
        compute.terminate(story, when + rng.uniform(6, 80) * _HOUR, who, box)


def new_service(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """Terraform brings in a service that the account never used, in a size that fits."""
    who, home = ground.terraform, ground.home
    match rng.randrange(5):
        case 0:
            analytics.search(story, at, home, who, "r6g.large.search", 3, 200)
        case 1:
            analytics.warehouse(story, at, home, who, "ra3.xlplus", rng.randint(2, 4))
        case 2:
            analytics.stream(story, at, home, who, rng.randint(20, 80))
        case 3:
            learning.endpoint(story, at, home, who, "ml.g4dn.xlarge", 2)
        case _:
            databases.cache(story, at, home, who, "cache.r6g.large", rng.randint(3, 6))


def big_blue_green(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """The largest fleet is replaced at once: twice the machines for an hour or two."""
    group = Group(f"{ground.purpose}-green-{at:%m%d}", story.new_id("lt"))
    count = rng.randint(15, 45)
    fresh = _fleet(story, at, ground.home, SCALING, ground.web_size, count, group)
    compute.terminate(story, at + rng.uniform(1, 3) * _HOUR, SCALING, fresh)


def heavy_batch(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """A batch three to six times its usual size: the quarter, a recalculation, a backlog."""
    who = rng.choice((ground.role("finance-batch"), SPOT_FLEET))
    size = rng.choice(("r5.4xlarge", "m5.4xlarge"))
    begun: list[Resource] = []
    for number in range(rng.randint(2, 5)):
        when = at + timedelta(seconds=40 * number)
        spot = who is SPOT_FLEET
        begun += compute.launch(story, when, ground.home, who, size, 6, spot=spot)
    compute.terminate(story, at + rng.uniform(3, 9) * _HOUR, who, begun)


def gpu_experiment(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """A larger model than usual: more GPU machines for half a day, and given back."""
    who = rng.choice((ground.role("ml-training"), *ground.scientists))
    size, count = rng.choice((("g5.12xlarge", 2), ("p3.8xlarge", 2), ("g5.2xlarge", 6)))
    begun = compute.launch(story, at, ground.home, who, size, count)
    compute.terminate(story, at + rng.uniform(4, 14) * _HOUR, who, begun)


def copied_archive(story: Story, ground: Ground, at: datetime, rng: random.Random) -> None:
    """The archive is copied once to the second region, for an audit."""
    who = ground.role("backup-service", "backup.amazonaws.com", "AWSBackup")
    known = [pair for pair in ground.estate.snapshots if pair[0].since < at][-40:]
    for number, (source, gb) in enumerate(known):
        when = at + timedelta(seconds=10 * number)
        storage.copy_snapshot(story, when, ground.second, who, source, gb)


KINDS: tuple[OneOff, ...] = (
    migration,
    big_analysis,
    first_load_test,
    first_drill,
    new_team,
    new_service,
    big_blue_green,
    heavy_batch,
    gpu_experiment,
    copied_archive,
)
