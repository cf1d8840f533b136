"""What goes wrong in the other kind of company: the same kinds, in other sizes and by others."""

from __future__ import annotations

from datetime import timedelta

from cost_pipeline.simulate.elsewhere.extent import fleet
from cost_pipeline.simulate.elsewhere.house import house_of
from cost_pipeline.simulate.mishaps.scene import Mishap, Scene
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.shapes import (
    access,
    analytics,
    commitments,
    compute,
    databases,
    learning,
    storage,
)
from cost_pipeline.simulate.shapes.compute import SCALING
from cost_pipeline.simulate.story import Resource


def _role(scene: Scene, name: str) -> Who:
    return house_of(scene.ground).named(name)


def mining(scene: Scene) -> None:
    """A stolen key mines in one to six regions, all at once or over an hour."""
    rng, user = scene.rng, [who for who in scene.ground.engineers if who.kind == "user"]
    agent = "aws-cli/1.22.34 Python/3.10"
    thief = Who(rng.choice(("svc-mailer", "backup-cron", *(u.name for u in user))), "user", agent)
    size = rng.choice(("g4dn.xlarge", "g4dn.8xlarge", "p3.2xlarge", "c6i.16xlarge", "p4d.24xlarge"))
    if rng.random() < 0.3:
        access.raise_quota(scene.story, scene.after(hours=-5), scene.home, thief, "L-1216C47A", 512)
    begun: list[Resource] = []
    for number, region in enumerate(scene.unused_regions(rng.randint(1, 6))):
        at = scene.after(minutes=number * rng.uniform(0, 15))
        begun += fleet(scene.story, at, region, thief, size, scene.number(3, 25))
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(2, 60))


def taken_role(scene: Scene) -> None:
    """A role that only ever read now launches machines, where everybody does."""
    rng = scene.rng
    thief = _role(scene, rng.choice(("reporter", "frontend", "webhook")))
    size = rng.choice((scene.ground.web_size, "c6i.4xlarge", "m5.4xlarge"))
    begun = fleet(scene.story, scene.at, scene.home, thief, size, scene.number(10, 80))
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(3, 40))


def _machine(scene: Scene, size: str, hours: float) -> None:
    begun = compute.launch(scene.story, scene.at, scene.somewhere(), scene.anyone(), size)
    scene.story.trigger = begun[0].call
    scene.ends(begun, hours)


def giant_left_on(scene: Scene) -> None:
    """One huge GPU machine."""
    size = scene.rng.choice(("p4d.24xlarge", "p3.8xlarge", "g5.24xlarge", "p5.48xlarge"))
    _machine(scene, size, scene.rng.uniform(8, 60))


def small_left_on(scene: Scene) -> None:
    """A modest one, for days."""
    rng = scene.rng
    people = (*scene.ground.engineers, *scene.ground.scientists)
    size = rng.choice(("g5.xlarge", "g4dn.4xlarge", "p3.2xlarge", "m5.8xlarge", "r6i.4xlarge"))
    begun = compute.launch(scene.story, scene.at, scene.home, rng.choice(people), size)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(60, 260))


def group_without_end(scene: Scene) -> None:
    """A group grows until somebody looks."""
    group, size = scene.rng.choice(scene.ground.estate.groups)
    begun: list[Resource] = []
    for number in range(scene.number(5, 25)):
        at = scene.after(minutes=scene.rng.uniform(3, 10) * number)
        count = scene.number(4, 15)
        begun += compute.launch(scene.story, at, scene.home, SCALING, size, count, group=group)
    scene.story.trigger = begun[0].call
    scene.ends(begun, scene.rng.uniform(5, 30), SCALING)


def gateways_again(scene: Scene) -> None:
    """A retry makes a gateway and an address, every few minutes."""
    who = scene.rng.choice((scene.ground.terraform, _role(scene, "netops")))
    pace, made = scene.rng.uniform(1, 12), list[Resource]()
    for number in range(scene.number(20, 90)):
        at = scene.after(minutes=pace * number)
        made += storage.nat_gateway(scene.story, at, scene.home, who)
    scene.story.trigger = made[0].call
    end = scene.after(hours=pace * len(made) / 120 + scene.rng.uniform(5, 60))
    storage.delete_nat(scene.story, end, scene.responder(), made)


