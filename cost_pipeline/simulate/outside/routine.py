"""What goes on in every account of the fourth kind, week in, week out."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.outside.unit import Unit, again, unit_of
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, storage
from cost_pipeline.simulate.story import Resource, Story

_DESKTOPS = ("t3.large", "t3.xlarge", "m6i.large", "m5.xlarge", "m6i.xlarge")
_RUNNERS = ("c5.xlarge", "c6i.2xlarge", "m5.large", "m6a.xlarge")
_SERVERS = ("m5.large", "m5.xlarge", "c5.2xlarge", "r5.xlarge", "m6i.2xlarge")
_HOUR = timedelta(hours=1)


def standing(ground: Ground, window: Window, rng: random.Random) -> Story:
    """What an account stands on: some of it older than its trail, some put up in the first week."""
    unit, story = unit_of(ground), Story("standing", ground.account_id)
    estate = unit.estate
    for _ in range(unit.many(rng, 3, 8)):
        at = window.start + timedelta(days=rng.uniform(-20, 6), hours=8)
        estate.servers += compute.launch(story, at, unit.home, unit.installer, rng.choice(_SERVERS))
    for _ in range(rng.randint(1, 3)):
        at = window.start + timedelta(days=rng.uniform(-10, 8), hours=9)
        size = rng.choice(("db.t3.medium", "db.m6g.large", "db.r6g.large", "db.m5.xlarge"))
        made = databases.database(
            story, at, unit.home, unit.installer, size, multi_az=rng.random() < 0.5, size_gb=200
        )
        estate.databases.append(made)
        reads, writes = rng.choice(((50, 25), (200, 100), (500, 200)))
        table = databases.table(story, at + _HOUR, unit.home, unit.installer, reads, writes)
        estate.tables.append(table)
    at = window.start + timedelta(days=rng.uniform(0, 5), hours=10)
    storage.nat_gateway(story, at, unit.home, unit.installer)
    analytics.balancer(story, at + _HOUR, unit.home, unit.installer)
    if rng.random() < 0.5:
        databases.cache(story, at, unit.home, unit.installer, "cache.m6g.large", 2)
    if rng.random() < 0.4:
        size = rng.choice(("ra3.xlplus", "dc2.large"))
        made = analytics.warehouse(story, at, unit.home, unit.installer, size, rng.randint(2, 4))
        estate.warehouses.append(made)
    if rng.random() < 0.4:
        analytics.search(story, at, unit.home, unit.installer, "m6g.large.search", 3)
    return story


def services(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Scaling groups follow the hours, the week, and a business that grows."""
    unit, story = unit_of(ground), Story("services", ground.account_id)
    for number in range(rng.randint(1, 3)):
        group = unit.group(f"svc{number}", story.new_id("lt"))
        size = rng.choice((unit.web_size, *_SERVERS))
        base, swing = unit.many(rng, 2, 9), rng.uniform(0.3, 1.6)
        growth, weekend = rng.uniform(0, 0.015), rng.uniform(0.4, 1.1)
        fleet: list[Resource] = []
        for days, day in enumerate(window.each()):
            today = weekend if day.weekday() > 4 else 1.0
            today *= (1 + growth * days) * rng.uniform(0.9, 1.1)
            for hour in range(0, 24, 2):
                wave = max(0.0, math.sin((hour - unit.dawn + 1) / 24 * 2 * math.pi))
                target = max(1, round(base * (1 + swing * wave) * today))
                at = day + timedelta(hours=hour, minutes=rng.uniform(0, 100))
                _scale(story, at, unit, fleet, (group, size), target)
        unit.estate.groups.append((group, size))
    return story


def _scale(
    story: Story,
    at: datetime,
    unit: Unit,
    fleet: list[Resource],
    of: tuple[compute.Group, str],
    target: int,
) -> None:
    group, size = of
    if target > len(fleet):
        wanted = target - len(fleet)
        fleet += compute.launch(story, at, unit.home, compute.SCALING, size, wanted, group=group)
    elif target < len(fleet):
        gone = fleet[: len(fleet) - target]
        del fleet[: len(gone)]
        compute.terminate(story, at, compute.SCALING, gone)


