"""Where and when a mishap happens."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import UNUSED, Ground
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import compute
from cost_pipeline.simulate.story import Resource, Story


@dataclass(slots=True)
class Scene:
    """An account, a moment, a random generator, and the story to tell."""

    ground: Ground
    at: datetime
    rng: random.Random
    story: Story

    @property
    def home(self) -> str:
        """The region where the account mostly works."""
        return self.ground.home

    def after(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """A moment after the beginning."""
        return self.at + timedelta(hours=hours, minutes=minutes, seconds=seconds)

    def number(self, least: float, most: float) -> int:
        """A number between two, small ones as likely as large ones."""
        return round(math.exp(self.rng.uniform(math.log(least), math.log(most))))

    def anyone(self) -> Who:
        """Somebody with hands: an engineer, a scientist, now and then Terraform."""
        people = (*self.ground.engineers, *self.ground.scientists, self.ground.terraform)
        return self.rng.choice(people)

    def unused_regions(self, count: int) -> list[str]:
        """Regions where nobody of the company works."""
        return self.rng.sample(UNUSED, count)

    def somewhere(self) -> str:
        """Mostly home, at times the second region."""
        return self.home if self.rng.random() < 0.75 else self.ground.second

    def responder(self) -> Who:
        """Who cleans up."""
        return self.rng.choice(self.ground.engineers)

    def ends(self, instances: Iterable[Resource], hours: float, who: Who | None = None) -> None:
        """Instances are terminated so many hours after the beginning, a few minutes apart."""
        ours = list(instances)
        for number in range(0, len(ours), 25):
            at = self.after(hours=hours, minutes=number / 5)
            part = ours[number : number + 25]
            compute.terminate(self.story, at, who or self.responder(), part)


Mishap = Callable[[Scene], None]
