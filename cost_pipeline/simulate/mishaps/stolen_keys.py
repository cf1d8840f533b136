"""Somebody else's hands: leaked keys that mine, roles taken over, models run on your bill."""

from __future__ import annotations

from datetime import timedelta

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import access, compute, learning

_AGENTS = ("aws-cli/1.18.69 Python/3.8.10", "Boto3/1.26 Python/3.10 Linux", "S3 Browser/11.6")
_MINED = (
    ("g4dn.12xlarge", 4, 16),
    ("g5.48xlarge", 2, 8),
    ("p3.16xlarge", 2, 8),
    ("p3.8xlarge", 3, 10),
    ("g4dn.xlarge", 10, 30),
    ("c5.24xlarge", 6, 20),
    ("c6i.8xlarge", 8, 24),
)
_MODELS = ("anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-v2", "meta.llama3-70b-v1:0")


def leaked_key(scene: Scene) -> None:
    """A key from a public repository mines in regions that nobody looks at."""
    rng, story = scene.rng, scene.story
    thief = _thief(scene)
    regions = scene.unused_regions(rng.randint(2, 5))
    size, least, most = rng.choice(_MINED)
    _prepare(scene, thief, regions, size)
    mined = []
    for number, region in enumerate(regions):
        at = scene.after(minutes=number * rng.uniform(1, 9))
        for wave in range(rng.choice((1, 1, 2, 3))):
            count, when = rng.randint(least, most), at + timedelta(minutes=3 * wave)
            spot = rng.random() < 0.15
            mined += compute.launch(story, when, region, thief, size, count, spot=spot)
    story.trigger = mined[0].call
    scene.ends(mined, rng.uniform(3, 40))


def _thief(scene: Scene) -> Who:
    """A bot's key, an engineer's key, or that of root."""
    rng = scene.rng
    agent = rng.choice(_AGENTS)
    if rng.random() < 0.1:
        return Who("root", "root", agent)
    users = [who.name for who in scene.ground.engineers if who.kind == "user"]
    name = rng.choice((*users, "deploy-bot", "s3-upload", "legacy-ci", "ses-smtp-user"))
    return Who(name, "user", agent, key="AKIA" + scene.story.new_id("x")[2:].upper())


def _prepare(scene: Scene, thief: Who, regions: list[str], size: str) -> None:
    """Some look around, take keys, enable regions, ask for quota; some just launch."""
    rng, story = scene.rng, scene.story
    for number in range(rng.choice((0, 2, 6))):
        access.look_around(story, scene.after(minutes=-90 + number), "us-east-1", thief)
    if rng.random() < 0.4:
        access.access_key(story, scene.after(minutes=-rng.uniform(20, 80)), thief, "support")
    if rng.random() < 0.3:
        access.enable_region(story, scene.after(minutes=-rng.uniform(15, 60)), thief, regions[-1])
    if rng.random() < 0.4:
        at = scene.after(minutes=-rng.uniform(5, 50))
        access.raise_quota(story, at, regions[0], thief, "L-417A185B", rng.choice((256, 1024)))
    for number in range(rng.choice((0, 0, 5, 14, 40))):
        at = scene.after(minutes=-10, seconds=12 * number)
        error = rng.choice(("Client.InstanceLimitExceeded", "Client.VcpuLimitExceeded"))
        compute.refused(story, at, rng.choice(regions), thief, size, error)


def compromised_role(scene: Scene) -> None:
    """An application's role, never seen to launch anything, launches what everybody launches."""
    rng, ground = scene.rng, scene.ground
    name = rng.choice(("orders-api", "lambda-thumbnailer", "jenkins-agent", "ec2-web-profile"))
    thief = Who(name, "role", rng.choice(_AGENTS), scene.story.new_id("i"))
    size = rng.choice((ground.web_size, "c5.2xlarge", "m5.2xlarge", "c5.4xlarge"))
    taken = []
    for wave in range(rng.randint(1, 5)):
        at = scene.after(minutes=wave * rng.uniform(2, 12))
        count = rng.randint(8, 20)
        taken += compute.launch(scene.story, at, scene.home, thief, size, count)
    scene.story.trigger = taken[0].call
    scene.ends(taken, rng.uniform(4, 30))


def taken_models(scene: Scene) -> None:
    """A stolen key asks for access to models, then rents them whole."""
    rng, story = scene.rng, scene.story
    thief = _thief(scene)
    region = rng.choice(("us-east-1", "us-west-2"))
    model = rng.choice(_MODELS)
    for number, wanted in enumerate(_MODELS):
        if rng.random() < 0.8:
            at = scene.after(minutes=-12 + number)
            access.model_access(story, at, region, thief, wanted)
    rented = learning.throughput(story, scene.at, region, thief, model, rng.randint(1, 3), False)
    story.trigger = rented.call
    learning.delete_throughput(story, scene.after(hours=rng.uniform(4, 30)), thief, rented)


def refused_attack(scene: Scene) -> None:
    """An attack that comes to nothing: launches refused in numbers."""
    rng, story = scene.rng, scene.story
    thief = _thief(scene)
    regions = scene.unused_regions(3)
    for number in range(rng.randint(15, 60)):
        at = scene.after(seconds=20 * number)
        error = rng.choice(("Client.UnauthorizedOperation", "Client.VcpuLimitExceeded"))
        compute.refused(story, at, rng.choice(regions), thief, "g4dn.12xlarge", error)
    story.trigger = story.calls[0]


def tampered_trail(scene: Scene) -> None:
    """Somebody stops the trail, or deletes it."""
    operation = scene.rng.choice(("StopLogging", "DeleteTrail"))
    who = scene.rng.choice((_thief(scene), scene.anyone()))
    scene.story.trigger = access.stop_trail(scene.story, scene.at, who, operation)
