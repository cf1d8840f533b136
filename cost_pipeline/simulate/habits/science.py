"""Data science: notebooks by day, training jobs, models deployed anew, GPU boxes by the hour."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from cost_pipeline.simulate.landscape import Ground, Window
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import compute, learning
from cost_pipeline.simulate.story import Resource, Story

_HOUR = timedelta(hours=1)


def notebooks(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A notebook for each scientist, on for the working day."""
    story = Story("notebooks", ground.account_id)
    for person in ground.scientists:
        first = window.start + timedelta(days=rng.randint(0, 6))
        at = first + rng.uniform(8, 11) * _HOUR
        size = rng.choice(("ml.m5.xlarge", "ml.t3.xlarge", "ml.g4dn.xlarge", "ml.m5.2xlarge"))
        lab = learning.notebook(story, at, ground.home, person, size)
        _days(story, window, rng, person, lab, first)
    return story


def _days(
    story: Story,
    window: Window,
    rng: random.Random,
    person: Who,
    lab: Resource,
    first: datetime,
) -> None:
    on = True
    for day in window.each(workdays=True):
        if day < first or rng.random() < 0.15:
            continue
        if not on:
            at = day + rng.uniform(7.5, 10) * _HOUR
            learning.switch_notebook(story, at, person, lab, on=True)
        on = rng.random() > 0.92
        if not on:
            at = day + rng.uniform(16, 21) * _HOUR
            learning.switch_notebook(story, at, person, lab, on=False)


def training_jobs(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Training jobs through the week, by the pipeline's role and by people."""
    story = Story("training", ground.account_id)
    role = ground.role("sagemaker-pipelines", session="pipeline")
    sizes = rng.sample(("ml.g5.2xlarge", "ml.p3.2xlarge", "ml.m5.4xlarge", "ml.g4dn.xlarge"), 2)
    for day in window.each(workdays=True):
        for _ in range(rng.choice((0, 1, 1, 2))):
            at = day + rng.uniform(2, 18) * _HOUR
            who = role if rng.random() < 0.8 else rng.choice(ground.scientists)
            hours = rng.choice((1, 2, 3, 6))
            learning.training(story, at, ground.home, who, rng.choice(sizes), 1, hours)
    return story


def deployments(ground: Ground, window: Window, rng: random.Random) -> Story:
    """A model goes live about once a week: a new endpoint, and the old one deleted."""
    story = Story("models", ground.account_id)
    who = ground.role("model-deploy", session="release")
    size, count = rng.choice(("ml.m5.xlarge", "ml.c5.2xlarge", "ml.g4dn.xlarge")), rng.randint(1, 3)
    live: Resource | None = None
    day = rng.randint(0, 4)
    while day < window.days:
        at = window.start + timedelta(days=day, hours=rng.uniform(9, 16))
        fresh = learning.endpoint(story, at, ground.home, who, size, count)
        if live is not None:
            learning.delete_endpoint(story, at + rng.uniform(0.5, 3) * _HOUR, who, live)
        live = fresh
        day += rng.randint(4, 9)
    return story


def gpu_boxes(ground: Ground, window: Window, rng: random.Random) -> Story:
    """Scientists take a GPU machine for an afternoon, and give it back."""
    story = Story("gpu boxes", ground.account_id)
    size = rng.choice(("g4dn.xlarge", "g5.xlarge", "g5.2xlarge"))
    for person in ground.scientists:
        for day in window.each(workdays=True):
            if rng.random() < 0.2:
                at = day + rng.uniform(9, 15) * _HOUR
                begun = compute.launch(story, at, ground.home, person, size)
                compute.terminate(story, at + rng.uniform(2, 8) * _HOUR, person, begun)
    return story
