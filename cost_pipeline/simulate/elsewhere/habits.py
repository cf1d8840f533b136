"""What goes on in the other kind of company, all of it legitimate."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from cost_pipeline.simulate.elsewhere.house import House
from cost_pipeline.simulate.habits.bootstrap import stand_up
from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, learning, storage
from cost_pipeline.simulate.shapes.compute import SCALING, SPOT_FLEET, Group
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_BOXES = ("t3.small", "t3.xlarge", "m6i.large", "c5.large", "m5.xlarge", "r5.large", "g4dn.xlarge")
_DATABASES = ("db.t3.small", "db.t3.large", "db.m5.large", "db.r6g.large", "db.m5.xlarge")


def house_of(ground: Ground) -> House:
    """The account as a house; raises TypeError for one of the first kind."""
    if not isinstance(ground, House):
        raise TypeError(f"{ground.purpose} is no house")
    return ground


def fleet(
    story: Story, at: datetime, region: str, who: Who, size: str, count: int, spot: bool = False
) -> list[Resource]:
    """So many machines, at most twenty a call."""
    begun: list[Resource] = []
    for first in range(0, count, 20):
        when, part = at + timedelta(seconds=first), min(20, count - first)
        begun += compute.launch(story, when, region, who, size, part, spot=spot)
    return begun


def _counted(rng: random.Random, middle: float, spread: float = 0.5, least: int = 1) -> int:
    return max(least, round(middle * math.exp(rng.gauss(0, spread))))


def foundations(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Servers, databases, tables and groups of the first two days, half of them unseen."""
    house = house_of(ground)
    story, older = Story("standing", house.account_id), Story("older", house.account_id)
    estate = house.estate
    for number in range(_counted(rng, 6, 0.3, 4)):
        told = rng.choice((story, older))
        at = window.start + timedelta(hours=rng.uniform(2, 50), minutes=number)
        who = rng.choice((house.builder, house.builder, *house.engineers))
        estate.servers += compute.launch(told, at, house.home, who, rng.choice(_BOXES[:-1]))
        size = rng.choice(_DATABASES)
        estate.databases.append(databases.database(told, at + _HOUR, house.home, who, size))
        made = databases.table(told, at, house.home, who, _counted(rng, 100), _counted(rng, 40))
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
        base, swing = _counted(rng, 3 * house.size), rng.uniform(0.2, 2.0)
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


