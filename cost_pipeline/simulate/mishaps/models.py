"""Machine learning left behind: endpoints nobody calls, throughput for models, huge notebooks."""

from __future__ import annotations

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.shapes import learning

_HOSTS = ("ml.p3.8xlarge", "ml.g5.12xlarge", "ml.p3.2xlarge", "ml.g5.48xlarge", "ml.p4d.24xlarge")
_MODELS = ("amazon.titan-text-express-v1", "anthropic.claude-v2:1", "meta.llama3-8b-v1:0")


def forgotten_endpoints(scene: Scene) -> None:
    """One to four endpoints for a demonstration, which nobody takes down."""
    rng, story = scene.rng, scene.story
    who = rng.choice((*scene.ground.scientists, scene.anyone()))
    size = rng.choice(_HOSTS)
    made = [
        learning.endpoint(
            story, scene.after(minutes=7 * n), scene.home, who, size, rng.choice((1, 2))
        )
        for n in range(rng.choice((1, 1, 2, 4)))
    ]
    story.trigger = made[0].call
    for one in made:
        learning.delete_endpoint(story, scene.after(hours=rng.uniform(30, 150)), who, one)


def model_throughput(scene: Scene) -> None:
    """Provisioned throughput for a model, bought for an afternoon's test."""
    rng, story, who = scene.rng, scene.story, scene.anyone()
    committed = rng.random() < 0.4
    units = rng.choice((1, 1, 2, 4))
    made = learning.throughput(
        story, scene.at, scene.home, who, rng.choice(_MODELS), units, committed
    )
    story.trigger = made.call
    if not committed:
        end = scene.after(hours=rng.uniform(6, 60))
        learning.delete_throughput(story, end, who, made)


def huge_notebook(scene: Scene) -> None:
    """A notebook on the largest GPU machine, left on over days."""
    rng, story = scene.rng, scene.story
    who = rng.choice(scene.ground.scientists)
    size = rng.choice(("ml.p3.16xlarge", "ml.p3.8xlarge", "ml.g5.48xlarge"))
    lab = learning.notebook(story, scene.at, scene.home, who, size)
    story.trigger = lab.call
    lab.until = scene.after(hours=rng.uniform(20, 90))
    learning.switch_notebook(story, lab.until, who, lab, on=False)
