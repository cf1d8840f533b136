"""New accounts: bootstrapped by the platform team, then used by a team that nobody has seen."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, databases, storage
from cost_pipeline.simulate.shapes.compute import Group
from cost_pipeline.simulate.story import Story

PLATFORM = Who(
    "AWSControlTowerExecution", "role", "APN/1.0 HashiCorp/1.0 Terraform/1.7.5", "bootstrap"
)


def landing_zone(ground: Ground, at: datetime, rng: random.Random) -> Story:
    """An account is opened: nobody was ever seen in it, and nothing ran."""
    story = Story("landing zone", ground.account_id)
    at += timedelta(hours=rng.uniform(8, 15))
    stand_up(story, at, ground.home, PLATFORM, rng, nodes=rng.randint(2, 5))
    return story


def newcomers(grounds: Sequence[Ground], window: Window, rng: random.Random) -> list[Story]:
    """In each company two accounts get a landing zone in their second region."""
    stories = []
    older = [ground for ground in grounds if ground.opened is None]
    for ground in rng.sample(older, min(2, len(older))):
        day = rng.choice((rng.randint(1, 8), rng.randint(15, window.days - 4)))
        at = window.start + timedelta(days=day, hours=rng.uniform(9, 15))
        story = Story(f"bootstrap {day}", ground.account_id)
        stand_up(story, at, ground.second, PLATFORM, rng, nodes=rng.randint(2, 6))
        stories.append(story)
    return stories


def stand_up(
    story: Story, at: datetime, region: str, who: Who, rng: random.Random, *, nodes: int = 3
) -> None:
    """Network, cluster, database, cache, balancer and a few nodes: a modest landing zone."""
    minute = timedelta(minutes=1)
    for number in range(rng.randint(1, 3)):
        storage.nat_gateway(story, at + number * minute, region, who)
    name = story.new_name("cluster")
    analytics.kubernetes(story, at + 5 * minute, region, who, name)
    group = Group(f"eks-{name}", story.new_id("lt"), name, "default")
    later = at + 20 * minute
    analytics.scale_nodegroup(story, later, region, who, group, "m5.large", 0, nodes)
    size = rng.choice(("db.t3.medium", "db.m5.large", "db.r5.large"))
    databases.database(story, at + 8 * minute, region, who, size, multi_az=True)
    databases.cache(story, at + 9 * minute, region, who, "cache.t3.medium", 2)
    analytics.balancer(story, at + 10 * minute, region, who)
