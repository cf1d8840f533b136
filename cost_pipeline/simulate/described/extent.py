"""How many machines, how many of anything, and how often."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import compute
from cost_pipeline.simulate.shapes.compute import Group
from cost_pipeline.simulate.story import Resource, Story

_DAY = timedelta(days=1)


def many(rng: random.Random, middle: float, noise: float = 0.3, least: int = 1) -> int:
    """A number about the middle."""
    return max(least, round(middle * math.exp(rng.gauss(0, noise))))


def machines(
    story: Story,
    at: datetime,
    region: str,
    who: Who,
    size: str,
    count: int,
    *,
    per_call: int = 10,
    seconds: float = 5,
    group: Group | None = None,
    spot: bool = False,
) -> list[Resource]:
    """So many machines by several calls, so many seconds apart."""
    begun: list[Resource] = []
    for first in range(0, count, per_call):
        when = at + timedelta(seconds=seconds * first / per_call)
        part = min(per_call, count - first)
        begun += compute.launch(story, when, region, who, size, part, group=group, spot=spot)
    return begun


def days_apart(window: Window, rng: random.Random, least: float, most: float) -> Iterator[datetime]:
    """Midnights, so many days apart."""
    day = rng.uniform(0, most)
    while day < window.days:
        yield window.start + int(day) * _DAY
        day += rng.uniform(least, most)
