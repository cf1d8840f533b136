"""What goes on in the third kind of company, all of it legitimate."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from cost_pipeline.simulate.described.firm import Firm
from cost_pipeline.simulate.habits.bootstrap import stand_up
from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, learning, storage
from cost_pipeline.simulate.shapes.compute import BATCH, SCALING, SPOT_FLEET, Group
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_SERVERS = ("t3.medium", "m5.large", "m5.xlarge", "c5.xlarge", "r5.large", "t3.large")
_DATABASES = ("db.t3.medium", "db.m5.large", "db.r5.large", "db.m5.xlarge", "db.r6g.xlarge")
_GPUS = ("g4dn.xlarge", "g4dn.2xlarge", "g5.xlarge", "g5.2xlarge", "p3.2xlarge")


def firm_of(ground: Ground) -> Firm:
    """The account as a firm's; raises TypeError for one of another kind."""
    if not isinstance(ground, Firm):
        raise TypeError(f"{ground.purpose} is of another kind")
    return ground


def many(rng: random.Random, middle: float, noise: float = 0.3, least: int = 1) -> int:
    """A number about the middle."""
    return max(least, round(middle * math.exp(rng.gauss(0, noise))))


def machines(
    story: Story,
    at: datetime,
    region: str,
    who: Who,
    size: str,
    count: int,
    *,
    per_call: int = 10,
    seconds: float = 5,
    group: Group | None = None,
    spot: bool = False,
) -> list[Resource]:
    """So many machines by several calls, so many seconds apart."""
    begun: list[Resource] = []
    for first in range(0, count, per_call):
        when = at + timedelta(seconds=seconds * first / per_call)
        part = min(per_call, count - first)
        begun += compute.launch(story, when, region, who, size, part, group=group, spot=spot)
    return begun


def days_apart(window: Window, rng: random.Random, least: float, most: float) -> Iterator[datetime]:
    """Midnights, so many days apart."""
    day = rng.uniform(0, most)
    while day < window.days:
        yield window.start + int(day) * _DAY
        day += rng.uniform(least, most)


def standing(ground: Ground, window: Window, rng: random.Random) -> Story:
    """What was there: servers, databases, tables, groups and a cluster of the first days."""
    firm = firm_of(ground)
    story, estate = Story("standing", firm.account_id), firm.estate
    for number in range(many(rng, 5 * math.sqrt(firm.size), least=3)):
        at = window.start + timedelta(hours=rng.uniform(1, 60), minutes=number)
        who = rng.choice((firm.deployer, *firm.engineers[:2]))
        estate.servers += compute.launch(story, at, firm.home, who, rng.choice(_SERVERS))
        size, multi = rng.choice(_DATABASES), firm.calling == "prod"
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


