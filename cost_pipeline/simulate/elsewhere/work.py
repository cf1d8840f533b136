"""What people and jobs take in the other kind of company, for hours or days, and give back."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.elsewhere.extent import counted, every, fleet
from cost_pipeline.simulate.elsewhere.house import BOXES, House, house_of
from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, learning, storage
from cost_pipeline.simulate.shapes.compute import SPOT_FLEET
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


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
    box = compute.launch(story, first, house.home, person, rng.choice(BOXES))
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
        for _ in range(counted(rng, 0.7 * house.pace, 0.6, 0)):
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


def builds(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Each build takes a machine of its own, by the CI's role."""
    house = house_of(ground)
    story = Story("builds", house.account_id)
    who, size = house.named("ci", "aws-sdk-go-v2/1.26"), rng.choice(("c6i.large", "c5.4xlarge"))
    for day in window.each():
        quiet = 0.2 if day.weekday() >= 5 else 1.0
        for _ in range(counted(rng, 9 * house.pace * quiet, 0.4, 0)):
            at = day + rng.gauss(house.from_hour + 5, 3) * _HOUR
            begun = compute.launch(story, at, house.home, who, size)
            compute.terminate(story, at + rng.uniform(0.1, 0.9) * _HOUR, who, begun)
    return story


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
        count = counted(rng, usual * late, 0.25)
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
        at, count = day + rng.uniform(4, 16) * _HOUR, counted(rng, usual, 0.15)
        end = at + rng.uniform(1, 9) * _HOUR
        if what == "emr":
            flow = analytics.job_flow(story, at, house.home, who, "r5.xlarge", 2 * count)
            analytics.end_job_flow(story, end, who, flow)
        else:
            begun = fleet(story, at, house.home, who, size, count * (4 if what == "load" else 1))
            compute.terminate(story, end, who, begun)
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
    for day in every(window, rng, 3, 9):
        at = day + (house.from_hour + rng.uniform(1, 7)) * _HOUR
        learning.training(story, at, house.home, role, "ml.g5.2xlarge", rng.randint(1, 2), 4)
        made = learning.endpoint(story, at + 5 * _HOUR, house.home, role, "ml.m5.xlarge", 1)
        if live is not None:
            learning.delete_endpoint(story, at + 6 * _HOUR, role, live)
        live = made
    return story
