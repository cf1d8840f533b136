"""How many machines, how many of anything, and how often."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import compute
from cost_pipeline.simulate.story import Resource, Story

_DAY = timedelta(days=1)


def counted(rng: random.Random, middle: float, spread: float = 0.5, least: int = 1) -> int:
    """A number about the middle."""
    return max(least, round(middle * math.exp(rng.gauss(0, spread))))


def fleet(
    story: Story, at: datetime, region: str, who: Who, size: str, count: int, spot: bool = False
) -> list[Resource]:
    """So many machines, at most twenty a call."""
    begun: list[Resource] = []
    for first in range(0, count, 20):
        when, part = at + timedelta(seconds=first), min(20, count - first)
        begun += compute.launch(story, when, region, who, size, part, spot=spot)
    return begun


def every(window: Window, rng: random.Random, least: int, most: int) -> Iterator[datetime]:
    """Midnights, so many days apart."""
    day = rng.randint(0, most)
    while day < window.days:
        yield window.start + day * _DAY
        day += rng.randint(least, most)
