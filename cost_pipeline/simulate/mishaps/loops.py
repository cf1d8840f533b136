"""Loops: groups that never stop growing, retries that make the same thing over and over."""

from __future__ import annotations

from datetime import timedelta

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import compute, learning, storage
from cost_pipeline.simulate.shapes.compute import SCALING, SPOT_FLEET
from cost_pipeline.simulate.story import Resource


def runaway_scaling(scene: Scene) -> None:
    """A group grows by a batch every few minutes: a health check fails, or a metric is wrong."""
    rng = scene.rng
    group, size = rng.choice(scene.ground.estate.groups)
    pace, batch = rng.uniform(2, 6), rng.randint(6, 20)
    begun: list[Resource] = []
    for number in range(rng.randint(8, 16)):
        at = scene.after(minutes=pace * number)
        begun += compute.launch(scene.story, at, scene.home, SCALING, size, batch, group=group)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(4, 14), SCALING)


def runaway_spot(scene: Scene) -> None:
    """A fleet request with a nought too many."""
    rng = scene.rng
    size = rng.choice(("c5.4xlarge", "m5.4xlarge", "r5.4xlarge", "c5.9xlarge"))
    begun: list[Resource] = []
    for number in range(rng.randint(8, 20)):
        at = scene.after(seconds=20 * number)
        begun += compute.launch(scene.story, at, scene.home, SPOT_FLEET, size, 20, spot=True)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(5, 20), SPOT_FLEET)


def runners_never_end(scene: Scene) -> None:
    """The build's clean-up is broken: each build leaves its runners running."""
    rng = scene.rng
    begun: list[Resource] = []
    for number in range(rng.randint(30, 70)):
        who = Who("ci-runner", "role", "aws-sdk-go/1.44.0", f"runner-stuck-{number}")
        at = scene.after(minutes=rng.uniform(3, 5) * number)
        begun += compute.launch(scene.story, at, scene.home, who, "c5.2xlarge", 2)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(14, 40))


def nat_loop(scene: Scene) -> None:
    """A pipeline retries: every time a new address and a new NAT gateway."""
    rng, story = scene.rng, scene.story
    who = rng.choice((scene.ground.terraform, scene.ground.role("network-bootstrap")))
    made: list[Resource] = []
    for number in range(rng.randint(25, 80)):
        at = scene.after(seconds=rng.uniform(40, 110) * number)
        made += storage.nat_gateway(story, at, scene.home, who)
    story.trigger = made[0].call
    end = scene.after(hours=rng.uniform(10, 50))
    storage.delete_nat(story, end, scene.responder(), made)


def volume_loop(scene: Scene) -> None:
    """A controller makes fast volumes without end, and attaches none."""
    rng, story = scene.rng, scene.story
    who = scene.ground.role("ebs-csi-controller", "aws-ebs-csi-driver/1.28")
    size, iops = rng.choice(((1000, 0), (2000, 16000), (4000, 20000)))
    kind = "io2" if iops else "gp3"
    made = [
        storage.volume(story, scene.after(seconds=30 * n), scene.home, who, size, kind, iops)
        for n in range(rng.randint(40, 90))
    ]
    story.trigger = made[0].call
    who = scene.responder()
    for number, one in enumerate(made):
        at = scene.after(hours=rng.uniform(12, 40)) + timedelta(seconds=number)
        storage.delete_volume(story, at, who, one)


def training_loop(scene: Scene) -> None:
    """A pipeline starts the same large training job again and again."""
    rng = scene.rng
    who = scene.ground.role("sagemaker-pipelines", session="pipeline")
    size = rng.choice(("ml.p3.8xlarge", "ml.g5.12xlarge", "ml.p4d.24xlarge"))
    jobs = [
        learning.training(scene.story, scene.after(minutes=4 * n), scene.home, who, size, 2, 12)
        for n in range(rng.randint(6, 20))
    ]
    scene.story.trigger = jobs[0].call
