"""How long a mishap goes on, and what it costs an hour."""

from __future__ import annotations

from collections.abc import Iterable

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.story import Resource

_LEAST_USD = 60.0


def lasting_hours(scene: Scene, hourly: float, least: float, most: float) -> float:
    """How long it goes on: as drawn, and long enough for somebody to care."""
    return max(scene.rng.uniform(least, most), _LEAST_USD / hourly)


def hourly(resources: Iterable[Resource]) -> float:
    """USD an hour of all of them."""
    return sum(one.hourly_cost for one in resources)
