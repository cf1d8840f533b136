"""Fleets that breathe: web groups by day and night, spot batches, node groups, blue/green."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.shapes import analytics, compute
from cost_pipeline.simulate.shapes.compute import SCALING, SPOT_FLEET, Group
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)


def web_groups(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Autoscaling follows the day: out in the morning, in at night, higher on campaign days."""
    story = Story("web", ground.account_id)
    for group, size in ground.estate.groups:
        _breathe(story, ground, window, rng, group, size)
    return story


def _breathe(
    story: Story, ground: Ground, window: Window, rng: random.Random, group: Group, size: str
) -> None:
    base, peak = rng.randint(2, 5), rng.randint(5, 14) * ground.scale
    growth, campaign = rng.uniform(0, 0.01), rng.randint(3, 10)
    running: list[Resource] = []
    for number, day in enumerate(window.each()):
        height = peak * (1 + growth * number) * (0.5 if day.weekday() >= 5 else 1.0)
        if number == campaign or rng.random() < 0.06:
            height *= rng.uniform(1.3, 1.7)
        for hour in range(0, 24, 2):
            at = day + hour * _HOUR + timedelta(seconds=rng.randrange(3600))
            light = max(0.0, math.sin(math.pi * (hour - 6) / 16)) if 6 <= hour <= 22 else 0.0
            wanted = max(base, round((base + height * light) * rng.uniform(0.9, 1.1)))
            if wanted > len(running):
                count = wanted - len(running)
                running += compute.launch(story, at, ground.home, SCALING, size, count, group=group)
            elif wanted < len(running) - 1:
                gone = running[: len(running) - wanted]
                compute.terminate(story, at, SCALING, gone)
                running = running[len(gone) :]


def spot_batches(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A spot fleet works through the night; a few machines are interrupted, which no call tells."""
    story = Story("spot", ground.account_id)
    size = rng.choice(("c5.2xlarge", "m5.2xlarge", "c6i.4xlarge", "r5.xlarge"))
    usual = rng.randint(6, 20)
    for day in window.each():
        if rng.random() < 0.15:
            continue
        at = day + rng.uniform(0.5, 3) * _HOUR
        count = max(2, round(usual * rng.uniform(0.6, 1.35)))
        running: list[Resource] = []
        while count > 0:
            part = min(count, 10)
            running += compute.launch(story, at, ground.home, SPOT_FLEET, size, part, spot=True)
            at, count = at + timedelta(seconds=45), count - part
        kept = [one for one in running if rng.random() > 0.02]
        compute.terminate(story, at + rng.uniform(1.5, 4) * _HOUR, SPOT_FLEET, kept)
    return story


def node_groups(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A platform role widens the node group in the morning and narrows it in the evening."""
    story = Story("nodes", ground.account_id)
    who = ground.role("eks-capacity", session="capacity-planner")
    for group, size in ground.estate.nodegroups:
        for day in window.each(workdays=True):
            if rng.random() < 0.3:
                continue
            at = day + rng.uniform(6, 8) * _HOUR
            more = rng.randint(2, 8)
            begun = analytics.scale_nodegroup(story, at, ground.home, who, group, size, 3, 3 + more)
            compute.terminate(story, day + rng.uniform(18, 21) * _HOUR, SCALING, begun)
    return story


def blue_green(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Each release doubles a group for an hour or two, then ends the old one."""
    story = Story("blue-green", ground.account_id)
    count = rng.randint(4, 10)
    weekday = rng.randrange(5)
    running: list[Resource] = []
    for day in window.each(workdays=True):
        if day.weekday() not in (weekday, (weekday + 2) % 5):
            continue
        at = day + rng.uniform(9, 16) * _HOUR
        running = _release(story, ground, at, running, count, rng)
    return story


def _release(
    story: Story,
    ground: Ground,
    at: datetime,
    running: list[Resource],
    count: int,
    rng: random.Random,
) -> list[Resource]:
    group = Group(f"{ground.purpose}-green-{at:%m%d}", story.new_id("lt"))
    fresh = compute.launch(story, at, ground.home, SCALING, ground.web_size, count, group=group)
    if running:
        compute.terminate(story, at + rng.uniform(0.5, 2) * _HOUR, SCALING, running)
    return fresh