def largest_database(scene: Scene) -> None:
    """A Multi-AZ database far too large."""
    size = scene.rng.choice(("db.r5.8xlarge", "db.r6g.16xlarge", "db.m5.24xlarge"))
    who, region = scene.anyone(), scene.home
    made = databases.database(scene.story, scene.at, region, who, size, multi_az=True, size_gb=500)
    scene.story.trigger = made.call
    end = scene.after(hours=scene.rng.uniform(10, 120))
    databases.delete_database(scene.story, end, scene.responder(), made)


def endpoints_of_a_demo(scene: Scene) -> None:
    """Endpoints that nobody takes down."""
    who, rng = scene.anyone(), scene.rng
    size = rng.choice(("ml.g5.2xlarge", "ml.p3.2xlarge", "ml.g5.12xlarge"))
    made = [
        learning.endpoint(scene.story, scene.after(minutes=9 * n), scene.home, who, size, 1)
        for n in range(rng.randint(3, 6) if size == "ml.g5.2xlarge" else rng.randint(1, 4))
    ]
    scene.story.trigger = made[0].call
    for one in made:
        learning.delete_endpoint(scene.story, scene.after(hours=rng.uniform(40, 200)), who, one)


def drip(scene: Scene) -> None:
    """A machine every so often for two days."""
    rng = scene.rng
    who = rng.choice((scene.anyone(), _role(scene, "scheduler")))
    size = rng.choice(("m5.2xlarge", "c6i.2xlarge", "r5.2xlarge"))
    pace, begun = rng.uniform(40, 110), list[Resource]()
    for number in range(round(48 * 60 / pace)):
        at = scene.after(minutes=pace * number)
        begun += compute.launch(scene.story, at, scene.home, who, size)
    scene.story.trigger = begun[0].call
    scene.ends(begun, 48 + rng.uniform(5, 60))


def many_sessions(scene: Scene) -> None:
    """One role, dozens of sessions, a machine each."""
    name, begun = f"{scene.ground.purpose}-workshop", list[Resource]()
    size = scene.rng.choice(("m5.4xlarge", "g4dn.xlarge", "c5.4xlarge"))
    for number in range(scene.number(25, 60)):
        who = Who(name, "role", "Boto3/1.34", f"seat-{number}")
        at = scene.after(minutes=scene.rng.uniform(2, 12) * number)
        begun += compute.launch(scene.story, at, scene.home, who, size)
    scene.story.trigger = begun[0].call
    scene.ends(begun, scene.rng.uniform(10, 60))


def many_people(scene: Scene) -> None:
    """Dozens of people of one permission set, a machine each."""
    begun: list[Resource] = []
    size = scene.rng.choice(("m5.4xlarge", "c5.9xlarge", "g4dn.2xlarge"))
    for number in range(scene.number(25, 60)):
        who = Who(f"guest{number}@corp.example", "sso", permissions="Workshop_c3")
        at = scene.after(minutes=scene.rng.uniform(2, 12) * number)
        begun += compute.launch(scene.story, at, scene.home, who, size)
    scene.story.trigger = begun[0].call
    scene.ends(begun, scene.rng.uniform(10, 60))


def warehouse(scene: Scene) -> None:
    """A warehouse for a company ten times as large."""
    size, nodes = scene.rng.choice((("ra3.4xlarge", 6), ("ra3.16xlarge", 3), ("dc2.8xlarge", 4)))
    who = scene.anyone()
    made = analytics.warehouse(scene.story, scene.at, scene.home, who, size, nodes)
    scene.story.trigger = made.call
    analytics.delete_warehouse(scene.story, scene.after(hours=72), scene.responder(), made)


def search(scene: Scene) -> None:
    """A search cluster of the same sort."""
    who, nodes = scene.anyone(), scene.number(4, 20)
    made = analytics.search(scene.story, scene.at, scene.home, who, "r6g.4xlarge.search", nodes)
    scene.story.trigger = made.call
    analytics.delete_search(scene.story, scene.after(hours=50), scene.responder(), made)


