"""What products of the third kind of company stand on: it stays, follows users, is replaced."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.described.extent import days_apart, machines, many
from cost_pipeline.simulate.described.firm import DATABASES, SERVERS, Firm, firm_of
from cost_pipeline.simulate.habits.bootstrap import stand_up
from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.shapes import analytics, compute, databases, storage
from cost_pipeline.simulate.shapes.compute import SCALING, Group
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def standing(ground: Ground, window: Window, rng: random.Random) -> Story:
    """What was there: servers, databases, tables, groups and a cluster of the first days."""
    firm = firm_of(ground)
    story, estate = Story("standing", firm.account_id), firm.estate
    for number in range(many(rng, 5 * math.sqrt(firm.size), least=3)):
        at = window.start + timedelta(hours=rng.uniform(1, 60), minutes=number)
        who = rng.choice((firm.deployer, *firm.engineers[:2]))
        estate.servers += compute.launch(story, at, firm.home, who, rng.choice(SERVERS))
        size, multi = rng.choice(DATABASES), firm.calling == "prod"
        made = databases.database(story, at + _HOUR, firm.home, who, size, multi_az=multi)
        estate.databases.append(made)
        reads = many(rng, 60, 0.8)
        estate.tables.append(databases.table(story, at, firm.home, who, reads, reads // 2 + 1))
    for number in range(rng.randint(1, 4 if firm.calling == "prod" else 2)):
        group = firm.group(story.new_id("lt"), f"asg{number}")
        estate.groups.append((group, firm.web_size))
    nodes = Group("", story.new_id("lt"), f"{firm.purpose}-eks", "workers")
    estate.nodegroups.append((nodes, rng.choice(("m5.large", "m5.xlarge", "c5.2xlarge"))))
    return story


def autoscaling(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Groups that follow the traffic, or a timetable."""
    firm = firm_of(ground)
    story = Story("scaling", firm.account_id)
    for group, size in firm.estate.groups:
        base = many(rng, (4 if firm.calling == "prod" else 2) * firm.size)
        timetable, swing = rng.random() < 0.3, rng.uniform(0.3, 2.5)
        running: list[Resource] = []
        for day in window.each():
            weekend = rng.uniform(0.3, 0.7) if day.weekday() >= 5 else 1.0
            for hour in range(0, 24, rng.choice((1, 2, 3))):
                at = day + hour * _HOUR + timedelta(seconds=rng.randrange(1800))
                phase = (hour - firm.opens - 5) % 24 / 24
                light = max(0.0, math.cos(2 * math.pi * phase)) * weekend
                light = float(light > 0.3) if timetable else light
                wanted = many(rng, base * (1 + swing * light), firm.noise / 4)
                running = _resized(story, firm, at, running, wanted, group, size)
    return story


def _resized(
    story: Story,
    firm: Firm,
    at: datetime,
    running: list[Resource],
    wanted: int,
    group: Group,
    size: str,
) -> list[Resource]:
    more = wanted - len(running)
    if more > 0:
        return running + compute.launch(story, at, firm.home, SCALING, size, more, group=group)
    if more < 0:
        compute.terminate(story, at, SCALING, running[:-more])
        return running[-more:]
    return running


