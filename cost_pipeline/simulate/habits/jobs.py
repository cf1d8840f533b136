"""Jobs by the calendar: nightly, weekly, at the end of the month, and rehearsals."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, storage
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)


def nightly_snapshots(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Every night a snapshot of each volume, kept for a week; some copied to the second region."""
    story = Story("snapshots", ground.account_id)
    who = ground.role("backup-service", "backup.amazonaws.com", "AWSBackup")
    volumes = [(story.new_id("vol"), rng.choice((50, 100, 200, 500))) for _ in range(6)]
    copied = rng.random() < 0.5
    kept: list[list[Resource]] = []
    for day in window.each():
        at, tonight = day + rng.uniform(1, 3) * _HOUR, []
        for volume, size in volumes:
            one = storage.snapshot(story, at, ground.home, who, size, volume)
            ground.estate.snapshots.append((one, size))
            tonight.append(one)
            if copied:
                later = at + timedelta(minutes=30)
                tonight.append(storage.copy_snapshot(story, later, ground.second, who, one, size))
        kept.append(tonight)
        if len(kept) > 7:
            storage.delete_snapshots(story, at + _HOUR, who, kept.pop(0))
    return story


def weekly_gpu(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Training on GPU machines once a week, from the first week on."""
    story = Story("weekly gpu", ground.account_id)
    who = ground.role("ml-training")
    size = rng.choice(("g5.2xlarge", "g5.12xlarge", "p3.2xlarge", "p3.8xlarge", "g4dn.12xlarge"))
    usual, weekday = rng.randint(2, 5), rng.randrange(5)
    for day in window.each():
        if day.weekday() == weekday:
            at = day + rng.uniform(1, 9) * _HOUR
            count = max(1, usual + rng.choice((-1, 0, 0, 1)))
            begun = compute.launch(story, at, ground.home, who, size, count)
            compute.terminate(story, at + rng.uniform(4, 11) * _HOUR, who, begun)
    return story


def month_end(ground: Ground, window: Window, rng: random.Random) -> Story:
    """The finance batch: small each Friday, in the last days of the month up to four times that."""
    story = Story("month end", ground.account_id)
    who = ground.role("finance-batch")
    size, usual = rng.choice(("r5.2xlarge", "r5.4xlarge", "m5.4xlarge")), rng.randint(2, 4)
    for day in window.each():
        left = next(n for n in range(1, 32) if (day + timedelta(days=n)).month != day.month)
        if left > 3 and day.weekday() != 4:
            continue
        more = {1: rng.uniform(2, 4), 2: rng.uniform(1.2, 2), 3: 1.0}.get(left, 1.0)
        count = round(usual * more)
        at = day + rng.uniform(18, 21) * _HOUR
        begun = compute.launch(story, at, ground.home, who, size, count)
        compute.terminate(story, at + rng.uniform(3, 8) * _HOUR, who, begun)
    return story


def nightly_etl(ground: Ground, window: Window, rng: random.Random) -> Story:
    """An EMR cluster for some hours of the night."""
    story = Story("etl", ground.account_id)
    who = ground.role("airflow-etl", session="etl-dag")
    size, usual = rng.choice(("m5.xlarge", "m5.2xlarge", "r5.2xlarge")), rng.randint(3, 10)
    for day in window.each():
        at = day + rng.uniform(1, 4) * _HOUR
        nodes = max(2, round(usual * rng.uniform(0.8, 1.3)))
        begun = analytics.job_flow(story, at, ground.home, who, size, nodes)
        analytics.end_job_flow(story, at + rng.uniform(1.5, 4) * _HOUR, who, begun)
    return story


def staging_restore(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Each week production's database is restored for tests, and thrown away."""
    story = Story("restore", ground.account_id)
    who = ground.role("staging-refresh")
    size = rng.choice(("db.r5.large", "db.r5.2xlarge", "db.m5.2xlarge"))
    weekday = rng.randrange(5)
    for day in window.each():
        if day.weekday() == weekday:
            at = day + rng.uniform(3, 6) * _HOUR
            made = databases.database(story, at, ground.home, who, size, size_gb=500, restored=True)
            databases.delete_database(story, at + rng.uniform(3, 9) * _HOUR, who, made)
    return story


def load_tests(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A planned load test in the first week, and again every week or two."""
    story = Story("load test", ground.account_id)
    who = Who("load-test", "role", "k6-operator/0.0.14", "loadtest")
    size, usual = rng.choice(("c5.2xlarge", "c5.4xlarge", "c6i.4xlarge")), rng.randint(8, 30)
    every, day = rng.choice((7, 14)), rng.randint(1, 6)
    while day < window.days:
        at = window.start + timedelta(days=day, hours=rng.uniform(9, 15))
        count = round(usual * rng.uniform(0.8, 1.1))
        begun: list[Resource] = []
        for n in range(0, count, 10):
            when = at + timedelta(seconds=3 * n)
            part = min(10, count - n)
            begun += compute.launch(story, when, ground.home, who, size, part)
        compute.terminate(story, at + rng.uniform(1, 3) * _HOUR, who, begun)
        day += every
    return story


def drills(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A disaster drill in the quiet days, and once more: the fleet stands up elsewhere."""
    story = Story("drill", ground.account_id)
    who = Who("dr-orchestrator", "role", "Boto3/1.34", "dr-drill")
    count = rng.randint(4, 14)
    for day in (rng.randint(2, 11), rng.randint(22, max(23, window.days - 3))):
        at = window.start + timedelta(days=day, hours=rng.uniform(6, 13))
        drill(story, ground, at, rng.uniform(2, 5), who, round(count * rng.uniform(0.9, 1.1)))
    return story


def drill(story: Story, ground: Ground, at: datetime, hours: float, who: Who, count: int) -> None:
    """Snapshots copied, a database restored, a fleet and a NAT gateway in the second region."""
    region, minute = ground.second, timedelta(minutes=1)
    known = [pair for pair in ground.estate.snapshots if pair[0].since < at][-6:]
    copies = [
        storage.copy_snapshot(story, at + n * minute, region, who, one, size)
        for n, (one, size) in enumerate(known)
    ]
    nat = storage.nat_gateway(story, at + 8 * minute, region, who)
    data = databases.database(
        story, at + 10 * minute, region, who, "db.r5.xlarge", multi_az=True, restored=True
    )
    fleet = compute.launch(story, at + 20 * minute, region, who, ground.web_size, count)
    end = at + hours * _HOUR
    compute.terminate(story, end, who, fleet)
    databases.delete_database(story, end + minute, who, data)
    storage.delete_nat(story, end + 2 * minute, who, nat)
    storage.delete_snapshots(story, end + 3 * minute, who, copies)


def image_bakes(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Packer bakes an image from a machine that lives for twenty minutes."""
    story = Story("bake", ground.account_id)
    who = ground.role("packer", "packer/1.10", "bake")
    for day in window.each(workdays=True):
        if rng.random() < 0.4:
            at = day + rng.uniform(6, 9) * _HOUR
            begun = compute.launch(story, at, ground.home, who, "t3.medium")
            compute.terminate(story, at + rng.uniform(0.2, 0.6) * _HOUR, who, begun)
    return story
