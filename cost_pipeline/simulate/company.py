"""A labelled company: 45 days of 7 accounts by default, all of it from one seed.

`ordinary` has every habit and every mishap. `hard` adds many legitimate one-off spends of the
size of incidents. The first 14 days are free of incidents.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from cost_pipeline.simulate.described import mishaps as third_mishaps
from cost_pipeline.simulate.described import ways as third
from cost_pipeline.simulate.described.firm import firms_of
from cost_pipeline.simulate.described.one_offs import one_offs as third_one_offs
from cost_pipeline.simulate.elsewhere import mishaps as other_mishaps
from cost_pipeline.simulate.elsewhere import ways as other
from cost_pipeline.simulate.elsewhere.house import houses_of
from cost_pipeline.simulate.elsewhere.one_offs import one_offs as other_one_offs
from cost_pipeline.simulate.habits import bootstrap, engineers, estate, fleets, jobs, science
from cost_pipeline.simulate.habits.one_offs import one_offs
from cost_pipeline.simulate.labels import Label
from cost_pipeline.simulate.landscape import Ground, Habit, Window, accounts_of
from cost_pipeline.simulate.mishaps import deck
from cost_pipeline.simulate.mishaps.deck import Incident, aftermaths, incidents_of
from cost_pipeline.simulate.mishaps.scene import Mishap
from cost_pipeline.simulate.outside import mishaps as fourth_mishaps
from cost_pipeline.simulate.outside import ways as fourth
from cost_pipeline.simulate.outside.one_offs import one_offs as fourth_one_offs
from cost_pipeline.simulate.outside.unit import units_of
from cost_pipeline.simulate.records import Call
from cost_pipeline.simulate.story import Story

Profile = Literal["ordinary", "hard"]
Kind = Literal["first", "elsewhere", "described", "outside"]

EVERYWHERE: tuple[Habit, ...] = (
    estate.foundations,
    jobs.nightly_snapshots,
    fleets.web_groups,
    engineers.ci_runners,
    engineers.dev_boxes,
    engineers.tries,
    engineers.refusals,
    engineers.new_hires,
    estate.growth,
)
SOMEWHERE: tuple[tuple[Habit, float], ...] = (
    (fleets.spot_batches, 0.5),
    (fleets.node_groups, 0.7),
    (fleets.blue_green, 0.6),
    (engineers.environments, 0.6),
    (jobs.weekly_gpu, 0.5),
    (jobs.month_end, 0.5),
    (jobs.nightly_etl, 0.45),
    (jobs.staging_restore, 0.4),
    (jobs.load_tests, 0.5),
    (jobs.drills, 0.35),
    (jobs.image_bakes, 0.5),
    (science.notebooks, 0.6),
    (science.training_jobs, 0.5),
    (science.deployments, 0.5),
    (science.gpu_boxes, 0.5),
)


@dataclass(frozen=True, slots=True)
class _Ways:
    """How companies of a kind live, and what goes wrong in them."""

    accounts: Callable[[int, int], list[Ground]]
    everywhere: tuple[Habit, ...]
    somewhere: tuple[tuple[Habit, float], ...]
    opened_late: tuple[Habit, ...]
    one_offs: Callable[[Sequence[Ground], Window, random.Random], list[Story]]
    usual: tuple[Mishap, ...]
    rarer: tuple[Mishap, ...]
    lasting: Mapping[Mishap, float] = field(default_factory=dict)


WAYS: dict[Kind, _Ways] = {
    "first": _Ways(
        accounts_of,
        EVERYWHERE,
        SOMEWHERE,
        (*EVERYWHERE, engineers.environments, science.notebooks),
        one_offs,
        deck.USUAL,
        deck.RARER,
    ),
    "elsewhere": _Ways(
        houses_of,
        other.EVERYWHERE,
        other.SOMEWHERE,
        other.OPENED_LATE,
        other_one_offs,
        other_mishaps.USUAL,
        other_mishaps.RARER,
    ),
    "described": _Ways(
        firms_of,
        third.EVERYWHERE,
        third.SOMEWHERE,
        third.OPENED_LATE,
        third_one_offs,
        third_mishaps.USUAL,
        third_mishaps.RARER,
    ),
    "outside": _Ways(
        units_of,
        fourth.EVERYWHERE,
        fourth.SOMEWHERE,
        fourth.OPENED_LATE,
        fourth_one_offs,
        fourth_mishaps.USUAL,
        fourth_mishaps.RARER,
        fourth_mishaps.LASTING,
    ),
}
_OFTEN_OPENED = 0.5
_FIRST_DAYS = (date(2026, 1, 5), date(2026, 1, 19), date(2026, 2, 2), date(2026, 2, 19))


@dataclass(slots=True)
class Company:
    """Everything that happens in a company, and the truth about what goes wrong."""

    seed: int
    profile: Profile
    window: Window
    grounds: list[Ground]
    calls: list[Call]
    labels: list[Label]

    @classmethod
    def of(
        cls,
        seed: int,
        profile: Profile = "ordinary",
        kind: Kind = "first",
        *,
        accounts: int = 7,
        days: int = 45,
        quiet_days: int = 14,
    ) -> Company:
        """The company of a seed: the same each time.

        Args:
            seed: everything follows from it, the first day too.
            profile: `ordinary` or `hard`.
            kind: the `first`, one that lives `elsewhere`, by other names, sizes and hours, one as
                `described` by a list of incidents and habits, or one written from `outside`.
            accounts: how many accounts it has.
            days: how many days are made up.
            quiet_days: how many days at the beginning are free of incidents.
        """
        rng = random.Random(f"{seed}/company")  # noqa: S311 - made-up data
        first = rng.choice(_FIRST_DAYS) + timedelta(days=rng.randrange(7))
        window = Window(first, days, quiet_days)
        ways = WAYS[kind]
        grounds = ways.accounts(seed, accounts)
        if rng.random() < _OFTEN_OPENED:
            opened = timedelta(days=rng.randint(quiet_days, max(quiet_days, days - 24)))
            grounds[-1].opened = window.start + opened
        stories = [story for one in grounds for story in _habits(seed, ways, one, window)]
        stories += bootstrap.newcomers(grounds, window, rng)
        if profile == "hard":
            stories += ways.one_offs(grounds, window, rng)
        incidents = incidents_of(
            seed, window, grounds, usual=ways.usual, rarer=ways.rarer, lasting=ways.lasting
        )
        stories += aftermaths(seed, incidents)
        calls = _in_order([*stories, *(one.story for one in incidents)], window)
        labels = [Label.of(one, window.end) for one in incidents if _begins(one, window)]
        return cls(seed, profile, window, grounds, calls, labels)

    @property
    def account_weeks(self) -> float:
        """For how many weeks how many accounts are watched."""
        return len(self.grounds) * self.window.days / 7

    def days(self) -> list[tuple[date, list[Call]]]:
        """Each day with its calls, in order of time."""
        found: dict[date, list[Call]] = {day.date(): [] for day in self.window.each()}
        for call in self.calls:
            found[call.at.date()].append(call)
        return list(found.items())


def _habits(seed: int, ways: _Ways, ground: Ground, window: Window) -> list[Story]:
    """What goes on in an account; in one that is opened late, only from then on, and little."""
    stories = []
    chooser = random.Random(f"{seed}/{ground.account_id}/habits")  # noqa: S311 - made-up data
    chosen = [*ways.everywhere, *(one for one, often in ways.somewhere if chooser.random() < often)]
    if ground.opened is not None:
        left = (window.end - ground.opened).days
        window = Window(ground.opened.date(), left, window.quiet_days)
        ground.scale = 0.3
        chosen = [*ways.opened_late]
        stories.append(bootstrap.landing_zone(ground, ground.opened, chooser))
    for habit in chosen:
        rng = random.Random(f"{seed}/{ground.account_id}/{habit.__name__}")  # noqa: S311
        stories.append(habit(ground, window, rng))
    return stories


def _in_order(stories: Sequence[Story], window: Window) -> list[Call]:
    calls = [
        call for story in stories for call in story.calls if window.start <= call.at < window.end
    ]
    return sorted(calls, key=lambda call: (call.at, call.account, call.tag))


def _begins(incident: Incident, window: Window) -> bool:
    trigger = incident.story.trigger
    return trigger is not None and trigger.at < window.end