def nodes(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A node group of the cluster widens by day."""
    firm = firm_of(ground)
    story = Story("nodes", firm.account_id)
    group, size = firm.estate.nodegroups[0]
    base = many(rng, 2 * firm.size)
    for day in window.each(workdays=True):
        at, more = day + (firm.opens + rng.uniform(0, 1)) * _HOUR, many(rng, base, firm.noise)
        who = firm.job("autoscaler")
        begun = analytics.scale_nodegroup(story, at, firm.home, who, group, size, base, base + more)
        compute.terminate(story, at + rng.uniform(8, 11) * _HOUR, SCALING, begun)
    return story


def releases(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Blue/green: a new group comes up beside the old one, which is ended within two hours."""
    firm = firm_of(ground)
    story, count = Story("releases", firm.account_id), many(rng, 4 * firm.size)
    named, old, release = rng.random() < 0.5, list[Resource](), 0
    size = firm.web_size
    for day in days_apart(window, rng, 1, 6):
        at, release = day + (firm.opens + rng.uniform(1, 9)) * _HOUR, release + 1
        name = f"blue{release}" if named else ("blue", "green")[release % 2]
        group = firm.group(f"lt-{release if named else release % 2:017x}", name)
        fresh = machines(story, at, firm.home, SCALING, size, count, group=group)
        if old:
            compute.terminate(story, at + rng.uniform(0.2, 2) * _HOUR, SCALING, old)
        old = fresh
    return story


def snapshots(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Every volume, every night; kept for days or for good; some copied next door."""
    firm = firm_of(ground)
    story, who = Story("snapshots", firm.account_id), firm.job("backup")
    volumes = [(story.new_id("vol"), rng.choice((20, 50, 100, 500))) for _ in range(many(rng, 9))]
    copied, keep = rng.random() < 0.5, rng.choice((3, 7, 14, 100))
    kept: list[list[Resource]] = []
    for day in window.each():
        at, tonight = day + rng.uniform(1, 3) * _HOUR, list[Resource]()
        for number, (volume, gb) in enumerate(volumes):
            when = at + timedelta(seconds=20 * number)
            one = storage.snapshot(story, when, firm.home, who, gb, volume)
            firm.estate.snapshots.append((one, gb))
            tonight.append(one)
            if copied:
                tonight.append(
                    storage.copy_snapshot(story, when + _HOUR, firm.second, who, one, gb)
                )
        kept.append(tonight)
        if len(kept) > keep:
            storage.delete_snapshots(story, at + 2 * _HOUR, who, kept.pop(0))
    return story


def drills(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Everything once more in the second region for some hours: early, and again later."""
    firm = firm_of(ground)
    story, who = Story("drill", firm.account_id), firm.job("dr")
    count, size = many(rng, 4 * firm.size), rng.choice(DATABASES)
    for day in (rng.uniform(1, window.quiet_days - 2), rng.uniform(18, window.days - 2)):
        at = window.start + int(day) * _DAY + (firm.opens + rng.uniform(0, 6)) * _HOUR
        data = databases.database(story, at, firm.second, who, size, restored=True)
        begun = machines(story, at + _HOUR / 2, firm.second, who, firm.web_size, count)
        end = at + rng.uniform(2, 10) * _HOUR
        compute.terminate(story, end, who, begun)
        databases.delete_database(story, end, who, data)
    return story


def growth(ground: Ground, window: Window, rng: random.Random) -> Story:
    """One more of this and that as weeks go by."""
    firm = firm_of(ground)
    story = Story("growth", firm.account_id)
    for day in days_apart(window, rng, 1, 7 / firm.pace):
        who = rng.choice((firm.deployer, firm.deployer, *firm.engineers))
        at = day + (firm.opens + rng.uniform(0, 9)) * _HOUR
        match rng.randrange(6):
            case 0:
                compute.launch(story, at, firm.home, who, rng.choice(SERVERS), rng.randint(1, 2))
            case 1:
                databases.database(story, at, firm.home, who, rng.choice(DATABASES))
            case 2:
                databases.cache(story, at, firm.home, who, "cache.r5.large", rng.randint(1, 2))
            case 3:
                for number in range(rng.randint(1, 3)):
                    storage.nat_gateway(story, at + number * _HOUR / 200, firm.home, who)
            case 4:
                for number in range(rng.randint(1, 8)):
                    gb = rng.choice((20, 100, 500))
                    storage.volume(story, at + number * _HOUR / 100, firm.home, who, gb)
            case _:
                databases.table(story, at, firm.home, who, many(rng, 100, 0.7), many(rng, 50, 0.7))
    return story


def bootstrap(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A network and a small cluster are laid out in the second region, at any time."""
    firm = firm_of(ground)
    story = Story("bootstrap", firm.account_id)
    at = window.start + timedelta(days=rng.uniform(1, window.days - 3))
    stand_up(story, at, firm.second, firm.deployer, rng, nodes=rng.randint(2, 5))
    return story
