"""Accounts of the third kind: each has a calling, and lives by it in its own rhythm."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from cost_pipeline.simulate.landscape import Ground
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes.compute import Group

CALLINGS = ("prod", "prod", "staging", "dev", "data", "ml", "shared", "sandbox")
_HOMES = ("us-east-1", "us-west-2", "eu-west-1", "eu-west-3", "ap-southeast-1", "us-east-2")
_GIVEN = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy")
_FAMILY = ("smith", "jones", "garcia", "chen", "muller", "rossi", "sato", "khan", "lee", "novak")
_SMALL = ("t3.medium", "t3a.large", "m5.large", "m6g.large", "c5.large", "m5.xlarge")
_LARGE = ("m5.2xlarge", "c5.2xlarge", "m6i.xlarge", "r5.xlarge", "c6i.4xlarge", "m5.4xlarge")
_AGENTS = ("console.amazonaws.com", "aws-cli/2.13.9", "Boto3/1.28", "aws-sdk-js/3.4")
SERVERS = ("t3.medium", "m5.large", "m5.xlarge", "c5.xlarge", "r5.large", "t3.large")
DATABASES = ("db.t3.medium", "db.m5.large", "db.r5.large", "db.m5.xlarge", "db.r6g.xlarge")
_TOOLS = ("APN/1.0 HashiCorp/1.0 Terraform/1.5.7", "cloudformation.amazonaws.com", "aws-cdk/2.9")


@dataclass(slots=True)
class Firm(Ground):
    """An account of a firm.

    `calling` says what it is for, `size` multiplies how much of everything there is, `pace` how
    often things happen, `noise` how much they vary, `opens` is the hour (UTC) of its morning.
    `deployer` is who stands things up, `shared` the role that many people or jobs share.
    """

    calling: str = "dev"
    size: float = 1.0
    pace: float = 1.0
    noise: float = 0.3
    opens: float = 8.0
    tagged: bool = True
    deployer: Who = field(default_factory=lambda: Who("deployer", "role"))
    shared: str = "data-platform"

    @property
    def terraform(self) -> Who:
        """Who stands things up here, by whatever tool."""
        return self.deployer

    @property
    def people(self) -> tuple[Who, ...]:
        """Everybody with hands."""
        return (*self.engineers, *self.scientists)

    def job(self, what: str) -> Who:
        """A role for one purpose, in a session of its own."""
        return Who(f"{self.purpose}-{what}-role", "role", "Boto3/1.28", f"{what}-1")

    def group(self, story_id: str, name: str) -> Group:
        """A group for autoscaling, tagged or known by its template alone."""
        return Group(f"{self.purpose}-{name}" if self.tagged else "", story_id)


def firm_of(ground: Ground) -> Firm:
    """The account as a firm's; raises TypeError for one of another kind."""
    if not isinstance(ground, Firm):
        raise TypeError(f"{ground.purpose} is of another kind")
    return ground


def firms_of(seed: int, count: int) -> list[Ground]:
    """The accounts of a seed."""
    rng = random.Random(f"{seed}/described")  # noqa: S311 - made-up data
    ways = rng.choice((("sso",), ("sso",), ("user",), ("sso", "user"), ("federated", "user")))
    names = [f"{one}.{two}" for one in _GIVEN for two in _FAMILY]
    people = [_person(rng, name, rng.choice(ways)) for name in rng.sample(names, 40)]
    platform = Who(rng.choice(("terraform", "cicd-deploy", "gha-oidc")), "role", rng.choice(_TOOLS))
    homes, callings = rng.sample(_HOMES, rng.choice((2, 3))), list(CALLINGS)
    rng.shuffle(callings)
    return [
        _firm(rng, number, callings[number % len(callings)], people, homes, platform)
        for number in range(count)
    ]


def _person(rng: random.Random, name: str, kind: str) -> Who:
    agent = rng.choice(_AGENTS)
    if kind == "user":
        return Who(name, "user", agent)
    if kind == "federated":
        return Who(f"{name}@firm.test", "federated", agent, permissions="adfs-engineers")
    permissions = rng.choice(("AdministratorAccess_0a1b", "DataTeam_2c3d", "Engineers_4e5f"))
    return Who(f"{name}@firm.test", "sso", agent, permissions=permissions)


def _firm(
    rng: random.Random,
    number: int,
    calling: str,
    people: list[Who],
    homes: list[str],
    platform: Who,
) -> Firm:
    home, second = rng.sample(homes, 2)
    team = rng.sample(people, rng.randint(3, 10))
    split = rng.randint(1, 2) if calling not in ("ml", "data") else max(1, len(team) // 2)
    own = Who(f"deploy-{calling}{number}", "role", platform.agent, "run")
    return Firm(
        account_id=f"{120_000_000_000 + 131_071_131 * number + rng.randrange(10**7)}",
        purpose=f"{calling}{number}",
        home=home,
        second=second,
        engineers=tuple(team[split:]),
        scientists=tuple(team[:split]),
        scale=1.0,
        web_size=rng.choice(_LARGE if calling == "prod" else (*_SMALL, *_LARGE)),
        calling=calling,
        size=math.exp(rng.gauss(0.4 if calling == "prod" else 0.0, 0.6)),
        pace=math.exp(rng.gauss(0, 0.5)),
        noise=rng.uniform(0.1, 0.5),
        opens=rng.choice((-1, 6, 7, 8, 9, 13, 15)),
        tagged=rng.random() < 0.75,
        deployer=platform if rng.random() < 0.6 else own,
        shared=rng.choice(("data-science", "analyst", "lambda-worker", "ecs-task", "airflow")),
    )
