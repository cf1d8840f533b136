"""Accounts of the other kind: everything that the first kind fixes is drawn anew by each."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from cost_pipeline.simulate.landscape import Ground
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes.compute import Group

HOMES = ("us-west-2", "eu-west-2", "eu-central-1", "us-east-1", "ap-northeast-1", "us-east-2")
BOXES = ("t3.small", "t3.xlarge", "m6i.large", "c5.large", "m5.xlarge", "r5.large", "g4dn.xlarge")
_FIRST = ("maya", "omar", "yuki", "lars", "ines", "petra", "raj", "chloe", "sven", "amara", "noor")
_LAST = ("silva", "okafor", "tanaka", "berg", "costa", "novak", "patel", "dubois", "ahmed", "kim")
_WORDS = ("atlas", "falcon", "quartz", "harbor", "juniper", "comet", "delta", "onyx", "meadow")
_SIZES = ("t3.medium", "m5.large", "m6i.xlarge", "c6i.xlarge", "m5.2xlarge", "r6i.xlarge")
_AGENTS = ("console.amazonaws.com", "aws-cli/2.15.30", "Boto3/1.34.51", "aws-sdk-java/2.25")


@dataclass(slots=True)
class House(Ground):
    """An account, with names and a pace of its own.

    `size` multiplies how much everything is; `pace` how often it happens; `from_hour` is when
    its people begin, UTC. `groups_by_name` says whether groups tag what they launch.
    """

    code: str = ""
    size: float = 1.0
    pace: float = 1.0
    from_hour: float = 8.0
    groups_by_name: bool = True
    builder: Who = field(default_factory=lambda: Who("build", "role"))

    @property
    def terraform(self) -> Who:
        """The role that stands things up here, by whatever tool."""
        return self.builder

    def named(self, what: str, agent: str = "Boto3/1.34") -> Who:
        """A role of this house, named as it names roles."""
        return Who(f"{self.code}-{what}", "role", agent, what)

    def group(self, name: str, template: str) -> Group:
        """A group; one that does not tag is known by its template alone."""
        return Group(f"{self.code}-{name}" if self.groups_by_name else "", template)


def house_of(ground: Ground) -> House:
    """The account as a house; raises TypeError for one of the first kind."""
    if not isinstance(ground, House):
        raise TypeError(f"{ground.purpose} is no house")
    return ground


def houses_of(seed: int, count: int) -> list[Ground]:
    """The accounts of a seed."""
    rng = random.Random(f"{seed}/elsewhere")  # noqa: S311 - made-up data
    kind = rng.choice(("sso", "sso", "user", "federated"))
    names = [f"{first}.{last}" for first in _FIRST for last in _LAST]
    people = [_person(rng, name, kind) for name in rng.sample(names, 34)]
    homes = rng.sample(HOMES, 3)
    tool = rng.choice(("Terraform/1.8.2", "Pulumi/3.110", "cloudformation.amazonaws.com"))
    return [_house(rng, number, people, homes, tool) for number in range(count)]


def _person(rng: random.Random, name: str, kind: str) -> Who:
    agent = rng.choice(_AGENTS)
    if kind == "user" or rng.random() < 0.1:
        return Who(name, "user", agent)
    if kind == "federated":
        role = rng.choice(("okta-developer", "okta-admin"))
        return Who(f"{name}@corp.example", "federated", agent, permissions=role)
    return Who(f"{name}@corp.example", "sso", agent, permissions=rng.choice(("Dev_a1", "Ops_b2")))


def _house(
    rng: random.Random, number: int, people: list[Who], homes: list[str], tool: str
) -> House:
    home, second = rng.sample(homes, 2)
    team = rng.sample(people, rng.randint(4, 12))
    split = rng.randint(1, 3)
    code = f"{rng.choice(_WORDS)}{number}"
    return House(
        account_id=f"{310123456789 + 200_000_033 * number + rng.randrange(10**6)}",
        purpose=code,
        home=home,
        second=second,
        engineers=tuple(team[split:]),
        scientists=tuple(team[:split]),
        scale=1.0,
        web_size=rng.choice(_SIZES),
        code=code,
        size=math.exp(rng.gauss(0, 0.7)),
        pace=math.exp(rng.gauss(0, 0.4)),
        from_hour=rng.uniform(-1, 14),
        groups_by_name=rng.random() < 0.6,
        builder=Who(rng.choice((f"{code}-deployer", "platform-iac")), "role", tool, "apply"),
    )
