"""What goes wrong in the made-up organisation, with the truth about it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cost_pipeline.simulate.records import Call, Who, run_instances
from cost_pipeline.simulate.things import Life

Place = tuple[str, str, tuple[Who, ...]]
"""(account_id, home region, people)."""

_LEAKED = Who("deploy-bot", "user", "aws-cli/1.18.69 Python/3.8")
_TERRAFORM = Who("terraform", "role", "APN/1.0 HashiCorp/1.0 Terraform/1.7")
_SCALING = Who("autoscaling", "service", "autoscaling.amazonaws.com")


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident: what kind, who, and everything that it started."""

    kind: str
    account_id: str
    actor: str
    lives: tuple[Life, ...]
    refused: tuple[Call, ...] = ()

    @property
    def last_day(self) -> date:
        """The day of its last start."""
        return max(life.at for life in self.lives).date()

    @property
    def event_ids(self) -> list[str]:
        """CloudTrail's ids of the calls that started it."""
        return [
            call.record()["eventID"]
            for life in self.lives
            for call in life.calls()
            if " start " in call.tag
        ]


def incidents_of(seed: int, places: Sequence[Place], since: date, until: date) -> list[Incident]:
    """The incidents from one day to another: one about every second day, of every kind in turn."""
    found = []
    day, number = since, 0
    while day <= until:
        rng = random.Random(f"{seed}/incident/{number}")  # noqa: S311 - made-up data
        place = places[rng.randrange(len(places))]
        kind = _KINDS[(number + seed) % len(_KINDS)]
        at = datetime.combine(day, time(), tzinfo=UTC) + timedelta(hours=rng.uniform(1, 20))
        found.append(kind(rng, place, at.replace(microsecond=0), f"incident{number}"))
        day += timedelta(days=rng.choice((1, 2, 2, 3)))
        number += 1
    return found


def live_incident(place: Place, at: datetime) -> Incident:
    """The one that a demo shows: a leaked key mines on many GPU machines, right now."""
    return _leaked_key(random.Random(0), place, at, f"live{at:%s}")  # noqa: S311 - made-up data


def _leaked_key(rng: random.Random, place: Place, at: datetime, key: str) -> Incident:
    account, _, _ = place
    lives = [
        Life(
            "instances",
            at + timedelta(minutes=4 * n),
            rng.uniform(10, 20),
            account,
            region,
            _LEAKED,
            "p3.16xlarge",
            8,
            f"{key} {region}",
        )
        for n, region in enumerate(("sa-east-1", "ap-south-1"))
    ]
    request, _ = run_instances(["i-0"], "p3.16xlarge")
    refused = [
        Call(
            at - timedelta(seconds=20 * (n + 1)),
            account,
            "sa-east-1",
            _LEAKED,
            "ec2",
            "RunInstances",
            request,
            None,
            f"{key} refused {n}",
            error="Client.InstanceLimitExceeded",
        )
        for n in range(14)
    ]
    return Incident("leaked_key", account, _LEAKED.name, tuple(lives), tuple(refused))


def _single(
    kind: str, thing: str, sizes: Sequence[str], count: int, hours: tuple[float, float]
) -> Callable[[random.Random, Place, datetime, str], Incident]:
    def make(rng: random.Random, place: Place, at: datetime, key: str) -> Incident:
        account, home, people = place
        who = rng.choice(people)
        life = Life(
            thing,
            at,
            rng.uniform(*hours),
            account,
            home,
            who,
            rng.choice(sizes),
            count,
            key,
        )
        return Incident(kind, account, who.name, (life,))

    return make


def _runaway_scaling(rng: random.Random, place: Place, at: datetime, key: str) -> Incident:
    account, home, _ = place
    lives = tuple(
        Life(
            "instances",
            at + timedelta(minutes=3 * n),
            rng.uniform(6, 12),
            account,
            home,
            _SCALING,
            "m5.4xlarge",
            6,
            f"{key} {n}",
        )
        for n in range(12)
    )
    return Incident("runaway_scaling", account, "autoscaling.amazonaws.com", lives)


def _nat_loop(rng: random.Random, place: Place, at: datetime, key: str) -> Incident:
    account, home, _ = place
    lives = tuple(
        Life(
            "nat_gateways",
            at + timedelta(minutes=2 * n),
            rng.uniform(30, 40),
            account,
            home,
            _TERRAFORM,
            "",
            3,
            f"{key} {n}",
        )
        for n in range(15)
    )
    return Incident("nat_loop", account, _TERRAFORM.name, lives)


def _drip(rng: random.Random, place: Place, at: datetime, key: str) -> Incident:
    account, home, people = place
    who = rng.choice(people)
    lives = tuple(
        Life(
            "instances",
            at + timedelta(minutes=75 * n),
            60 - n,
            account,
            home,
            who,
            "m5.2xlarge",
            1,
            f"{key} {n}",
        )
        for n in range(36)
    )
    return Incident("drip", account, who.name, lives)


_KINDS: tuple[Callable[[random.Random, Place, datetime, str], Incident], ...] = (
    _single("forgotten_gpu", "instances", ("p4d.24xlarge", "p3.16xlarge"), 1, (30, 60)),
    _leaked_key,
    _single("oversized_database", "databases", ("db.r5.24xlarge multi-az",), 1, (20, 50)),
    _nat_loop,
    _runaway_scaling,
    _single("forgotten_endpoint", "endpoints", ("ml.p3.8xlarge", "ml.g5.24xlarge"), 2, (40, 90)),
    _drip,
    _single("savings_plan", "savings_plan", ("4.5",), 1, (1, 2)),
    _single("oversized_warehouse", "warehouses", ("ra3.16xlarge",), 6, (20, 40)),
    _single("stopped_trail", "stopped_trail", ("",), 1, (1, 2)),
)
