"""What some accounts of the fourth kind do: jobs, releases, exercises, models, containers."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.outside.unit import again, unit_of
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import analytics, compute, databases, learning
from cost_pipeline.simulate.shapes.compute import Group
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def gpu_weekly(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Models are trained anew once a week, on large machines."""
    unit, story = unit_of(ground), Story("gpu weekly", ground.account_id)
    size = rng.choice(("p3.8xlarge", "g5.12xlarge", "g4dn.12xlarge", "p3.2xlarge"))
    count, weekday, hour = rng.randint(1, 5), rng.randrange(7), rng.uniform(0, 23)
    for day in window.each():
        if day.weekday() == weekday:
            who = unit.service_role("retrain", rng)
            at = day + hour * _HOUR + rng.uniform(0, 25) * _MINUTE
            today = max(1, count + rng.choice((-1, 0, 0, 1)))
            box = compute.launch(story, at, unit.home, who, size, today)
            compute.terminate(story, at + rng.uniform(4, 13) * _HOUR, who, box)
    return story


def month_end(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Accounts are closed: a small batch each night, a larger one around the turn of the month."""
    unit, story = unit_of(ground), Story("month end", ground.account_id)
    size, nights = rng.choice(("r5.2xlarge", "m5.4xlarge", "c5.4xlarge")), unit.many(rng, 1, 4)
    factor = rng.uniform(2.5, 5)
    for day in window.each():
        turn = (day + timedelta(days=2)).day <= 3
        count = round(nights * (factor if turn else 1))
        who = unit.service_role("ledger-close", rng, "aws-sdk-java/2.29.20")
        at = day + rng.uniform(21, 22) * _HOUR
        box = compute.launch(story, at, unit.home, who, size, count)
        hours = rng.uniform(5, 9) if turn else rng.uniform(1, 2.5)
        compute.terminate(story, at + hours * _HOUR, who, box)
    return story


def night_jobs(ground: Ground, window: Window, rng: random.Random) -> Story:
    """EMR clusters at night, larger on some nights."""
    unit, story = unit_of(ground), Story("night jobs", ground.account_id)
    size, nodes = rng.choice(("m5.2xlarge", "r5.xlarge", "m5.xlarge")), unit.many(rng, 3, 12)
    for day in window.each():
        who = unit.service_role("airflow", rng)
        at = day + rng.uniform(2, 3) * _HOUR
        today = max(1, round(nodes * rng.choice((1, 1, 1, 1.5, 2))))
        flow = analytics.job_flow(story, at, unit.home, who, size, today)
        analytics.end_job_flow(story, at + rng.uniform(1, 4) * _HOUR, who, flow)
    return story


def load_tests(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A load test each week or fortnight, begun in the first: swarms for an hour or three."""
    unit, story = unit_of(ground), Story("load tests", ground.account_id)
    size, count = rng.choice(("c5.large", "c5.2xlarge", "c6i.xlarge")), unit.many(rng, 12, 50)
    weekday, every = rng.randrange(5), rng.choice((1, 1, 2))
    who = rng.choice((unit.service_role("locust", rng), rng.choice(unit.engineers)))
    for day in window.each():
        if day.weekday() == weekday and (day - window.start).days // 7 % every == 0:
            at = unit.at(day, rng.uniform(1, 7))
            today = max(1, round(count * rng.uniform(0.7, 1.3)))
            swarm = compute.launch(story, at, unit.home, again(who, rng), size, today)
            compute.terminate(story, at + rng.uniform(1, 3) * _HOUR, who, swarm)
    return story


def cluster_nodes(ground: Ground, window: Window, rng: random.Random) -> Story:
    """An EKS node group, widened in the morning and narrowed in the evening."""
    unit, story = unit_of(ground), Story("cluster nodes", ground.account_id)
    name = story.new_name("k8s")
    group = Group(f"eks-{name}-workers", story.new_id("lt"), name, "workers")
    size, least = rng.choice(("m5.xlarge", "m6i.2xlarge", "c5.2xlarge")), unit.many(rng, 2, 6)
    most, who = least + unit.many(rng, 3, 14), rng.choice((unit.installer, *unit.engineers[:2]))
    begin = window.start + timedelta(days=rng.uniform(0, 4))
    analytics.kubernetes(story, begin, unit.home, unit.installer, name)
    for day in window.each(since=5, workdays=True):
        at = unit.at(day, rng.uniform(-1, 0.5))
        to = least + max(1, round((most - least) * rng.uniform(0.5, 1)))
        more = analytics.scale_nodegroup(
            story, at, unit.home, again(who, rng), group, size, least, to
        )
        evening = at + rng.uniform(9, 13) * _HOUR
        compute.terminate(story, evening, compute.SCALING, more)
    unit.estate.nodegroups.append((group, size))
    return story


def releases(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Blue and green: the new fleet beside the old one, which goes an hour or two later."""
    unit, story = unit_of(ground), Story("releases", ground.account_id)
    size, count = unit.web_size, unit.many(rng, 3, 14)
    role, live = f"deploy-{rng.choice(('api', 'shop', 'core'))}", list[Resource]()
    for day in window.each(workdays=True):
        if rng.random() > 0.3 * unit.tempo:
            continue
        who, at = unit.service_role(role, rng), unit.at(day, rng.uniform(1, 8))
        group = unit.group(f"{role}-{day:%m%d}", story.new_id("lt"))
        fresh = compute.launch(story, at, unit.home, who, size, count, group=group)
        if live:
            compute.terminate(story, at + rng.uniform(0.5, 2.5) * _HOUR, who, live)
        live = fresh
    return story


def drills(ground: Ground, window: Window, rng: random.Random) -> Story:
    """The second region is exercised every ten days or so: restored database, nodes, for hours."""
    unit, story = unit_of(ground), Story("drills", ground.account_id)
    size, count = rng.choice(("m5.xlarge", "m5.2xlarge")), unit.many(rng, 4, 16)
    klass, who = rng.choice(("db.r5.xlarge", "db.m5.2xlarge")), rng.choice(unit.engineers)
    number = rng.randint(2, 9)
    while number < window.days:
        at = unit.at(window.start + timedelta(days=number), rng.uniform(1, 5))
        hours = rng.uniform(2, 7)
        copy = databases.database(story, at, unit.second, who, klass, size_gb=500, restored=True)
        nodes = compute.launch(story, at + 25 * _MINUTE, unit.second, who, size, count)
        compute.terminate(story, at + hours * _HOUR, who, nodes)
        databases.delete_database(story, at + (hours + 0.3) * _HOUR, who, copy)
        number += rng.randint(8, 13)
    return story


def environments(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Test environments, applied in the morning and destroyed hours or days later."""
    unit, story = unit_of(ground), Story("environments", ground.account_id)
    for day in window.each(workdays=True):
        if rng.random() > 0.35 * unit.tempo:
            continue
        who, at = unit.service_role("env-builder", rng), unit.at(day, rng.uniform(0, 7))
        hours = rng.choice((rng.uniform(2, 9), rng.uniform(20, 50)))
        nodes = compute.launch(story, at, unit.home, who, "m5.large", rng.randint(2, 5))
        base = databases.database(story, at + _MINUTE, unit.home, who, "db.t3.medium")
        front = analytics.balancer(story, at + 2 * _MINUTE, unit.home, who)
        end = at + hours * _HOUR
        compute.terminate(story, end, who, nodes)
        databases.delete_database(story, end + _MINUTE, who, base)
        analytics.delete_balancer(story, end + 2 * _MINUTE, who, front)
    return story


def restored_copies(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A copy of the production database each week; the one before goes."""
    unit, story = unit_of(ground), Story("restored copies", ground.account_id)
    klass, weekday = rng.choice(("db.r5.xlarge", "db.r5.2xlarge", "db.m5.xlarge")), rng.randrange(5)
    old: Resource | None = None
    for day in window.each():
        if day.weekday() == weekday:
            who, at = unit.service_role("refresh", rng), day + rng.uniform(3, 4) * _HOUR
            made = databases.database(story, at, unit.home, who, klass, size_gb=400, restored=True)
            if old is not None:
                databases.delete_database(story, at + _HOUR, who, old)
            old = made
    return story


def models(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Notebooks by day, training jobs, and an endpoint that is made anew with each model."""
    unit, story = unit_of(ground), Story("models", ground.account_id)
    for who in unit.scientists:
        size = rng.choice(("ml.t3.medium", "ml.m5.xlarge", "ml.g4dn.xlarge"))
        lab = learning.notebook(story, window.start + unit.dawn * _HOUR, unit.home, who, size)
        learning.switch_notebook(story, window.start + (unit.dawn + 7) * _HOUR, who, lab, on=False)
        for day in window.each(since=1, workdays=True):
            if rng.random() < 0.45:
                at = unit.at(day, rng.uniform(0, 4))
                learning.switch_notebook(story, at, who, lab, on=True)
                off = at + rng.uniform(2, 8) * _HOUR
                learning.switch_notebook(story, off, who, lab, on=False)
            if rng.random() < 0.15:
                at = unit.at(day, rng.uniform(1, 8))
                job = rng.choice(("ml.m5.4xlarge", "ml.g5.2xlarge", "ml.g4dn.12xlarge"))
                learning.training(story, at, unit.home, who, job, 1, rng.randint(1, 6))
    live: Resource | None = None
    size, who = rng.choice(("ml.m5.xlarge", "ml.g4dn.xlarge")), unit.service_role("mlops", rng)
    for day in window.each(workdays=True):
        if rng.random() < 0.12:
            at = unit.at(day, rng.uniform(2, 7))
            made = learning.endpoint(story, at, unit.home, who, size, rng.randint(1, 3))
            if live is not None:
                learning.delete_endpoint(story, at + _HOUR, who, live)
            live = made
    return story


def spot_batches(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Batches on spot machines, at any hour, of any number."""
    unit, story = unit_of(ground), Story("spot batches", ground.account_id)
    sizes, most = rng.sample(("c5.4xlarge", "m5.4xlarge", "c6i.8xlarge", "r5.4xlarge"), 2), 18
    group = Group("", story.new_id("lt"))
    for day in window.each():
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            at = day + rng.uniform(0, 24) * _HOUR
            count, size = unit.many(rng, 2, most), rng.choice(sizes)
            fleet = compute.launch(
                story, at, unit.home, compute.BATCH, size, count, group=group, spot=True
            )
            compute.terminate(story, at + rng.uniform(0.5, 5) * _HOUR, compute.BATCH, fleet)
    return story


def shared_role(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A role that many jobs run as: one or two machines for an hour or a few, by day and night."""
    unit, story = unit_of(ground), Story("shared role", ground.account_id)
    sizes, usual = (
        rng.sample(("m5.xlarge", "c5.xlarge", "r5.xlarge", "m5.4xlarge"), 2),
        5 * unit.tempo,
    )
    for day in window.each():
        for _ in range(round(usual * rng.uniform(0.3, 1.5) * (day.weekday() < 5 or 0.3))):
            who, at = unit.service_role(unit.shared, rng), day + rng.uniform(0, 24) * _HOUR
            box = compute.launch(
                story, at, unit.home, who, rng.choice(sizes), rng.choice((1, 1, 2))
            )
            compute.terminate(story, at + rng.uniform(0.3, 5) * _HOUR, who, box)
    return story


def containers(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Fargate services: deployed by the pipeline, scaled by hand now and then."""
    unit, story = unit_of(ground), Story("containers", ground.account_id)
    name, count = story.new_name("svc"), unit.many(rng, 2, 8)
    who = unit.service_role("ecs-deploy", rng)
    define_task(story, window.start + 9 * _HOUR, unit.home, who, name)
    body = {"cluster": "apps", "serviceName": name, "desiredCount": count, "launchType": "FARGATE"}
    request = {**body, "taskDefinition": f"{name}:1"}
    answer = {"service": {"serviceName": name, "taskDefinition": task_arn(story, unit.home, name)}}
    at = window.start + 9.1 * _HOUR
    story.call(at, unit.home, who, "ecs:CreateService", request, answer)
    for day in window.each(since=1, workdays=True):
        if rng.random() < 0.4:
            at = unit.at(day, rng.uniform(0, 8))
            scale_tasks(
                story, at, unit.home, who, name, max(1, round(count * rng.uniform(0.7, 1.6)))
            )
    return story


def define_task(story: Story, at: datetime, region: str, who: Who, name: str) -> None:
    """RegisterTaskDefinition of one vCPU and two GB."""
    size = {"cpu": "1024", "memory": "2048"}
    request = {"family": name, **size, "requiresCompatibilities": ["FARGATE"]}
    answer = {"taskDefinition": {"taskDefinitionArn": task_arn(story, region, name), **size}}
    story.call(at, region, who, "ecs:RegisterTaskDefinition", request, answer)


def scale_tasks(story: Story, at: datetime, region: str, who: Who, name: str, count: int) -> None:
    """UpdateService to another number of tasks."""
    request = {"cluster": "apps", "service": name, "desiredCount": count}
    answer = {"service": {"serviceName": name, "taskDefinition": task_arn(story, region, name)}}
    story.call(at, region, who, "ecs:UpdateService", request, answer)


def task_arn(story: Story, region: str, name: str) -> str:
    """The first revision of a task definition."""
    return f"arn:aws:ecs:{region}:{story.account}:task-definition/{name}:1"
