"""What stands in an account: some of it older than the trail, some made before anything else."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, storage
from cost_pipeline.simulate.shapes.compute import Group
from cost_pipeline.simulate.story import Story

_SERVERS = ("m5.large", "m5.xlarge", "r5.large", "c5.2xlarge", "t3.large", "r5.2xlarge")
_DATABASES = ("db.t3.medium", "db.m5.large", "db.r5.large", "db.r5.xlarge", "db.m6g.xlarge")


def foundations(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Servers, databases, tables, warehouses, groups: the older half is in no trail."""
    story = Story("estate", ground.account_id)
    older = Story("before the trail", ground.account_id)
    for number in range(rng.randint(5, 9)):
        told = story if rng.random() < 0.5 else older
        at = window.start + timedelta(hours=rng.uniform(7, 60), minutes=number)
        who = ground.terraform if rng.random() < 0.7 else rng.choice(ground.engineers)
        region = ground.home if rng.random() < 0.8 else ground.second
        _stand_up(told, ground, rng, number, at, region, who)
    for number in range(rng.randint(1, 3)):
        name = f"{ground.purpose}-web-{number}"
        template = story.new_id("lt")
        ground.estate.groups.append((Group(name, template), ground.web_size))
    cluster = f"{ground.purpose}-eks"
    group = Group(f"eks-workers-{ground.purpose}", story.new_id("lt"), cluster, "workers")
    size = rng.choice(("m5.xlarge", "m5.2xlarge", "c5.2xlarge", "r5.xlarge"))
    ground.estate.nodegroups.append((group, size))
    return story


def _stand_up(
    told: Story,
    ground: Ground,
    rng: random.Random,
    number: int,
    at: datetime,
    region: str,
    who: Who,
) -> None:
    estate = ground.estate
    match number % 5:
        case 0 | 1:
            estate.servers += compute.launch(told, at, region, who, rng.choice(_SERVERS))
        case 2:
            size = rng.choice(_DATABASES)
            multi = rng.random() < 0.3
            estate.databases.append(databases.database(told, at, region, who, size, multi_az=multi))
        case 3:
            reads, writes = rng.randint(50, 900), rng.randint(20, 300)
            estate.tables.append(databases.table(told, at, region, who, reads, writes))
        case _:
            if ground.purpose in ("analytics", "retail", "production"):
                made = analytics.warehouse(told, at, region, who, "ra3.xlplus", rng.randint(2, 3))
                estate.warehouses.append(made)
            else:
                storage.nat_gateway(told, at, region, who)


def growth(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A little more every week: servers, volumes, a replica, more capacity."""
    story = Story("growth", ground.account_id)
    for week in range(window.days // 7 + 1):
        for number in range(rng.randint(1, 3)):
            at = window.start + timedelta(days=7 * week + rng.uniform(0, 6), hours=number)
            at = at.replace(hour=rng.randint(8, 17))
            who = ground.terraform if rng.random() < 0.6 else rng.choice(ground.engineers)
            match rng.randrange(4):
                case 0:
                    compute.launch(story, at, ground.home, who, rng.choice(_SERVERS[:4]))
                case 1:
                    storage.volume(story, at, ground.home, who, rng.choice((100, 200, 500)))
                case 2:
                    databases.database(story, at, ground.home, who, "db.t3.medium")
                case _:
                    _more_capacity(story, ground, rng, at, who)
    return story


def _more_capacity(
    story: Story, ground: Ground, rng: random.Random, at: datetime, who: Who
) -> None:
    tables = [one for one in ground.estate.tables if one.since < at]
    if not tables:
        return
    old = tables[-1]
    attributes = old.parts[0][3]
    reads = int(float(str(attributes["rcu"])) * rng.uniform(1.1, 1.4))
    writes = int(float(str(attributes["wcu"])) * rng.uniform(1.1, 1.4))
    new = databases.grow_table(story, at, who, old, reads, writes)
    ground.estate.tables.remove(old)
    ground.estate.tables.append(new)
