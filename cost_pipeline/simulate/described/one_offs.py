"""Large spends of the third kind of company that are meant."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cost_pipeline.simulate.described.extent import machines
from cost_pipeline.simulate.described.firm import Firm, firm_of
from cost_pipeline.simulate.habits.bootstrap import stand_up
from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, learning, storage
from cost_pipeline.simulate.shapes.compute import SCALING
from cost_pipeline.simulate.story import Story

_HOUR = timedelta(hours=1)
OneOff = Callable[[Story, Firm, datetime, random.Random], None]


def one_offs(grounds: Sequence[Ground], window: Window, rng: random.Random) -> list[Story]:
    """Three to five in each account, of one to three kinds; half of the kinds are seen early."""
    stories = []
    for firm in (firm_of(one) for one in grounds if one.opened is None):
        for make in rng.sample(KINDS, rng.randint(1, 3)):
            days = [rng.uniform(14, window.days - 1) for _ in range(rng.randint(1, 2))]
            if rng.random() < 0.5:
                days.append(rng.uniform(2, window.quiet_days - 1))
            for number, day in enumerate(sorted(days)):
                story = Story(f"planned {make.__name__} {number}", firm.account_id)
                at = window.start + timedelta(days=int(day), hours=firm.opens)
                make(story, firm, at + rng.uniform(0, 9) * _HOUR, rng)
                stories.append(story)
    return stories


def _some(firm: Firm, rng: random.Random, what: str) -> Who:
    """A person, the deployer, or a role made for it."""
    return rng.choice((*firm.engineers[:2], firm.deployer, firm.job(what)))


def database_migration(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """The new one runs beside the old one for a day or two."""
    size = rng.choice(("db.r5.xlarge", "db.r5.2xlarge", "db.m5.4xlarge", "db.r6g.4xlarge"))
    who = _some(firm, rng, "migration")
    made = databases.database(story, at, firm.home, who, size, multi_az=rng.random() < 0.6)
    databases.delete_database(story, at + rng.uniform(12, 60) * _HOUR, who, made)


def bigger_box(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """Somebody needs a large machine for a day's work."""
    size = rng.choice(("r5.8xlarge", "m5.12xlarge", "c5.18xlarge", "r5.12xlarge", "g5.4xlarge"))
    who = rng.choice(firm.people)
    box = compute.launch(story, at, firm.home, who, size)
    compute.terminate(story, at + rng.uniform(2, 12) * _HOUR, who, box)


def campaign(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """A group runs at a multiple for a day."""
    group, size = rng.choice(firm.estate.groups)
    count = round(rng.uniform(5, 20) * firm.size**0.5)
    begun = machines(story, at, firm.home, SCALING, size, count, group=group)
    compute.terminate(story, at + rng.uniform(6, 30) * _HOUR, SCALING, begun)


def big_load_test(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """A load test that nobody has seen."""
    who, size = _some(firm, rng, "perf"), rng.choice(("c5.xlarge", "c5.2xlarge", "c5.4xlarge"))
    begun = machines(story, at, firm.home, who, size, rng.randint(10, 40))
    compute.terminate(story, at + rng.uniform(1, 5) * _HOUR, who, begun)


def backfill(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """Last year's data once more: a wide cluster, or the job's machines."""
    if rng.random() < 0.5:
        who = rng.choice((*firm.scientists, firm.job("emr")))
        size, nodes = rng.choice(("r5.2xlarge", "m5.4xlarge")), rng.randint(10, 30)
        flow = analytics.job_flow(story, at, firm.home, who, size, nodes)
        analytics.end_job_flow(story, at + rng.uniform(3, 12) * _HOUR, who, flow)
        return
    who = firm.job("etl")
    begun = machines(story, at, firm.home, who, "c5.4xlarge", rng.randint(8, 30))
    compute.terminate(story, at + rng.uniform(2, 10) * _HOUR, who, begun)


def gpu_experiment(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """A scientist tries GPUs for some hours."""
    who = rng.choice(firm.scientists)
    size, count = rng.choice((("p3.2xlarge", 2), ("g5.2xlarge", 4), ("p3.8xlarge", 1)))
    begun = compute.launch(story, at, firm.home, who, size, count)
    compute.terminate(story, at + rng.uniform(2, 10) * _HOUR, who, begun)


def new_team(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """A team moves in: network, cluster, a database, and people with machines."""
    stand_up(story, at, firm.home, firm.deployer, rng, nodes=rng.randint(3, 8))
    for number in range(rng.randint(2, 5)):
        who = Who(f"team{at:%m%d}{number}@firm.test", "sso", permissions="Engineers_4e5f")
        when = at + rng.uniform(2, 70) * _HOUR
        box = compute.launch(story, when, firm.home, who, rng.choice(("m5.xlarge", "t3.xlarge")))
        compute.terminate(story, when + rng.uniform(4, 30) * _HOUR, who, box)


def reindexed(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """A second search domain while the first is rebuilt."""
    who = _some(firm, rng, "search")
    made = analytics.search(story, at, firm.home, who, "r5.large.search", rng.randint(3, 8))
    analytics.delete_search(story, at + rng.uniform(5, 30) * _HOUR, who, made)


def archived(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """Snapshots are copied to the second region, once."""
    who = rng.choice((firm.job("backup"), firm.deployer))
    known = [pair for pair in firm.estate.snapshots if pair[0].since < at]
    for number, (source, gb) in enumerate(known[-rng.randint(10, 40) :]):
        when = at + timedelta(seconds=15 * number)
        storage.copy_snapshot(story, when, firm.second, who, source, gb)


def long_training(story: Story, firm: Firm, at: datetime, rng: random.Random) -> None:
    """A training job larger than the others."""
    who = rng.choice((firm.job("ml"), *firm.scientists))
    size = rng.choice(("ml.p3.2xlarge", "ml.g5.12xlarge", "ml.p3.8xlarge"))
    learning.training(story, at, firm.home, who, size, 1, rng.randint(6, 12))


KINDS: tuple[OneOff, ...] = (
    database_migration,
    bigger_box,
    campaign,
    big_load_test,
    backfill,
    gpu_experiment,
    new_team,
    reindexed,
    archived,
    long_training,
)
