"""The made-up company's lie of the land: accounts, people, roles, regions, and what is there."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes.compute import Group
from cost_pipeline.simulate.story import Resource, Story

HOMES = ("us-east-1", "eu-west-1", "us-west-2", "eu-central-1", "us-east-2", "ap-southeast-2")
UNUSED = ("sa-east-1", "ap-south-1", "ap-northeast-3", "eu-north-1", "ca-central-1", "af-south-1")
PURPOSES = ("production", "staging", "analytics", "learning", "sandbox", "platform", "retail")
_NAMES = [
    "ada",
    "grace",
    "linus",
    "barbara",
    "dennis",
    "radia",
    "ken",
    "hedy",
    "alan",
    "edith",
    "margaret",
    "donald",
    "frances",
    "john",
    "karen",
    "edsger",
    "sophie",
    "tim",
    "annie",
    "guido",
    "rasmus",
    "joan",
    "leslie",
    "shafi",
    "whit",
    "adele",
    "bjarne",
    "lynn",
    "niklaus",
    "elena",
]
_WEB = ("m5.large", "c5.xlarge", "m6i.xlarge", "c6i.2xlarge", "m5.2xlarge", "t3.large")


@dataclass(frozen=True, slots=True)
class Window:
    """The days that are made up."""

    first_day: date
    days: int
    quiet_days: int

    @property
    def start(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first_day, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.start + timedelta(days=self.days)

    @property
    def troubles(self) -> datetime:
        """The first moment at which something may go wrong."""
        return self.start + timedelta(days=self.quiet_days)

    def each(self, *, since: int = 0, workdays: bool = False) -> Iterator[datetime]:
        """Midnight of each day."""
        for number in range(since, self.days):
            day = self.start + timedelta(days=number)
            if not workdays or day.weekday() < 5:
                yield day


@dataclass(slots=True)
class Estate:
    """What an account has standing, which people and mishaps later change."""

    groups: list[tuple[Group, str]] = field(default_factory=list)
    nodegroups: list[tuple[Group, str]] = field(default_factory=list)
    servers: list[Resource] = field(default_factory=list)
    databases: list[Resource] = field(default_factory=list)
    tables: list[Resource] = field(default_factory=list)
    warehouses: list[Resource] = field(default_factory=list)
    snapshots: list[tuple[Resource, int]] = field(default_factory=list)


@dataclass(slots=True)
class Ground:
    """One account: its number and purpose, where it works, who works in it, how large it is."""

    account_id: str
    purpose: str
    home: str
    second: str
    engineers: tuple[Who, ...]
    scientists: tuple[Who, ...]
    scale: float
    web_size: str
    estate: Estate = field(default_factory=Estate)
    opened: datetime | None = None

    def role(self, name: str, agent: str = "Boto3/1.34 Python/3.11", session: str = "job") -> Who:
        """A role of this account, in a session."""
        return Who(name, "role", agent, session)

    @property
    def terraform(self) -> Who:
        """The role that Terraform runs as."""
        agent = "APN/1.0 HashiCorp/1.0 Terraform/1.7.5"
        return Who("terraform-deploy", "role", agent, f"tf-{self.purpose}")

    @property
    def linked_regions(self) -> tuple[str, str]:
        """Where it works."""
        return (self.home, self.second)


def accounts_of(seed: int, count: int) -> list[Ground]:
    """The accounts of a seed."""
    rng = random.Random(f"{seed}/accounts")  # noqa: S311 - made-up data
    purposes = list(PURPOSES)
    rng.shuffle(purposes)
    people = [_person(rng, name) for name in rng.sample(_NAMES, len(_NAMES))]
    homes = rng.sample(HOMES, 3)
    return [
        _account(rng, number, purposes[number % len(purposes)], people, homes)
        for number in range(count)
    ]


def _person(rng: random.Random, name: str) -> Who:
    if rng.random() < 0.3:
        return Who(name, "user", rng.choice(("aws-cli/2.15.0", "console.amazonaws.com")))
    permissions = rng.choice(("Developer_4f2b", "PowerUserAccess_91c0", "DataScientist_77aa"))
    agent = rng.choice(("console.amazonaws.com", "aws-cli/2.17.1", "Boto3/1.34"))
    return Who(f"{name}@example.com", "sso", agent, permissions=permissions)


def _account(
    rng: random.Random, number: int, purpose: str, people: list[Who], homes: list[str]
) -> Ground:
    home, second = rng.sample(homes, 2)
    team = rng.sample(people, rng.randint(6, 9))
    split = rng.randint(2, 3)
    return Ground(
        f"{210987654321 + 100_000_007 * number + rng.randrange(10**6)}",
        purpose,
        home,
        second,
        tuple(team[split:]),
        tuple(team[:split]),
        rng.uniform(0.5, 1.8),
        rng.choice(_WEB),
    )


Habit = Callable[[Ground, Window, random.Random], Story]
"""Something that goes on in an account for as long as it is watched."""
