"""What people and jobs take in the third kind of company, for hours or days, and give back."""

from __future__ import annotations

import random
from datetime import timedelta

from cost_pipeline.simulate.described.extent import days_apart, machines, many
from cost_pipeline.simulate.described.firm import SERVERS, firm_of
from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, learning
from cost_pipeline.simulate.shapes.compute import BATCH, SPOT_FLEET
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_GPUS = ("g4dn.xlarge", "g4dn.2xlarge", "g5.xlarge", "g5.2xlarge", "p3.2xlarge")


def workbenches(ground: Ground, window: Window, rng: random.Random) -> Story:
    """People take machines for an hour, a day or a week; scientists take GPUs."""
    firm = firm_of(ground)
    story = Story("benches", firm.account_id)
    for who in firm.people:
        size = rng.choice(_GPUS if who in firm.scientists else (*SERVERS, "m5.2xlarge"))
        often, patient = rng.uniform(0.05, 0.6), rng.random() < 0.15
        for day in window.each(workdays=True):
            if rng.random() < often * firm.pace:
                at = day + (firm.opens + rng.uniform(0, 7)) * _HOUR
                hours = rng.lognormvariate(3.2 if patient else 1.6, 0.6)
                box = compute.launch(story, at, firm.home, who, size)
                compute.terminate(story, at + hours * _HOUR, who, box)
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
            box = compute.launch(story, at, firm.home, who, rng.choice(SERVERS))
            compute.terminate(story, at + rng.lognormvariate(1.5, 0.8) * _HOUR, who, box)
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
