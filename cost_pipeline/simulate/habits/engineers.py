"""Engineers: CI runners, boxes stopped in the evening, environments for an afternoon, new hires."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, storage
from cost_pipeline.simulate.story import Story

_HOUR = timedelta(hours=1)
_DEV = ("t3.medium", "t3.large", "m5.large", "m5.xlarge", "c5.xlarge", "m6i.xlarge")
_TRIED = ("t3.medium", "m5.large", "m5.xlarge", "r5.xlarge", "c5.2xlarge", "m5.2xlarge")


def ci_runners(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Runners live for a build; more of them on release days."""
    story = Story("ci", ground.account_id)
    agent = rng.choice(("aws-sdk-go/1.44.0", "aws-sdk-js/3.450 (github-actions)"))
    size = rng.choice(("c5.xlarge", "c5.2xlarge", "c6i.2xlarge", "m5.xlarge"))
    usual = rng.uniform(4, 14) * ground.scale
    for day in window.each():
        builds = usual * (0.2 if day.weekday() >= 5 else rng.uniform(0.5, 1.6))
        for number in range(round(builds)):
            who = Who("ci-runner", "role", agent, f"runner-{day:%m%d}-{number}")
            at = day + rng.gauss(13, 3.5) * _HOUR
            begun = compute.launch(story, at, ground.home, who, size, rng.choice((1, 1, 1, 2)))
            compute.terminate(story, at + rng.uniform(0.1, 1.2) * _HOUR, who, begun)
    return story


def dev_boxes(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A box for each developer: started in the morning, stopped in the evening, mostly."""
    story = Story("dev", ground.account_id)
    for person in ground.engineers:
        if rng.random() < 0.7:
            first = window.start + timedelta(days=rng.randint(0, 5))
            _box(story, ground, window, rng, person, first)
    return story


def _box(
    story: Story,
    ground: Ground,
    window: Window,
    rng: random.Random,
    person: Who,
    first: datetime,
) -> None:
    at = first + rng.uniform(8, 11) * _HOUR
    box = compute.launch(story, at, ground.home, person, rng.choice(_DEV))
    for day in window.each(workdays=True):
        if day < first or rng.random() < 0.1:
            continue
        if day > first and box[0].until is not None:
            box = compute.start(story, day + rng.uniform(7, 9.5) * _HOUR, person, box)
        if rng.random() < 0.9:
            compute.stop(story, day + rng.uniform(16.5, 20) * _HOUR, person, box)


def tries(ground: Ground, window: Window, rng: random.Random) -> Story:
    """People try things: an instance for some hours, a volume, an address, a small database."""
    story = Story("tries", ground.account_id)
    for day in window.each(workdays=True):
        for person in ground.engineers:
            if rng.random() > 0.12:
                continue
            at = day + rng.uniform(9, 17) * _HOUR
            later = at + rng.choice((rng.uniform(1, 8), rng.uniform(20, 50))) * _HOUR
            _try(story, ground, rng, person, at, later)
    return story


def _try(
    story: Story, ground: Ground, rng: random.Random, who: Who, at: datetime, later: datetime
) -> None:
    region = ground.home if rng.random() < 0.85 else ground.second
    match rng.randrange(6):
        case 0 | 1 | 2:
            count = rng.choice((1, 1, 1, 2, 3))
            begun = compute.launch(story, at, region, who, rng.choice(_TRIED), count)
            compute.terminate(story, later, who, begun)
        case 3:
            volume = storage.volume(story, at, region, who, rng.choice((50, 100, 500)))
            if rng.random() < 0.7:
                storage.delete_volume(story, later, who, volume)
        case 4:
            made = databases.database(story, at, region, who, "db.t3.medium")
            databases.delete_database(story, later, who, made)
        case _:
            compute.refused(story, at, region, who, "m5.xlarge", "Client.UnauthorizedOperation")


def environments(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Terraform applies an environment for a test, and destroys it hours later."""
    story = Story("environments", ground.account_id)
    who = Who("terraform-ci", "role", "APN/1.0 HashiCorp/1.0 Terraform/1.7.5", "tf-ephemeral")
    size = rng.choice(("m5.large", "m5.xlarge", "c5.xlarge"))
    for day in window.each(workdays=True):
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            at = day + rng.uniform(8, 16) * _HOUR
            _environment(story, ground, rng, who, at, size)
    return story


def _environment(
    story: Story, ground: Ground, rng: random.Random, who: Who, at: datetime, size: str
) -> None:
    region, step = ground.home, timedelta(seconds=20)
    nat = storage.nat_gateway(story, at, region, who)
    boxes = compute.launch(story, at + step, region, who, size, rng.randint(2, 5))
    balancer = analytics.balancer(story, at + 2 * step, region, who)
    data = databases.database(story, at + 3 * step, region, who, "db.t3.medium")
    end = at + rng.uniform(1, 6) * _HOUR
    compute.terminate(story, end, who, boxes)
    analytics.delete_balancer(story, end + step, who, balancer)
    databases.delete_database(story, end + 2 * step, who, data)
    storage.delete_nat(story, end + 3 * step, who, nat)


def new_hires(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Somebody new every few weeks, with a box and first tries of their own."""
    story = Story("hires", ground.account_id)
    for number in range(rng.choice((0, 1, 1, 2))):
        name = f"new-{ground.purpose}-{number}@example.com"
        who = Who(name, "sso", "console.amazonaws.com")
        first = window.start + timedelta(days=rng.randint(3, window.days - 5))
        _box(story, ground, window, rng, who, first)
        for _ in range(rng.randint(1, 4)):
            at = first + timedelta(days=rng.uniform(0, 9))
            at = at.replace(hour=rng.randint(9, 16))
            _try(story, ground, rng, who, at, at + rng.uniform(1, 8) * _HOUR)
    return story


def refusals(ground: Ground, window: Window, rng: random.Random) -> Story:
    """What is refused without malice: no capacity for a group, a policy, a limit now and then."""
    story = Story("refusals", ground.account_id)
    for day in window.each():
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            at = day + rng.uniform(0, 23.5) * _HOUR
            error = "Server.InsufficientInstanceCapacity"
            for n in range(rng.randint(1, 4)):
                later = at + timedelta(minutes=2 * n)
                compute.refused(story, later, ground.home, compute.SCALING, ground.web_size, error)
    return story
