"""Single machines: a huge one left on, a small one left on for days, one resized enormously."""

from __future__ import annotations

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import compute

_GPU = ("p4d.24xlarge", "p3.16xlarge", "g5.48xlarge", "p5.48xlarge", "p3dn.24xlarge")
_MEMORY = ("x1e.32xlarge", "u-6tb1.56xlarge", "x2iedn.32xlarge", "r6i.32xlarge", "trn1.32xlarge")
_SMALL = (
    "g5.xlarge",
    "g5.2xlarge",
    "g5.4xlarge",
    "g5.8xlarge",
    "p3.2xlarge",
    "g4dn.4xlarge",
    "g4dn.12xlarge",
    "m5.8xlarge",
    "r5.8xlarge",
    "c5.9xlarge",
)
_BIGGER = ("u-6tb1.56xlarge", "x1e.32xlarge", "m5.24xlarge", "r5.24xlarge", "p3.16xlarge")


def huge_gpu(scene: Scene) -> None:
    """One huge GPU machine for a quick try, left on."""
    _one(scene, scene.rng.choice(_GPU), scene.rng.uniform(12, 70))


def huge_memory(scene: Scene) -> None:
    """One huge machine of another kind, left on."""
    _one(scene, scene.rng.choice(_MEMORY), scene.rng.uniform(12, 70))


def small_left_on(scene: Scene) -> None:
    """A modest machine that somebody forgets for days: 24 to 110 USD a day."""
    who = scene.rng.choice((*scene.ground.engineers, *scene.ground.scientists))
    _one(scene, scene.rng.choice(_SMALL), scene.rng.uniform(70, 200), who)


def resized(scene: Scene) -> None:
    """A server is stopped, made enormous, and started again."""
    rng, story = scene.rng, scene.story
    servers = [one for one in scene.ground.estate.servers if one.since < scene.at]
    server = rng.choice(servers)
    who, size = scene.anyone(), rng.choice(_BIGGER)
    before = str(server.parts[0][3]["class"])
    compute.stop(story, scene.after(minutes=-rng.uniform(2, 20)), who, [server])
    bigger = compute.resize(story, scene.at, server.region, who, server.resource_id, before, size)
    compute.start(story, scene.after(minutes=1), who, [server])
    story.resources = [bigger]
    story.trigger = bigger.call
    scene.ground.estate.servers.remove(server)
    scene.ends([bigger], rng.uniform(15, 80), who)


def _one(scene: Scene, size: str, hours: float, who: Who | None = None) -> None:
    who = who or scene.anyone()
    count = scene.rng.choice((1, 1, 1, 2)) if hours < 70 else 1
    begun = compute.launch(scene.story, scene.at, scene.somewhere(), who, size, count)
    scene.story.trigger = begun[0].call
    scene.ends(begun, hours, who)
