"""Stolen keys and roles in accounts of the fourth kind."""

from __future__ import annotations

from dataclasses import replace

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.outside.extent import hourly, lasting_hours
from cost_pipeline.simulate.outside.unit import FOREIGN, unit_of
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import access, compute, learning
from cost_pipeline.simulate.story import Resource

_MINING = (
    "p3.16xlarge",
    "p3.2xlarge",
    "g4dn.12xlarge",
    "g4dn.xlarge",
    "g5.12xlarge",
    "g5.48xlarge",
    "p4d.24xlarge",
)
_PLAIN = ("c5.24xlarge", "c6a.48xlarge", "m5.24xlarge")


def _thief(scene: Scene) -> Who:
    """A user's key: of a bot that never launched anything, or of somebody who works here."""
    key = "AKIA" + scene.story.new_id("k")[2:].upper()
    users = [who for who in scene.ground.engineers if who.kind == "user"]
    agent = scene.rng.choice(("Boto3/1.26.0", "aws-cli/1.22.34", "aws-sdk-php/3.2"))
    if users and scene.rng.random() < 0.4:
        return replace(scene.rng.choice(users), agent=agent, key=key)
    name = scene.rng.choice(("svc-upload", "jenkins", "backup-s3", "ses-mailer", "cms-media"))
    return Who(name, "user", agent, key=key)


def mining_key(scene: Scene) -> None:
    """A key leaks: GPU machines in regions that nobody uses, wave after wave."""
    rng, story, who = scene.rng, scene.story, _thief(scene)
    regions = rng.sample(FOREIGN, rng.randint(2, 7))
    size = rng.choice(_MINING if rng.random() < 0.8 else _PLAIN)
    spot, minutes = rng.random() < 0.25, 4.0
    for region in regions[: rng.randint(0, 2)]:
        access.look_around(story, scene.after(minutes=minutes - 4), region, who)
    mined: list[Resource] = []
    for _ in range(rng.randint(1, 3)):
        for region in regions:
            minutes += rng.uniform(0.3, 6)
            if rng.random() < 0.2:
                compute.refused(story, scene.after(minutes=minutes), region, who, size)
                continue
            count = rng.choice((1, 1, 2, 4, 8, 10))
            when = scene.after(minutes=minutes)
            mined += compute.launch(story, when, region, who, size, count, spot=spot)
        minutes += rng.uniform(5, 120)
    if not mined:
        mined = compute.launch(story, scene.after(minutes=minutes), regions[0], who, size, 8)
    story.trigger = mined[0].call
    scene.ends(mined, minutes / 60 + rng.uniform(3, 40))


def strange_role(scene: Scene) -> None:
    """A role that never launched anything launches what everybody launches here, and more."""
    rng, unit = scene.rng, unit_of(scene.ground)
    what = rng.choice(("thumbnailer", "orders-lambda", "webhook", "metrics-exporter"))
    who = unit.service_role(what, rng, "aws-cli/2.9.1")
    size = rng.choice((unit.web_size, "m5.2xlarge", "c5.4xlarge", "c5.2xlarge"))
    begun: list[Resource] = []
    for number in range(rng.randint(1, 4)):
        when = scene.after(minutes=number * rng.uniform(2, 25))
        begun += compute.launch(scene.story, when, unit.home, who, size, scene.number(5, 40))
    scene.story.trigger = begun[0].call
    scene.ends(begun, lasting_hours(scene, hourly(begun), 5, 40))


def taken_role_models(scene: Scene) -> None:
    """Somebody with a stolen key buys throughput of models."""
    rng, who, region = scene.rng, _thief(scene), scene.rng.choice(("us-east-1", "us-west-2"))
    model = rng.choice(
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "meta.llama3-1-70b-instruct-v1:0")
    )
    access.model_access(scene.story, scene.at, region, who, model)
    when = scene.after(minutes=rng.uniform(2, 30))
    bought = learning.throughput(
        scene.story, when, region, who, model, rng.randint(1, 3), committed=False
    )
    scene.story.trigger = bought.call
    end = scene.after(hours=rng.uniform(5, 30))
    learning.delete_throughput(scene.story, end, scene.responder(), bought)
