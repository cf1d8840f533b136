"""Clusters and copies by the hundred, and money spent at once."""

from __future__ import annotations

from cost_pipeline.simulate.landscape import UNUSED
from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.shapes import analytics, commitments, compute, storage
from cost_pipeline.simulate.story import Resource, Story


def exploded_nodegroup(scene: Scene) -> None:
    """A node group is scaled from three to three hundred."""
    rng = scene.rng
    group, size = rng.choice(scene.ground.estate.nodegroups)
    who = rng.choice((scene.anyone(), scene.ground.role("eks-capacity", session="capacity")))
    to = rng.choice((80, 150, 300))
    begun = analytics.scale_nodegroup(scene.story, scene.at, scene.home, who, group, size, 3, to)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(3, 20), compute.SCALING)


def huge_job_flow(scene: Scene) -> None:
    """An EMR cluster with a hundred nodes and more that does not end with its steps."""
    rng, who = scene.rng, scene.anyone()
    size, nodes = rng.choice((("r5.4xlarge", 60), ("m5.4xlarge", 120), ("r5.12xlarge", 30)))
    begun = analytics.job_flow(scene.story, scene.at, scene.home, who, size, nodes)
    scene.story.trigger = begun[0].call
    analytics.end_job_flow(scene.story, scene.after(hours=rng.uniform(10, 50)), who, begun)


def copied_snapshots(scene: Scene) -> None:
    """Every snapshot is copied to several regions, by a script that knows no end."""
    rng, story = scene.rng, scene.story
    who = rng.choice((scene.anyone(), scene.ground.role("backup-replicator")))
    known = [pair for pair in scene.ground.estate.snapshots if pair[0].since < scene.at]
    sources = rng.sample(known, min(len(known), 36)) + _older(scene, rng.randint(0, 12))
    copies: list[Resource] = []
    for region in rng.sample(UNUSED, rng.randint(3, 5)) * rng.choice((1, 2, 3)):
        for source, gb in sources:
            at = scene.after(seconds=6 * len(copies))
            copies.append(storage.copy_snapshot(story, at, region, who, source, gb))
    story.trigger = copies[0].call
    end = scene.after(hours=rng.uniform(40, 160))
    storage.delete_snapshots(story, end, scene.responder(), copies)


def _older(scene: Scene, count: int) -> list[tuple[Resource, int]]:
    """Snapshots from before the trail: their sizes stand in no record."""
    before = Story(f"{scene.story.key} sources", scene.story.account)
    at, who = scene.after(hours=-2000), scene.responder()
    sizes = [scene.rng.choice((100, 500, 1000)) for _ in range(count)]
    return [(storage.snapshot(before, at, scene.home, who, gb), gb) for gb in sizes]


def savings_plan(scene: Scene) -> None:
    """A savings plan that nobody agreed to."""
    rng = scene.rng
    hourly = round(rng.uniform(1, 6), 2)
    upfront = rng.choice((0.0, round(hourly * 8760 * 0.5, 2), round(hourly * 8760, 2)))
    who = rng.choice((*scene.ground.engineers, *scene.ground.scientists))
    made = commitments.savings_plan(scene.story, scene.at, who, hourly, upfront)
    scene.story.trigger = made.call


def reserved_instances(scene: Scene) -> None:
    """Reserved instances in the wrong number."""
    rng, count = scene.rng, scene.rng.randint(5, 60)
    who = rng.choice(scene.ground.engineers)
    usd = float(count * rng.randint(300, 3000))
    made = commitments.reserved_instances(scene.story, scene.at, scene.home, who, count, usd)
    scene.story.trigger = made.call


def reserved_databases(scene: Scene) -> None:
    """Reserved databases of a class that nobody runs."""
    rng, count = scene.rng, scene.rng.randint(2, 10)
    who, size, fixed = rng.choice(scene.ground.engineers), "db.r5.4xlarge", 9_800.0
    made = commitments.reserved_databases(
        scene.story, scene.at, scene.home, who, count, size, fixed
    )
    scene.story.trigger = made.call


def reserved_capacity(scene: Scene) -> None:
    """Capacity reserved for a training run that never comes: billed from that hour on."""
    rng, who = scene.rng, scene.anyone()
    size, count = rng.choice((("p4d.24xlarge", 2), ("p3.16xlarge", 3), ("g5.48xlarge", 4)))
    made = commitments.capacity_reservation(scene.story, scene.at, scene.home, who, size, count)
    scene.story.trigger = made.call
    end = scene.after(hours=rng.uniform(10, 60))
    commitments.cancel_reservation(scene.story, end, who, made)
