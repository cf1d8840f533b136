"""When the calls arrive: in files by account and region, some late, in no good order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from cost_pipeline.simulate.company import Company
from cost_pipeline.simulate.records import Call
from cost_pipeline.simulate.story import Story
from cost_pipeline.simulate.writer import WriteReport, write_file

USUAL_DELAY = timedelta(minutes=5)
LATE_SHARE = 0.01
LATEST = timedelta(hours=20)
_FILE = timedelta(minutes=15)
_MINUTES_PER_WRITTEN_FILE = 120.0
_ORGANISATION = "o-dd0ccost02"
_READS = (
    "ec2:DescribeInstances",
    "ec2:DescribeSpotPriceHistory",
    "sts:GetCallerIdentity",
    "iam:ListRoles",
    "rds:DescribeDBInstances",
    "kms:Decrypt",
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file: its calls, of one account and region, shuffled, and when it arrives."""

    at: datetime
    calls: tuple[Call, ...]


def deliveries(
    calls: Iterable[Call],
    seed: int,
    *,
    late_share: float = LATE_SHARE,
    minutes_per_file: float = _FILE.total_seconds() / 60,
) -> list[Delivery]:
    """The files in order of arrival; `late_share` of them come up to 20 hours late."""
    length = timedelta(minutes=minutes_per_file)
    files: dict[tuple[str, str, int], list[Call]] = defaultdict(list)
    for call in calls:
        slot = int(call.at.timestamp() // length.total_seconds())
        files[call.account, call.region, slot].append(call)
    found = []
    for (account, region, slot), inside in files.items():
        rng = random.Random(f"{seed}/{account}/{region}/{slot}")  # noqa: S311 - made-up data
        at = datetime.fromtimestamp((slot + 1) * length.total_seconds(), UTC) + USUAL_DELAY
        if rng.random() < late_share:
            at += rng.random() * LATEST
        rng.shuffle(inside)
        found.append(Delivery(at.replace(microsecond=0), tuple(inside)))
    return sorted(found, key=lambda one: (one.at, one.calls[0].account, one.calls[0].region))


def by_day(files: Sequence[Delivery]) -> list[tuple[date, list[Call]]]:
    """The calls of each day of arrival, as they arrive."""
    days: dict[date, list[Call]] = defaultdict(list)
    for file in files:
        days[file.at.date()].extend(file.calls)
    return sorted(days.items())


def write_company(root: Path, company: Company, *, reads: int = 60) -> WriteReport:
    """Writes a company as an organisation trail, with `labels.jsonl` beside it.

    Args:
        root: the trail's folder; files go under `AWSLogs/`.
        company: whose calls.
        reads: read-only calls for each account and day, among the others.
    """
    report = WriteReport()
    calls = [*company.calls, *_noise(company, reads)]
    files = deliveries(calls, company.seed, minutes_per_file=_MINUTES_PER_WRITTEN_FILE)
    for file in files:
        write_file(root, _ORGANISATION, list(file.calls), delivered=file.at)
        report.files += 1
        report.records += len(file.calls)
    lines = [label.to_json() + "\n" for label in company.labels]
    (root / "labels.jsonl").write_text("".join(lines))
    return report


def _noise(company: Company, reads: int) -> Iterator[Call]:
    """What people and machines look at all day: it must cost nothing and say nothing."""
    days = sorted({call.at.date() for call in company.calls})
    for ground in company.grounds:
        rng = random.Random(f"{company.seed}/{ground.account_id}/reads")  # noqa: S311
        story = Story("reads", ground.account_id)
        people = (*ground.engineers, *ground.scientists, ground.terraform)
        for day in days:
            for _ in range(reads):
                at = datetime.combine(day, time(), UTC) + timedelta(hours=rng.random() * 23.9)
                region = rng.choice(ground.linked_regions)
                denied = "AccessDenied" if rng.random() < 0.02 else None
                name = rng.choice(_READS)
                who = rng.choice(people)
                story.call(at, region, who, name, {}, None, error=denied, read_only=True)
        yield from story.calls
