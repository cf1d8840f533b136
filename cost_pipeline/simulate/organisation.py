"""An organisation with habits: its people, its machines, its weeks and its months.

Every day is a pure function of the seed and the date. What lives past midnight is found by
looking a few days back, so any range of days can be made on its own and always comes out alike.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cost_pipeline.simulate.idle import forgotten_lives
from cost_pipeline.simulate.incidents import Incident, incidents_of
from cost_pipeline.simulate.records import Call, Who
from cost_pipeline.simulate.things import Life

_ONE_DAY = timedelta(days=1)
_LONGEST_LIFE_DAYS = 8
REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "ap-southeast-2", "eu-central-1", "us-east-2")
_PEOPLE = ("ada", "grace", "linus", "barbara", "dennis", "radia", "ken", "hedy", "alan", "edith")
_READS = (
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeVolumes"),
    ("sts", "GetCallerIdentity"),
    ("s3", "GetBucketAcl"),
    ("iam", "ListRoles"),
    ("kms", "Decrypt"),
    ("monitoring", "DescribeAlarms"),
    ("rds", "DescribeDBInstances"),
)
_CI = Who("ci-runner", "role", "aws-sdk-go/1.44")
_ML = Who("ml-training", "role", "Boto3/1.34")
_BATCH = Who("finance-batch", "role", "Boto3/1.34")
_BACKUP = Who("nightly-backup", "role", "Boto3/1.34")
_SCALING = Who("autoscaling", "service", "autoscaling.amazonaws.com")


@dataclass(frozen=True, slots=True)
class Account:
    """One account: its number, its home region, who works in it, how big it is."""

    account_id: str
    home: str
    second: str
    people: tuple[Who, ...]
    scale: float


class Organisation:
    """A made-up organisation.

    Args:
        seed: everything follows from it.
        accounts: how many accounts there are.
        regions: in how many regions they work.
        first_day: when it began; incidents come after `quiet_days` of it.
        quiet_days: how many days at the beginning are free of incidents.
        reads: read-only calls for each account, region and day.
    """

    organisation_id = "o-dd0ccost01"

    def __init__(
        self,
        seed: int,
        *,
        accounts: int = 3,
        regions: int = 4,
        first_day: date,
        quiet_days: int = 14,
        reads: int = 250,
    ) -> None:
        self.seed = seed
        self.first_day = first_day
        self.quiet_days = quiet_days
        self.reads = reads
        self.regions = REGIONS[:regions]
        self.accounts = [self._account(number) for number in range(accounts)]
        self.forgotten = [
            life
            for account in self.accounts
            for life in forgotten_lives(
                seed, account.account_id, account.home, account.people, first_day
            )
        ]

    @property
    def account_ids(self) -> list[str]:
        """The numbers of its accounts."""
        return [account.account_id for account in self.accounts]

    def calls(self, day: date) -> list[Call]:
        """Every call made on a day, in order of time."""
        calls = [
            call
            for back in range(_LONGEST_LIFE_DAYS + 1)
            for life in self._lives(day - back * _ONE_DAY)
            for call in life.calls()
            if call.at.date() == day
        ]
        for account in self.accounts:
            calls.extend(self._noise(account, day))
        for incident in self.incidents(day, day):
            calls.extend(call for call in incident.refused if call.at.date() == day)
        return sorted(calls, key=lambda call: (call.at, call.account, call.tag))

    def incidents(self, since: date, until: date) -> list[Incident]:
        """The incidents that have something happening between two days."""
        found = incidents_of(
            self.seed,
            [(a.account_id, a.home, a.people) for a in self.accounts],
            self.first_day + self.quiet_days * _ONE_DAY,
            until,
        )
        return [incident for incident in found if incident.last_day >= since]

    def _random(self, *parts: object) -> random.Random:
        return random.Random(f"{self.seed}/{parts}")  # noqa: S311 - made-up data

    def _account(self, number: int) -> Account:
        rng = self._random("account", number)
        names = rng.sample(_PEOPLE, 4)
        people = tuple(
            Who(f"{name}@example.com", "sso", "console.amazonaws.com")
            if n % 2
            else Who(f"{name}-{number}", "user")
            for n, name in enumerate(names)
        )
        return Account(
            f"{111122223333 + 100_000_001 * number}",
            self.regions[number % len(self.regions)],
            self.regions[(number + 1) % len(self.regions)],
            people,
            rng.uniform(0.6, 1.6),
        )

    def _lives(self, day: date) -> Iterator[Life]:
        for account in self.accounts:
            yield from self._working_day(account, day)
            yield from self._jobs(account, day)
        yield from (life for life in self.forgotten if life.at.date() == day)
        for incident in self.incidents(day, day):
            yield from (life for life in incident.lives if life.at.date() == day)

    def _working_day(self, account: Account, day: date) -> Iterator[Life]:
        rng = self._random(account.account_id, day, "work")
        busy = account.scale * (0.4 if day.weekday() >= 5 else 1.0)
        for n in range(round(rng.uniform(4, 8) * busy)):
            at = _at(day, 7 + rng.random() * 3)
            yield self._life(
                account, "instances", at, rng.uniform(9, 13), _SCALING, "m5.large", 2, f"web{n}"
            )
        for n in range(round(rng.uniform(8, 16) * busy)):
            at = _at(day, 8 + rng.random() * 11)
            yield self._life(
                account, "instances", at, rng.uniform(0.3, 1.5), _CI, "c5.xlarge", 1, f"ci{n}"
            )
        for n, person in enumerate(account.people):
            if rng.random() > 0.35 * busy:
                continue
            size = rng.choice(("t3.medium", "m5.large", "m5.xlarge", "r5.large"))
            at = _at(day, 9 + rng.random() * 6)
            yield self._life(
                account, "instances", at, rng.uniform(1, 9), person, size, 1, f"dev{n}"
            )
            if rng.random() < 0.4:
                yield self._life(
                    account, "volumes", at, rng.uniform(4, 60), person, "100", 1, f"vol{n}"
                )

    def _jobs(self, account: Account, day: date) -> Iterator[Life]:
        rng = self._random(account.account_id, day, "jobs")
        at = _at(day, 1 + rng.random())
        yield self._life(account, "snapshots", at, 24 * 7, _BACKUP, "50", 6, "nightly")
        if day.weekday() == 1:
            at = _at(day, 2 + rng.random())
            yield self._life(
                account, "instances", at, rng.uniform(4, 6), _ML, "g5.2xlarge", 2, "weekly"
            )
        if (day + _ONE_DAY).month != day.month:
            at = _at(day, 20 + rng.random())
            yield self._life(
                account, "instances", at, rng.uniform(5, 8), _BATCH, "r5.2xlarge", 3, "month"
            )
        if rng.random() < 0.12:
            who = rng.choice(account.people)
            at = _at(day, 10 + rng.random() * 4)
            yield self._life(account, "databases", at, 26, who, "db.t3.medium", 1, "devdb")

    def _life(
        self,
        account: Account,
        kind: str,
        at: datetime,
        hours: float,
        who: Who,
        size: str,
        count: int,
        key: str,
    ) -> Life:
        rng = self._random(account.account_id, at, key)
        region = account.home if rng.random() < 0.75 else account.second
        return Life(kind, at, hours, account.account_id, region, who, size, count, f"{at:%F} {key}")

    def _noise(self, account: Account, day: date) -> Iterator[Call]:
        rng = self._random(account.account_id, day, "reads")
        for region in self.regions:
            count = self.reads if region in (account.home, account.second) else self.reads // 5
            for n in range(count):
                source, name = rng.choice(_READS)
                yield Call(
                    _at(day, rng.random() * 24),
                    account.account_id,
                    region,
                    rng.choice(account.people),
                    source,
                    name,
                    {"maxResults": 100} if n % 3 else None,
                    None,
                    f"read {n}",
                    read_only=True,
                )


def _at(day: date, hour: float) -> datetime:
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    return (midnight + timedelta(hours=hour)).replace(microsecond=0)