def builds(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Each build takes a machine of its own, by the CI's role."""
    house = house_of(ground)
    story = Story("builds", house.account_id)
    who, size = house.named("ci", "aws-sdk-go-v2/1.26"), rng.choice(("c6i.large", "c5.4xlarge"))
    for day in window.each():
        quiet = 0.2 if day.weekday() >= 5 else 1.0
        for _ in range(_counted(rng, 9 * house.pace * quiet, 0.4, 0)):
            at = day + rng.gauss(house.from_hour + 5, 3) * _HOUR
            begun = compute.launch(story, at, house.home, who, size)
            compute.terminate(story, at + rng.uniform(0.1, 0.9) * _HOUR, who, begun)
    return story


def desks(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A machine for each person: some stop it each evening, some leave it all week."""
    house = house_of(ground)
    story = Story("desks", house.account_id)
    for person in (*house.engineers, *house.scientists):
        if rng.random() < 0.6:
            _desk(story, house, window, rng, person)
    return story


def _desk(story: Story, house: House, window: Window, rng: random.Random, person: Who) -> None:
    forgets = rng.choice((0.02, 0.1, 0.6))
    first = window.start + timedelta(days=rng.randint(0, 6), hours=house.from_hour + 1)
    box = compute.launch(story, first, house.home, person, rng.choice(_BOXES))
    for day in window.each(workdays=True):
        morning = day + (house.from_hour + rng.uniform(0, 2)) * _HOUR
        if morning <= first or rng.random() < 0.1:
            continue
        if box[0].until is not None:
            box = compute.start(story, morning, person, box)
        if rng.random() > forgets:
            compute.stop(story, morning + rng.uniform(7, 10) * _HOUR, person, box)


def experiments(ground: Ground, window: Window, rng: random.Random) -> Story:
    """People try things for an hour or a day: machines, a GPU, a database, a volume."""
    house = house_of(ground)
    story = Story("experiments", house.account_id)
    people = (*house.engineers, *house.scientists)
    for day in window.each(workdays=True):
        for _ in range(_counted(rng, 0.7 * house.pace, 0.6, 0)):
            who = rng.choice(people)
            at = day + (house.from_hour + rng.uniform(1, 8)) * _HOUR
            _experiment(story, house, rng, who, at, at + rng.lognormvariate(1.4, 0.7) * _HOUR)
    return story


def _experiment(
    story: Story, house: House, rng: random.Random, who: Who, at: datetime, end: datetime
) -> None:
    region = house.home if rng.random() < 0.9 else house.second
    match rng.choice("mmmgdv"):
        case "m":
            size, count = rng.choice(("t3.large", "m6i.xlarge", "c5.2xlarge")), rng.choice((1, 2))
            made = compute.launch(story, at, region, who, size, count)
            compute.terminate(story, end, who, made)
        case "g" if who in house.scientists:
            made = compute.launch(story, at, region, who, rng.choice(("g5.xlarge", "g5.2xlarge")))
            compute.terminate(story, end, who, made)
        case "d":
            data = databases.database(story, at, region, who, "db.t3.small")
            databases.delete_database(story, end, who, data)
        case _:
            volume = storage.volume(story, at, region, who, rng.choice((20, 200)))
            storage.delete_volume(story, end, who, volume)


def batches(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A nightly batch of varying size by a role, or by a spot fleet; more at the month's end."""
    house = house_of(ground)
    story = Story("batches", house.account_id)
    who = rng.choice((house.named("batch"), SPOT_FLEET))
    size, usual = rng.choice(("c6i.2xlarge", "r6i.2xlarge", "m5.4xlarge")), 4 * house.size
    for day in window.each():
        if rng.random() < 0.2:
            continue
        late = 2.2 if (day + 2 * _DAY).month != day.month else 1.0
        count = _counted(rng, usual * late, 0.25)
        at = day + rng.uniform(0, 5) * _HOUR
        begun = fleet(story, at, house.home, who, size, count, who is SPOT_FLEET)
        compute.terminate(story, at + rng.uniform(1, 5) * _HOUR, who, begun)
    return story


def weekly(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Once a week something large: training on GPUs, a load test or an EMR cluster."""
    house = house_of(ground)
    story = Story("weekly", house.account_id)
    what, weekday = rng.choice(("train", "load", "emr")), rng.randrange(7)
    who, usual = house.named(what), rng.uniform(2, 5) * house.size
    size = {"train": rng.choice(("g5.4xlarge", "p3.2xlarge")), "load": "c6i.4xlarge"}.get(what, "")
    for day in window.each():
        if day.weekday() != weekday:
            continue
        at, count = day + rng.uniform(4, 16) * _HOUR, _counted(rng, usual, 0.15)
        end = at + rng.uniform(1, 9) * _HOUR
        if what == "emr":
            flow = analytics.job_flow(story, at, house.home, who, "r5.xlarge", 2 * count)
            analytics.end_job_flow(story, end, who, flow)
        else:
            begun = fleet(story, at, house.home, who, size, count * (4 if what == "load" else 1))
            compute.terminate(story, end, who, begun)
    return story


def releases(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Blue/green: a group of its own for each release, the old one ended within the hour."""
    house = house_of(ground)
    story = Story("releases", house.account_id)
    count, old = _counted(rng, 5 * house.size), list[Resource]()
    for day in _every(window, rng, 2, 7):
        at = day + (house.from_hour + rng.uniform(1, 8)) * _HOUR
        group = house.group(f"rel{day:%m%d}", story.new_id("lt"))
        size = house.web_size
        fresh = compute.launch(story, at, house.home, SCALING, size, count, group=group)
        if old:
            compute.terminate(story, at + rng.uniform(0.2, 1) * _HOUR, SCALING, old)
        old = fresh
    return story


def _every(window: Window, rng: random.Random, least: int, most: int) -> Iterator[datetime]:
    day = rng.randint(0, most)
    while day < window.days:
        yield window.start + day * _DAY
        day += rng.randint(least, most)


def backups(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Snapshots every night, a few copied, all gone after some days."""
    house = house_of(ground)
    story, who = Story("backups", house.account_id), house.named("backup", "backup.amazonaws.com")
    volumes = [(story.new_id("vol"), rng.choice((30, 100, 800))) for _ in range(_counted(rng, 7))]
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


def labs(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Notebooks by day, training jobs, and models deployed anew."""
    house = house_of(ground)
    story, role = Story("labs", house.account_id), house.named("mlops")
    for person in house.scientists:
        size = rng.choice(("ml.t3.medium", "ml.m5.2xlarge", "ml.g4dn.xlarge"))
        at = window.start + timedelta(days=1, hours=house.from_hour)
        lab = learning.notebook(story, at, house.home, person, size)
        learning.switch_notebook(story, at + 8 * _HOUR, person, lab, on=False)
    live: Resource | None = None
    for day in _every(window, rng, 3, 9):
        at = day + (house.from_hour + rng.uniform(1, 7)) * _HOUR
        learning.training(story, at, house.home, role, "ml.g5.2xlarge", rng.randint(1, 2), 4)
        made = learning.endpoint(story, at + 5 * _HOUR, house.home, role, "ml.m5.xlarge", 1)
        if live is not None:
            learning.delete_endpoint(story, at + 6 * _HOUR, role, live)
        live = made
    return story


def growth(ground: Ground, window: Window, rng: random.Random) -> Story:
    """More of everything as weeks go by, and somebody new in some of them."""
    house = house_of(ground)
    story = Story("growing", house.account_id)
    for day in _every(window, rng, 2, 6):
        who = rng.choice((house.builder, house.builder, *house.engineers))
        at = day + (house.from_hour + rng.uniform(1, 8)) * _HOUR
        match rng.randrange(5):
            case 0:
                compute.launch(story, at, house.home, who, rng.choice(_BOXES[:-1]))
            case 1:
                databases.database(story, at, house.home, who, rng.choice(_DATABASES))
            case 2:
                databases.cache(story, at, house.home, who, "cache.t3.medium", rng.randint(1, 3))
            case 3:
                storage.nat_gateway(story, at, house.home, who)
            case _:
                name = f"{rng.choice('abcdefgh')}{at:%j}.new@corp.example"
                hire = Who(name, "sso", permissions="Dev_a1")
                box = compute.launch(story, at, house.home, hire, rng.choice(_BOXES[:4]))
                compute.terminate(story, at + rng.uniform(4, 60) * _HOUR, hire, box)
    return story


def rehearsals(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A region is stood up twice for some hours, first in the quiet days."""
    house = house_of(ground)
    story, who = Story("rehearsals", house.account_id), house.named("failover")
    count = _counted(rng, 4 * house.size)
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