def backups(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Every night a snapshot of each volume, kept for a week; in some units copied elsewhere."""
    unit, story = unit_of(ground), Story("backups", ground.account_id)
    role = Who("AWSBackupDefaultServiceRole", "role", "backup.amazonaws.com", "AWSBackup")
    sizes = [rng.choice((30, 100, 200, 500)) for _ in range(unit.many(rng, 5, 25))]
    copies, hour = rng.random() < 0.4, rng.uniform(0, 23)
    kept: list[list[Resource]] = []
    for day in window.each():
        tonight: list[Resource] = []
        for number, size in enumerate(sizes):
            at = day + timedelta(hours=hour, minutes=number + rng.random())
            made = storage.snapshot(story, at, unit.home, role, size, f"vol-{number:017x}")
            tonight.append(made)
            unit.estate.snapshots.append((made, size))
            if copies:
                later = at + timedelta(minutes=40)
                tonight.append(storage.copy_snapshot(story, later, unit.second, role, made, size))
        kept.append(tonight)
        if len(kept) > 7:
            storage.delete_snapshots(story, day + timedelta(hours=hour + 0.9), role, kept.pop(0))
    return story


def pipelines(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Builds on machines of their own, by one role, each run in a session of its own."""
    unit, story = unit_of(ground), Story("pipelines", ground.account_id)
    size, spot, usual = rng.choice(_RUNNERS), rng.random() < 0.4, unit.many(rng, 3, 12)
    for day in window.each():
        runs = usual if day.weekday() < 5 else usual // 5
        for _ in range(round(runs * rng.uniform(0.5, 1.5))):
            who = unit.service_role(unit.runner, rng, "aws-sdk-go-v2/1.32.5")
            at = unit.at(day, rng.uniform(-0.5, 11))
            box = compute.launch(
                story, at, unit.home, who, size, rng.choice((1, 1, 1, 2, 4)), spot=spot
            )
            compute.terminate(story, at + rng.uniform(0.15, 1.4) * _HOUR, who, box)
    return story


def desktops(ground: Ground, window: Window, rng: random.Random) -> Story:
    """People's boxes: stopped or thrown away in the evening, now and then forgotten for a night."""
    unit, story = unit_of(ground), Story("desktops", ground.account_id)
    for who in unit.staff:
        if rng.random() < 0.4:
            continue
        size, often = rng.choice(_DESKTOPS), rng.uniform(0.3, 0.95)
        fresh, box = rng.random() < 0.4, list[Resource]()
        for day in window.each(workdays=True):
            if rng.random() > often:
                continue
            at = unit.at(day, rng.uniform(0, 2.5))
            evening = at + rng.uniform(5, 10) * _HOUR
            if rng.random() < 0.03:
                evening = at + rng.uniform(20, 23) * _HOUR
            if box and box[0].until and box[0].until > at:
                continue
            if fresh or not box:
                box = compute.launch(story, at, unit.home, who, size)
            else:
                box = compute.start(story, at, who, box)
            (compute.terminate if fresh else compute.stop)(story, evening, who, box)
    return story


def tinkering(ground: Ground, window: Window, rng: random.Random) -> Story:
    """People try things out: a few machines for some hours, a small database for a day or two."""
    unit, story = unit_of(ground), Story("tinkering", ground.account_id)
    for day in window.each():
        often = 0.5 * unit.tempo if day.weekday() < 5 else 0.06
        if rng.random() > often:
            continue
        who, at = rng.choice(unit.staff), unit.at(day, rng.uniform(0.5, 9))
        region = unit.home if rng.random() < 0.8 else unit.second
        hours = rng.choice((rng.uniform(0.3, 3), rng.uniform(3, 9)))
        if rng.random() < 0.2:
            size = rng.choice(("db.t3.medium", "db.t4g.medium", "db.m5.large"))
            made = databases.database(story, at, region, who, size)
            databases.delete_database(story, at + hours * 5 * _HOUR, who, made)
            continue
        size = rng.choice((*_DESKTOPS, *_SERVERS, "g4dn.xlarge", "c5.4xlarge"))
        box = compute.launch(story, at, region, who, size, rng.choice((1, 1, 1, 2, 3)))
        compute.terminate(story, at + hours * _HOUR, who, box)
    return story


def refusals(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Some calls are refused, and mean nothing."""
    unit, story = unit_of(ground), Story("refusals", ground.account_id)
    errors = (
        "Client.UnauthorizedOperation",
        "Server.InsufficientInstanceCapacity",
        "Client.InstanceLimitExceeded",
    )
    for day in window.each():
        for _ in range(rng.choice((0, 0, 1, 2))):
            who, size = rng.choice(unit.staff), rng.choice(_DESKTOPS)
            at = unit.at(day, rng.uniform(0, 9))
            compute.refused(story, at, unit.home, who, size, rng.choice(errors))
    return story


def joiners(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Somebody new: a box on the first day, then another on most days."""
    unit, story = unit_of(ground), Story("joiners", ground.account_id)
    pattern = rng.choice(unit.staff)
    for number in range(rng.choice((0, 0, 1, 1, 2))):
        name = f"new{number}.{unit.trade}" + ("" if pattern.kind == "user" else "@acme.test")
        who = Who(name, pattern.kind, pattern.agent, permissions=pattern.permissions)
        first, size = rng.randrange(2, window.days), rng.choice(_DESKTOPS)
        for day in window.each(since=first, workdays=True):
            if rng.random() < 0.6:
                at = unit.at(day, rng.uniform(0, 3))
                box = compute.launch(story, at, unit.home, who, size)
                compute.terminate(story, at + rng.uniform(4, 9) * _HOUR, who, box)
    return story


def expansion(ground: Ground, window: Window, rng: random.Random) -> Story:
    """The business grows: servers, volumes and databases that come to stay, by the installer."""
    unit, story = unit_of(ground), Story("expansion", ground.account_id)
    for day in window.each(workdays=True):
        if rng.random() > 0.22 * unit.tempo:
            continue
        at, who = unit.at(day, rng.uniform(1, 8)), again(unit.installer, rng)
        what = rng.random()
        if what < 0.55:
            count = rng.choice((1, 1, 2, 3))
            compute.launch(story, at, unit.home, who, rng.choice(_SERVERS), count)
        elif what < 0.75:
            storage.volume(story, at, unit.home, who, rng.choice((100, 250, 500, 1000)))
        elif what < 0.9:
            size = rng.choice(("db.t3.medium", "db.m6g.large", "db.r6g.large"))
            databases.database(story, at, unit.home, who, size, multi_az=rng.random() < 0.5)
        elif unit.estate.tables:
            table = unit.estate.tables.pop(rng.randrange(len(unit.estate.tables)))
            grown = databases.grow_table(story, at, who, table, 800, 400)
            unit.estate.tables.append(grown)
    return story