def jobs(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A job some times a day: by a role, the batch service or a spot fleet; more at month's end."""
    firm = firm_of(ground)
    story = Story("jobs", firm.account_id)
    who = rng.choice((firm.job("etl"), firm.job("etl"), BATCH, SPOT_FLEET))
    size = rng.choice(("m5.xlarge", "c5.2xlarge", "r5.2xlarge", "c5.4xlarge", "m5.4xlarge"))
    usual, times = 3 * firm.size, rng.choice((1, 1, 2, 4))
    closing = rng.uniform(2, 4)
    for day in window.each():
        late = closing if (day + 2 * _DAY).day <= 2 else 1.0
        for number in range(times):
            at = day + number * _DAY / times + rng.uniform(0, 2) * _HOUR
            count = many(rng, usual * late, firm.noise)
            begun = machines(story, at, firm.home, who, size, count, spot=who is SPOT_FLEET)
            compute.terminate(story, at + rng.uniform(0.3, 4) * _HOUR, who, begun)
    return story


def shared_role(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A role that many share: now and then a session takes a machine for some hours."""
    firm = firm_of(ground)
    story = Story("shared", firm.account_id)
    size = rng.choice(("m5.large", "m5.xlarge", "c5.xlarge", "r5.xlarge"))
    for day in window.each():
        for number in range(many(rng, 2 * firm.pace, 0.5, 0)):
            who = Who(firm.shared, "role", "Boto3/1.28", f"s{day:%j}{number}")
            at = day + rng.uniform(0, 20) * _HOUR
            begun = compute.launch(story, at, firm.home, who, size)
            compute.terminate(story, at + rng.lognormvariate(0.7, 0.8) * _HOUR, who, begun)
    return story


def weekly_gpu(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Once a week some GPU machines, by a role or by a scientist."""
    firm = firm_of(ground)
    story = Story("weekly gpu", firm.account_id)
    who = rng.choice((firm.job("train"), firm.scientists[0]))
    size, usual = rng.choice((*_GPUS, "p3.8xlarge", "g5.12xlarge")), rng.uniform(1, 5)
    weekday, hour = rng.randrange(7), rng.uniform(0, 20)
    for day in window.each():
        if day.weekday() == weekday:
            at = day + hour * _HOUR + rng.uniform(0, 2) * _HOUR
            begun = machines(story, at, firm.home, who, size, many(rng, usual, firm.noise / 2))
            compute.terminate(story, at + rng.uniform(3, 20) * _HOUR, who, begun)
    return story


def load_tests(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A test of about the same size every other week; the first is early."""
    firm = firm_of(ground)
    story = Story("load test", firm.account_id)
    who = rng.choice((firm.job("loadtest"), rng.choice(firm.engineers)))
    size, usual = rng.choice(("c5.xlarge", "c5.2xlarge", "c5.4xlarge")), rng.uniform(8, 40)
    day = rng.uniform(1, window.quiet_days - 2)
    while day < window.days - 1:
        at = window.start + int(day) * _DAY + (firm.opens + rng.uniform(1, 8)) * _HOUR
        begun = machines(story, at, firm.home, who, size, many(rng, usual, 0.12))
        compute.terminate(story, at + rng.uniform(0.5, 4) * _HOUR, who, begun)
        day += rng.uniform(7, 15)
    return story


def drills(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Everything once more in the second region for some hours: early, and again later."""
    firm = firm_of(ground)
    story, who = Story("drill", firm.account_id), firm.job("dr")
    count, size = many(rng, 4 * firm.size), rng.choice(_DATABASES)
    for day in (rng.uniform(1, window.quiet_days - 2), rng.uniform(18, window.days - 2)):
        at = window.start + int(day) * _DAY + (firm.opens + rng.uniform(0, 6)) * _HOUR
        data = databases.database(story, at, firm.second, who, size, restored=True)
        begun = machines(story, at + _HOUR / 2, firm.second, who, firm.web_size, count)
        end = at + rng.uniform(2, 10) * _HOUR
        compute.terminate(story, end, who, begun)
        databases.delete_database(story, end, who, data)
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


def hires(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Somebody new takes a machine or two, and learns."""
    firm = firm_of(ground)
    story = Story("hires", firm.account_id)
    for day in days_apart(window, rng, 8, 25):
        kind = rng.choice(("sso", "user"))
        name = f"hire{day:%m%d}.{firm.purpose}" + ("@firm.test" if kind == "sso" else "")
        who = Who(name, "sso" if kind == "sso" else "user", permissions="Engineers_4e5f")
        for _ in range(rng.randint(2, 6)):
            at = day + (firm.opens + rng.uniform(0, 150)) * _HOUR
            box = compute.launch(story, at, firm.home, who, rng.choice(_SERVERS))
            compute.terminate(story, at + rng.lognormvariate(1.5, 0.8) * _HOUR, who, box)
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
                compute.launch(story, at, firm.home, who, rng.choice(_SERVERS), rng.randint(1, 2))
            case 1:
                databases.database(story, at, firm.home, who, rng.choice(_DATABASES))
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


def builders(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Continuous integration: a machine a build."""
    firm = firm_of(ground)
    story, who = Story("ci", firm.account_id), firm.job("ci")
    size = rng.choice(("c5.large", "c5.xlarge", "m5.2xlarge"))
    for day in window.each():
        for _ in range(many(rng, (10 if day.weekday() < 5 else 2) * firm.pace, 0.4, 0)):
            at = day + (firm.opens + rng.gauss(5, 3)) * _HOUR
            begun = compute.launch(story, at, firm.home, who, size)
            compute.terminate(story, at + rng.uniform(0.1, 1.2) * _HOUR, who, begun)
    return story


def workbenches(ground: Ground, window: Window, rng: random.Random) -> Story:
    """People take machines for an hour, a day or a week; scientists take GPUs."""
    firm = firm_of(ground)
    story = Story("benches", firm.account_id)
    for who in firm.people:
        size = rng.choice(_GPUS if who in firm.scientists else (*_SERVERS, "m5.2xlarge"))
        often, patient = rng.uniform(0.05, 0.6), rng.random() < 0.15
        for day in window.each(workdays=True):
            if rng.random() < often * firm.pace:
                at = day + (firm.opens + rng.uniform(0, 7)) * _HOUR
                hours = rng.lognormvariate(3.2 if patient else 1.6, 0.6)
                box = compute.launch(story, at, firm.home, who, size)
                compute.terminate(story, at + hours * _HOUR, who, box)
    return story


def models(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Training jobs, notebooks, and endpoints that are deployed anew."""
    firm = firm_of(ground)
    story, who = Story("models", firm.account_id), rng.choice((firm.job("ml"), firm.scientists[0]))
    size, live = rng.choice(("ml.m5.xlarge", "ml.c5.2xlarge", "ml.g4dn.xlarge")), list[Resource]()
    for day in days_apart(window, rng, 2, 8):
        at = day + (firm.opens + rng.uniform(0, 7)) * _HOUR
        job = rng.choice(("ml.m5.4xlarge", "ml.g4dn.2xlarge", "ml.p3.2xlarge"))
        learning.training(story, at, firm.home, who, job, rng.randint(1, 2), 5)
        made = learning.endpoint(story, at + 4 * _HOUR, firm.home, who, size, 1)
        for one in live:
            learning.delete_endpoint(story, at + 5 * _HOUR, who, one)
        live = [made]
    return story


def clusters(ground: Ground, window: Window, rng: random.Random) -> Story:
    """An EMR cluster most nights."""
    firm = firm_of(ground)
    story, who = Story("emr", firm.account_id), firm.job("emr")
    size, usual = rng.choice(("m5.xlarge", "r5.xlarge", "r5.2xlarge")), 4 * firm.size
    for day in window.each():
        if rng.random() < 0.8:
            at = day + rng.uniform(1, 4) * _HOUR
            flow = analytics.job_flow(story, at, firm.home, who, size, many(rng, usual, firm.noise))
            analytics.end_job_flow(story, at + rng.uniform(1, 5) * _HOUR, who, flow)
    return story


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


def bootstrap(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A network and a small cluster are laid out in the second region, at any time."""
    firm = firm_of(ground)
    story = Story("bootstrap", firm.account_id)
    at = window.start + timedelta(days=rng.uniform(1, window.days - 3))
    stand_up(story, at, firm.second, firm.deployer, rng, nodes=rng.randint(2, 5))
    return story


Habit = Callable[[Ground, Window, random.Random], Story]
EVERYWHERE: tuple[Habit, ...] = (standing, autoscaling, snapshots, growth, hires, workbenches)
SOMEWHERE: tuple[tuple[Habit, float], ...] = (
    (jobs, 0.7),
    (builders, 0.6),
    (shared_role, 0.4),
    (weekly_gpu, 0.5),
    (load_tests, 0.4),
    (drills, 0.35),
    (releases, 0.5),
    (models, 0.4),
    (clusters, 0.35),
    (nodes, 0.5),
    (bootstrap, 0.3),
)
OPENED_LATE: tuple[Habit, ...] = (standing, autoscaling, snapshots, workbenches)
