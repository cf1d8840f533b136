"""A little at a time: one actor over two days, or many hands of one role."""

from __future__ import annotations

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import compute
from cost_pipeline.simulate.story import Resource


def slow_drip(scene: Scene) -> None:
    """One actor launches a small machine every hour or so for two days; none is ended."""
    rng = scene.rng
    who = rng.choice((scene.anyone(), scene.ground.role("queue-worker-scaler")))
    size = rng.choice(("m5.xlarge", "m5.2xlarge", "c5.2xlarge", "r5.xlarge", "c5.4xlarge"))
    pace, count = rng.uniform(30, 90), rng.randint(28, 60)
    begun: list[Resource] = []
    for number in range(count):
        at = scene.after(minutes=pace * number * rng.uniform(0.95, 1.05))
        begun += compute.launch(scene.story, at, scene.home, who, size)
    scene.story.trigger = begun[0].call
    scene.ends(begun, pace * count / 60 + rng.uniform(10, 50))


def many_hands(scene: Scene) -> None:
    """A role that dozens of sessions share: each launches one or two, together far too many."""
    rng = scene.rng
    name = rng.choice(("notebook-user", "student-lab", "batch-worker", "data-platform-job"))
    size = rng.choice(("m5.2xlarge", "c5.4xlarge", "g4dn.xlarge", "r5.2xlarge"))
    begun: list[Resource] = []
    for number in range(rng.randint(20, 50)):
        who = Who(name, "role", "Boto3/1.34", f"session-{scene.story.new_id('s')[-8:]}")
        at = scene.after(minutes=rng.uniform(3, 7) * number)
        begun += compute.launch(scene.story, at, scene.home, who, size, rng.choice((1, 1, 2)))
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(8, 40))