def nodes_by_the_hundred(scene: Scene) -> None:
    """A node group of three becomes one of hundreds."""
    group, size = scene.rng.choice(scene.ground.estate.nodegroups)
    who, to = scene.anyone(), scene.number(60, 300)
    begun = analytics.scale_nodegroup(scene.story, scene.at, scene.home, who, group, size, 3, to)
    scene.story.trigger = begun[0].call
    scene.ends(begun, scene.rng.uniform(2, 30), SCALING)


def copies(scene: Scene) -> None:
    """Snapshots copied to region after region."""
    rng, made = scene.rng, list[Resource]()
    who = rng.choice((scene.anyone(), _role(scene, "archiver")))
    known = [pair for pair in scene.ground.estate.snapshots if pair[0].since < scene.at]
    sources = rng.sample(known, min(len(known), scene.number(40, 120)))
    for region in scene.unused_regions(rng.randint(2, 6)):
        for source, gb in sources:
            at = scene.after(seconds=rng.uniform(2, 30) * len(made))
            made.append(storage.copy_snapshot(scene.story, at, region, who, source, gb))
    scene.story.trigger = min((one.call for one in made), key=lambda call: call.at)
    end = scene.after(hours=rng.uniform(48, 200))
    storage.delete_snapshots(scene.story, end, scene.responder(), made)


def table(scene: Scene) -> None:
    """A table with far too much capacity."""
    units, who = scene.number(8_000, 80_000), scene.anyone()
    made = databases.table(scene.story, scene.at, scene.home, who, units, units // 2)
    scene.story.trigger = made.call
    end = scene.after(hours=scene.rng.uniform(12, 120))
    databases.delete_table(scene.story, end, scene.responder(), made)


def commitment(scene: Scene) -> None:
    """Money bound for a year: reservations or a savings plan."""
    rng, who = scene.rng, scene.anyone()
    if rng.random() < 0.5:
        hourly = round(rng.uniform(0.5, 8), 2)
        plan = commitments.savings_plan(scene.story, scene.at, who, hourly, 0.0)
    else:
        count, usd = rng.randint(2, 40), float(rng.randint(500, 60_000))
        plan = commitments.reserved_instances(scene.story, scene.at, scene.home, who, count, usd)
    scene.story.trigger = plan.call


def rented_model(scene: Scene) -> None:
    """Throughput of a model, by the hour."""
    who, units = scene.anyone(), scene.rng.randint(1, 3)
    model = "anthropic.claude-v2:1"
    made = learning.throughput(scene.story, scene.at, "us-east-1", who, model, units, False)
    scene.story.trigger = made.call
    end = scene.after(hours=scene.rng.uniform(3, 70))
    learning.delete_throughput(scene.story, end, who, made)


def outgrown(scene: Scene) -> None:
    """A server becomes enormous."""
    rng, who = scene.rng, scene.anyone()
    server = rng.choice([one for one in scene.ground.estate.servers if one.since < scene.at])
    before = str(server.parts[0][3]["class"])
    size = rng.choice(("r5.16xlarge", "m5.24xlarge", "x1e.16xlarge", "u-6tb1.56xlarge"))
    compute.stop(scene.story, scene.after(minutes=-6), who, [server])
    bigger = compute.resize(
        scene.story, scene.at, server.region, who, server.resource_id, before, size
    )
    compute.start(scene.story, scene.at + timedelta(seconds=50), who, [server])
    scene.story.resources, scene.story.trigger = [bigger], bigger.call
    scene.ground.estate.servers.remove(server)
    scene.ends([bigger], rng.uniform(20, 100), who)


USUAL: tuple[Mishap, ...] = (
    mining,
    taken_role,
    giant_left_on,
    small_left_on,
    group_without_end,
    gateways_again,
    largest_database,
    endpoints_of_a_demo,
    drip,
    many_sessions,
    warehouse,
    search,
    nodes_by_the_hundred,
    copies,
    table,
    commitment,
    rented_model,
    outgrown,
)
"""Every company has each of these."""

RARER: tuple[Mishap, ...] = (
    mining,
    many_people,
    small_left_on,
    giant_left_on,
    group_without_end,
    drip,
    commitment,
    gateways_again,
)
"""And some of these."""
