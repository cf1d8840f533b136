"""Which mishaps there are, and which of them a company has when."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.mishaps import (
    data_stores,
    drips,
    fleets,
    loops,
    machines,
    models,
    stolen_keys,
)
from cost_pipeline.simulate.mishaps.scene import Mishap, Scene
from cost_pipeline.simulate.shapes import compute
from cost_pipeline.simulate.story import Story

USUAL: tuple[Mishap, ...] = (
    stolen_keys.leaked_key,
    stolen_keys.compromised_role,
    machines.huge_gpu,
    machines.small_left_on,
    machines.resized,
    loops.runaway_scaling,
    loops.nat_loop,
    data_stores.oversized_database,
    models.forgotten_endpoints,
    drips.slow_drip,
    drips.many_hands,
    data_stores.oversized_warehouse,
    data_stores.oversized_search,
    fleets.exploded_nodegroup,
    fleets.copied_snapshots,
    data_stores.provisioned_table,
    fleets.savings_plan,
    models.model_throughput,
)
"""The kinds that every company has about once."""

RARER: tuple[Mishap, ...] = (
    stolen_keys.leaked_key,
    stolen_keys.taken_models,
    machines.huge_memory,
    machines.small_left_on,
    loops.runaway_spot,
    loops.runners_never_end,
    loops.volume_loop,
    loops.training_loop,
    data_stores.grown_database,
    data_stores.grown_table,
    data_stores.huge_cache,
    data_stores.too_many_shards,
    models.huge_notebook,
    fleets.huge_job_flow,
    fleets.reserved_instances,
    fleets.reserved_databases,
    fleets.reserved_capacity,
)
"""Of these, each company has some."""

WARNINGS: tuple[Mishap, ...] = (stolen_keys.refused_attack, stolen_keys.tampered_trail)
"""What spends nothing: an alert about them is neither asked for nor wrong."""

_LIFE_GOES_ON = 0.4
_APART = timedelta(hours=20)
_TRIES = 2000
_LAST_DAYS = 1.2


@dataclass(frozen=True, slots=True)
class Incident:
    """A mishap that happened: its kind, whether it counts, and its story."""

    kind: str
    counts: bool
    story: Story


def incidents_of(
    seed: int,
    window: Window,
    grounds: Sequence[Ground],
    *,
    usual: Sequence[Mishap] = USUAL,
    rarer: Sequence[Mishap] = RARER,
    lasting: Mapping[Mishap, float] | None = None,
) -> list[Incident]:
    """The mishaps of a seed: all usual kinds and some of the rarer, at moments of their own.

    Two in one account begin at least 20 hours apart: closer ones, one alert would rightly join.
    `lasting` says how many days before the window's end some must begin at the latest.
    """
    lasting = lasting or {}
    rng = random.Random(f"{seed}/incidents")  # noqa: S311 - made-up data
    chosen = [*usual, *rng.sample(rarer, 6), *rng.sample(WARNINGS, 1)]
    rng.shuffle(chosen)
    taken: list[tuple[str, timedelta]] = []
    found = []
    for number, mishap in enumerate(chosen):
        ground, after = _place(rng, window, grounds, taken, lasting.get(mishap, _LAST_DAYS))
        at = window.troubles + after
        story = Story(f"mishap {number}", ground.account_id)
        mishap(Scene(ground, at, rng, story))
        found.append(Incident(mishap.__name__, mishap not in WARNINGS, story))
    return sorted(found, key=lambda one: one.story.calls[0].at)


def _place(
    rng: random.Random,
    window: Window,
    grounds: Sequence[Ground],
    taken: list[tuple[str, timedelta]],
    before_end: float,
) -> tuple[Ground, timedelta]:
    """An account and a moment: at any hour, nights and weekends too, not too near the end."""
    days = window.days - window.quiet_days - before_end
    for _ in range(_TRIES):
        ground = rng.choice(grounds)
        after = timedelta(days=rng.uniform(0.15, days)) // timedelta(seconds=1)
        moment = timedelta(seconds=after)
        opened = ground.opened or window.start
        if window.troubles + moment < opened + timedelta(days=6):
            continue
        if all(
            account != ground.account_id or abs(moment - other) >= _APART
            for account, other in taken
        ):
            taken.append((ground.account_id, moment))
            return ground, moment
    raise ValueError("too few accounts and days for so many incidents: make up more of them")


def aftermaths(seed: int, incidents: Sequence[Incident]) -> list[Story]:
    """Whoever left something running goes on working: something small, a day or so later.

    It is legitimate, and no reason to tell of the incident again.
    """
    rng = random.Random(f"{seed}/aftermaths")  # noqa: S311 - made-up data
    stories = []
    for number, incident in enumerate(incidents):
        trigger = incident.story.trigger
        if (
            trigger is None
            or trigger.who.kind not in ("sso", "federated", "user")
            or trigger.who.key
        ):
            continue
        if rng.random() < _LIFE_GOES_ON:
            story = Story(f"aftermath {number}", incident.story.account)
            at = trigger.at + timedelta(hours=rng.uniform(18, 34))
            size = rng.choice(("t3.medium", "t3.large", "m5.large"))
            box = compute.launch(story, at, trigger.region, trigger.who, size)
            compute.terminate(story, at + timedelta(hours=rng.uniform(1, 8)), trigger.who, box)
            stories.append(story)
    return stories
