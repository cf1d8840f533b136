"""What products of the other kind of company stand on: it stays, follows users, is replaced."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.elsewhere.extent import counted, every, fleet
from cost_pipeline.simulate.elsewhere.house import BOXES, House, house_of
from cost_pipeline.simulate.habits.bootstrap import stand_up
from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import compute, databases, storage
from cost_pipeline.simulate.shapes.compute import SCALING, Group
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_DATABASES = ("db.t3.small", "db.t3.large", "db.m5.large", "db.r6g.large", "db.m5.xlarge")


def foundations(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Servers, databases, tables and groups of the first two days, half of them unseen."""
    house = house_of(ground)
    story, older = Story("standing", house.account_id), Story("older", house.account_id)
    estate = house.estate
    for number in range(counted(rng, 6, 0.3, 4)):
        told = rng.choice((story, older))
        at = window.start + timedelta(hours=rng.uniform(2, 50), minutes=number)
        who = rng.choice((house.builder, house.builder, *house.engineers))
        estate.servers += compute.launch(told, at, house.home, who, rng.choice(BOXES[:-1]))
        size = rng.choice(_DATABASES)
        estate.databases.append(databases.database(told, at + _HOUR, house.home, who, size))
        made = databases.table(told, at, house.home, who, counted(rng, 100), counted(rng, 40))
        estate.tables.append(made)
    for number in range(rng.randint(1, 3)):
        group = house.group(f"svc{number}", story.new_id("lt"))
        estate.groups.append((group, house.web_size))
    nodes = Group(f"{house.code}-nodes", story.new_id("lt"), f"{house.code}-k8s", "default")
    estate.nodegroups.append((nodes, rng.choice(("m5.large", "m6i.xlarge", "r5.2xlarge"))))
    return story


def services(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Groups follow a curve of their own, with a spike now and then."""
    house = house_of(ground)
    story = Story("services", house.account_id)
    for group, size in house.estate.groups:
        base, swing = counted(rng, 3 * house.size), rng.uniform(0.2, 2.0)
        noon, weekend = house.from_hour + 5, rng.uniform(0.3, 1.3)
        running: list[Resource] = []
        for day in window.each():
            lift = rng.uniform(1.4, 2.2) if rng.random() < 0.04 else 1.0
            lift *= weekend if day.weekday() >= 5 else 1.0
            for hour in range(0, 24, 3):
                at = day + hour * _HOUR + timedelta(seconds=rng.randrange(7200))
                light = max(0.0, math.cos(math.pi * (hour - noon) / 12))
                wanted = max(1, round(base * (1 + swing * light * lift) * rng.uniform(0.9, 1.1)))
                running = _to(story, house, at, running, wanted, group, size)
    return story


def _to(
    story: Story,
    house: House,
    at: datetime,
    running: list[Resource],
    wanted: int,
    group: Group,
    size: str,
) -> list[Resource]:
    more = wanted - len(running)
    if more > 0:
        return running + compute.launch(story, at, house.home, SCALING, size, more, group=group)
    if more < -1:
        compute.terminate(story, at, SCALING, running[:-wanted])
        return running[-wanted:]
    return running


def releases(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Blue/green: a group of its own for each release, the old one ended within the hour."""
    house = house_of(ground)
    story = Story("releases", house.account_id)
    count, old = counted(rng, 5 * house.size), list[Resource]()
    for day in every(window, rng, 2, 7):
        at = day + (house.from_hour + rng.uniform(1, 8)) * _HOUR
        group = house.group(f"rel{day:%m%d}", story.new_id("lt"))
        size = house.web_size
        fresh = compute.launch(story, at, house.home, SCALING, size, count, group=group)
        if old:
            compute.terminate(story, at + rng.uniform(0.2, 1) * _HOUR, SCALING, old)
        old = fresh
    return story


def backups(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Snapshots every night, a few copied, all gone after some days."""
    house = house_of(ground)
    story, who = Story("backups", house.account_id), house.named("backup", "backup.amazonaws.com")
    volumes = [(story.new_id("vol"), rng.choice((30, 100, 800))) for _ in range(counted(rng, 7))]
    copied, keep = rng.random() < 0.4, rng.randint(3, 14)
    kept: list[list[Resource]] = []
    for day in window.each():
        at, tonight = day + rng.uniform(0, 4) * _HOUR, list[Resource]()
        for volume, gb in volumes:
            one = storage.snapshot(story, at, house.home, who, gb, volume)
            house.estate.snapshots.append((one, gb))
            tonight.append(one)
            if copied:
                tonight.append(storage.copy_snapshot(story, at, house.second, who, one, gb))
        kept.append(tonight)
        if len(kept) > keep:
            storage.delete_snapshots(story, at + _HOUR, who, kept.pop(0))
    return story


def growth(ground: Ground, window: Window, rng: random.Random) -> Story:
    """More of everything as weeks go by, and somebody new in some of them."""
    house = house_of(ground)
    story = Story("growing", house.account_id)
    for day in every(window, rng, 2, 6):
        who = rng.choice((house.builder, house.builder, *house.engineers))
        at = day + (house.from_hour + rng.uniform(1, 8)) * _HOUR
        match rng.randrange(5):
            case 0:
                compute.launch(story, at, house.home, who, rng.choice(BOXES[:-1]))
            case 1:
                databases.database(story, at, house.home, who, rng.choice(_DATABASES))
            case 2:
                databases.cache(story, at, house.home, who, "cache.t3.medium", rng.randint(1, 3))
            case 3:
                storage.nat_gateway(story, at, house.home, who)
            case _:
                name = f"{rng.choice('abcdefgh')}{at:%j}.new@corp.example"
                hire = Who(name, "sso", permissions="Dev_a1")
                box = compute.launch(story, at, house.home, hire, rng.choice(BOXES[:4]))
                compute.terminate(story, at + rng.uniform(4, 60) * _HOUR, hire, box)
    return story


def rehearsals(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A region is stood up twice for some hours, first in the quiet days."""
    house = house_of(ground)
    story, who = Story("rehearsals", house.account_id), house.named("failover")
    count = counted(rng, 4 * house.size)
    for number in (rng.uniform(1, window.quiet_days - 2), rng.uniform(18, window.days - 2)):
        at = window.start + number * _DAY
        size = "db.r5.large"
        data = databases.database(story, at, house.second, who, size, restored=True)
        begun = fleet(story, at + _HOUR, house.second, who, house.web_size, count)
        end = at + rng.uniform(3, 7) * _HOUR
        compute.terminate(story, end, who, begun)
        databases.delete_database(story, end, who, data)
    return story


def new_region(ground: Ground, window: Window, rng: random.Random) -> Story:
    """The platform's role lays out a network and a small cluster, at any time."""
    house = house_of(ground)
    story = Story("layout", house.account_id)
    at = window.start + timedelta(days=rng.uniform(1, window.days - 3))
    stand_up(story, at, house.second, house.builder, rng, nodes=rng.randint(1, 4))
    return story
