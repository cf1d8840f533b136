"""Accounts of the fourth kind: business units, each with a trade, a volume and a tempo."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes.compute import Group

TRADES = ("storefront", "payments", "lakehouse", "research", "qa", "tools", "playground")
REGIONS = ("us-east-1", "us-east-2", "eu-west-1", "eu-west-3", "ca-central-1", "ap-southeast-2")
FOREIGN = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "sa-east-1",
    "eu-north-1",
    "me-south-1",
    "us-west-1",
    "ap-southeast-1",
)
"""Regions in which no unit works."""
_INITIALS = "abcdefghjklmnprstvw"
_SURNAMES = (
    "moreau",
    "lindqvist",
    "adeyemi",
    "kowalski",
    "fraser",
    "ito",
    "vega",
    "haddad",
    "oneil",
)
_AGENTS = (
    "console.amazonaws.com",
    "aws-cli/2.22.7 md/awscrt#0.23.4",
    "Boto3/1.35.71",
    "aws-sdk-go-v2/1.32.5",
)
_STEADY = (
    "t3.large",
    "m6i.large",
    "m6g.large",
    "c6i.xlarge",
    "m5.xlarge",
    "r6i.large",
    "m7i.2xlarge",
)


@dataclass(slots=True)
class Unit(Ground):
    """An account of a business unit.

    `trade` is what it does; `volume` multiplies how much of everything there is and `tempo` how
    often people do things; its people come at the hour `dawn` (UTC). `installer` stands things
    up, the role `runner` builds, and many share the role `shared`.
    """

    trade: str = "tools"
    volume: float = 1.0
    tempo: float = 1.0
    dawn: float = 8.0
    tags: bool = True
    installer: Who = field(default_factory=lambda: Who("infra", "role"))
    runner: str = "gha-runner"
    shared: str = "etl-worker"

    @property
    def terraform(self) -> Who:
        """Who stands things up."""
        return self.installer

    @property
    def staff(self) -> tuple[Who, ...]:
        """Everybody who signs in."""
        return (*self.engineers, *self.scientists)

    def service_role(self, what: str, rng: random.Random, agent: str = "Boto3/1.35.71") -> Who:
        """A role that software runs as, in a session of its own each time."""
        session = f"{what}-{rng.getrandbits(40):010x}"
        return Who(f"{self.trade}-{what}", "role", agent, session)

    def many(self, rng: random.Random, least: float, most: float) -> int:
        """A number of things, by the unit's volume; small numbers as likely as large ones."""
        drawn = math.exp(rng.uniform(math.log(least), math.log(most)))
        return max(1, round(drawn * self.volume * self.scale))

    def at(self, day: datetime, hour: float) -> datetime:
        """A moment of somebody's working day, hours after the unit's dawn."""
        return day + timedelta(hours=self.dawn + hour)

    def group(self, name: str, template: str) -> Group:
        """A scaling group, known by its tag or only by its launch template."""
        return Group(f"{self.trade}-{name}" if self.tags else "", template)


def unit_of(ground: Ground) -> Unit:
    """The ground as a unit; raises TypeError for one of another kind."""
    if not isinstance(ground, Unit):
        raise TypeError(f"{ground.account_id} is no unit")
    return ground


def again(who: Who, rng: random.Random) -> Who:
    """The same identity, in a session of another name where it is a role."""
    if who.kind != "role":
        return who
    return replace(who, session=f"{who.name}-{rng.getrandbits(32):08x}")


def units_of(seed: int, count: int) -> list[Ground]:
    """The accounts of a seed."""
    rng = random.Random(f"{seed}/outside")  # noqa: S311 - made-up data
    login = rng.choice(("sso", "sso", "mixed", "user", "federated"))
    names = [f"{initial}{surname}" for initial in _INITIALS for surname in _SURNAMES]
    people = [_person(rng, name, login) for name in rng.sample(names, 48)]
    regions, trades = rng.sample(REGIONS, 3), list(TRADES)
    rng.shuffle(trades)
    dawn = rng.choice((-2.0, 5.0, 7.0, 8.0, 13.0, 16.0))
    agent = rng.choice(("APN/1.0 HashiCorp/1.0 Terraform/1.9.8", "cloudformation.amazonaws.com"))
    infra = Who(rng.choice(("infra-apply", "OrganizationDeployRole", "spacelift")), "role", agent)
    return [
        _unit(rng, number, trades[number % len(trades)], people, regions, dawn, infra)
        for number in range(count)
    ]


def _person(rng: random.Random, name: str, login: str) -> Who:
    agent = rng.choice(_AGENTS)
    if login == "user" or (login == "mixed" and rng.random() < 0.5):
        return Who(name, "user", agent)
    if login == "federated":
        return Who(f"{name}@acme.test", "federated", agent, permissions="ADFS-PowerUser")
    permissions = rng.choice(
        ("PowerUserAccess_9d31", "DataAnalyst_c07e", "AdministratorAccess_12ab")
    )
    return Who(f"{name}@acme.test", "sso", agent, permissions=permissions)


def _unit(
    rng: random.Random,
    number: int,
    trade: str,
    people: list[Who],
    regions: list[str],
    dawn: float,
    infra: Who,
) -> Unit:
    home, second = rng.sample(regions, 2)
    team = rng.sample(people, rng.randint(5, 11))
    split = len(team) // 2 if trade in ("research", "lakehouse") else 2
    return Unit(
        account_id=f"{640_000_000_000 + 9_999_991 * number + rng.randrange(10**6)}",
        purpose=f"{trade}{number}",
        home=home,
        second=second,
        engineers=tuple(team[split:]),
        scientists=tuple(team[:split]),
        scale=1.0,
        web_size=rng.choice(_STEADY),
        trade=f"{trade}{number}",
        volume=math.exp(rng.gauss(0.0, 0.55)),
        tempo=math.exp(rng.gauss(0.0, 0.35)),
        dawn=dawn + rng.choice((0, 0, 0, 3, -3)),
        tags=rng.random() < 0.8,
        installer=infra,
        runner=rng.choice(("gitlab-runner", "buildkite", "gha-runner")),
        shared=rng.choice(("notebook-exec", "etl-worker", "sandbox-user")),
    )
