"""What goes wrong in the third kind of company."""

from __future__ import annotations

from datetime import timedelta

from cost_pipeline.simulate.described.extent import machines
from cost_pipeline.simulate.described.firm import firm_of
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


def _hand(scene: Scene) -> Who:
    return scene.rng.choice((*scene.ground.engineers, *scene.ground.scientists))


def leaked_key_mining(scene: Scene) -> None:
    """A key on GitHub: GPU machines in regions that nobody uses, within minutes."""
    rng = scene.rng
    users = [one for one in scene.ground.engineers if one.kind == "user"]
    thief = rng.choice((Who("ci-bot", "user"), Who("legacy-app", "user"), *users))
    size = rng.choice(("p3.8xlarge", "p3.16xlarge", "g4dn.12xlarge", "g5.xlarge", "g4dn.xlarge"))
    begun: list[Resource] = []
    for number, region in enumerate(scene.unused_regions(rng.randint(1, 5))):
        for _ in range(rng.randint(0, 6)):
            at = scene.after(minutes=number * 2, seconds=-rng.uniform(5, 200))
            compute.refused(scene.story, at, region, thief, size)
        at = scene.after(minutes=number * rng.uniform(1, 6))
        begun += machines(scene.story, at, region, thief, size, scene.number(4, 20), per_call=4)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(3, 30))


def compromised_role(scene: Scene) -> None:
    """An application's role, never seen to launch, takes machines of a familiar type."""
    rng, firm = scene.rng, firm_of(scene.ground)
    thief = Who(f"{firm.purpose}-{rng.choice(('api', 'web', 'lambda'))}-role", "role")
    size, count = rng.choice(("m5.xlarge", "c5.2xlarge", "m5.2xlarge")), scene.number(10, 50)
    begun = machines(scene.story, scene.at, scene.home, thief, size, count, seconds=40)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(5, 40))


def huge_gpu(scene: Scene) -> None:
    """One p4d, p5 or p3.16xlarge that was meant for an hour."""
    rng = scene.rng
    size = rng.choice(("p4d.24xlarge", "p3.16xlarge", "p5.48xlarge", "g5.48xlarge"))
    who = rng.choice((_hand(scene), _hand(scene), firm_of(scene.ground).job("train")))
    begun = compute.launch(scene.story, scene.at, scene.somewhere(), who, size)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(12, 70))


def small_left_on(scene: Scene) -> None:
    """A small GPU or a middling machine that somebody forgets for days."""
    rng = scene.rng
    size = rng.choice(("g4dn.xlarge", "g4dn.2xlarge", "g5.xlarge", "p3.2xlarge", "m5.4xlarge"))
    begun = compute.launch(scene.story, scene.at, scene.home, _hand(scene), size)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(72, 220))


def runaway_autoscaling(scene: Scene) -> None:
    """A broken alarm adds a few machines every few minutes."""
    rng, (group, size) = scene.rng, scene.rng.choice(scene.ground.estate.groups)
    step, pace, begun = rng.randint(2, 10), rng.uniform(2, 10), list[Resource]()
    for number in range(scene.number(12, 40)):
        at = scene.after(minutes=pace * number)
        begun += compute.launch(scene.story, at, scene.home, SCALING, size, step, group=group)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(6, 24), SCALING)


def nat_retry_loop(scene: Scene) -> None:
    """A pipeline fails and tries again: each time a gateway and an address."""
    rng, firm = scene.rng, firm_of(scene.ground)
    who = rng.choice((firm.deployer, firm.job("network"), _hand(scene)))
    pace, made = rng.uniform(1, 10), list[Resource]()
    for number in range(scene.number(15, 80)):
        made += storage.nat_gateway(
            scene.story, scene.after(minutes=pace * number), scene.home, who
        )
    scene.story.trigger = made[0].call
    end = scene.after(hours=pace * len(made) / 120 + rng.uniform(10, 70))
    storage.delete_nat(scene.story, end, scene.responder(), made)


def oversized_database(scene: Scene) -> None:
    """Multi-AZ, and of a class for a bank."""
    rng, who = scene.rng, scene.anyone()
    size = rng.choice(("db.r5.12xlarge", "db.r5.24xlarge", "db.m5.16xlarge", "db.r6g.8xlarge"))
    made = databases.database(
        scene.story, scene.at, scene.home, who, size, multi_az=True, size_gb=1000
    )
    scene.story.trigger = made.call
    end = scene.after(hours=rng.uniform(24, 150))
    databases.delete_database(scene.story, end, scene.responder(), made)


def forgotten_endpoints(scene: Scene) -> None:
    """Models of a demo go on answering nobody."""
    rng, who = scene.rng, scene.anyone()
    size = rng.choice(("ml.g4dn.xlarge", "ml.g5.xlarge", "ml.p3.2xlarge", "ml.g5.2xlarge"))
    count = rng.randint(2, 6)
    made = [
        learning.endpoint(scene.story, scene.after(minutes=6 * n), scene.home, who, size, 1)
        for n in range(count)
    ]
    scene.story.trigger = made[0].call
    for one in made:
        learning.delete_endpoint(scene.story, scene.after(hours=rng.uniform(60, 250)), who, one)


def slow_drip(scene: Scene) -> None:
    """One actor, a small machine every half hour to two hours, for two days."""
    rng, firm = scene.rng, firm_of(scene.ground)
    who = rng.choice((_hand(scene), firm.job("etl"), firm.job("ci"), firm.job("scheduler")))
    size = rng.choice(("t3.large", "m5.large", "m5.xlarge", "c5.xlarge", "m5.2xlarge"))
    pace, begun = rng.uniform(30, 110), list[Resource]()
    for number in range(round(48 * 60 / pace)):
        at = scene.after(minutes=pace * (number + rng.uniform(-0.2, 0.2) * (number > 0)))
        begun += compute.launch(scene.story, at, scene.home, who, size)
    scene.story.trigger = begun[0].call
    scene.ends(begun, 48 + rng.uniform(4, 60))


def many_hands(scene: Scene) -> None:
    """Sessions of one role, or people of one permission set, take a machine or two each."""
    rng, firm = scene.rng, firm_of(scene.ground)
    size = rng.choice(("m5.large", "m5.xlarge", "m5.2xlarge", "g4dn.xlarge", "c5.2xlarge"))
    people, pace, begun = rng.random() < 0.35, rng.uniform(1, 10), list[Resource]()
    name = rng.choice((firm.shared, "workshop", "training-lab"))
    known = firm.people
    for number in range(scene.number(18, 50)):
        who = Who(name, "role", "Boto3/1.28", f"user-{number}")
        if people:
            who = Who(f"attendee{number}@firm.test", "sso", permissions="Workshop_9a9a")
            if rng.random() < 0.2:
                who = rng.choice(known)
        at = scene.after(minutes=pace * number)
        begun += compute.launch(scene.story, at, scene.home, who, size, rng.choice((1, 1, 1, 2)))
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(10, 50))


def oversized_warehouse(scene: Scene) -> None:
    """Redshift nodes by the dozen."""
    rng, who = scene.rng, scene.anyone()
    size, nodes = rng.choice((("ra3.4xlarge", 4), ("ra3.16xlarge", 4), ("dc2.8xlarge", 6)))
    made = analytics.warehouse(scene.story, scene.at, scene.home, who, size, nodes)
    scene.story.trigger = made.call
    end = scene.after(hours=rng.uniform(20, 120))
    analytics.delete_warehouse(scene.story, end, scene.responder(), made)


def oversized_search(scene: Scene) -> None:
    """A search cluster with more nodes than documents."""
    rng, who = scene.rng, scene.anyone()
    size = rng.choice(("r5.4xlarge.search", "r6g.2xlarge.search", "i3.4xlarge.search"))
    made = analytics.search(scene.story, scene.at, scene.home, who, size, scene.number(5, 20))
    scene.story.trigger = made.call
    analytics.delete_search(scene.story, scene.after(hours=70), scene.responder(), made)


def exploded_nodegroup(scene: Scene) -> None:
    """3 becomes 300, or nearly."""
    rng, (group, size) = scene.rng, scene.rng.choice(scene.ground.estate.nodegroups)
    who, to = scene.anyone(), rng.choice((60, 100, 200, 300))
    begun = analytics.scale_nodegroup(scene.story, scene.at, scene.home, who, group, size, 3, to)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(2, 24), SCALING)


def snapshots_everywhere(scene: Scene) -> None:
    """A script copies all snapshots to region after region."""
    rng, firm, made = scene.rng, firm_of(scene.ground), list[Resource]()
    who = rng.choice((_hand(scene), firm.job("backup"), firm.job("archive")))
    known = [pair for pair in firm.estate.snapshots if pair[0].since < scene.at]
    sources = known[-scene.number(30, 90) :]
    for region in scene.unused_regions(rng.randint(2, 5)):
        for source, gb in sources:
            at = scene.after(seconds=4 * len(made))
            made.append(storage.copy_snapshot(scene.story, at, region, who, source, gb))
    scene.story.trigger = made[0].call
    end = scene.after(hours=rng.uniform(40, 200))
    storage.delete_snapshots(scene.story, end, scene.responder(), made)


def provisioned_table(scene: Scene) -> None:
    """A zero too many in a table's capacity."""
    reads, who = scene.number(10_000, 60_000), scene.anyone()
    made = databases.table(scene.story, scene.at, scene.home, who, reads, reads // 2)
    scene.story.trigger = made.call
    end = scene.after(hours=scene.rng.uniform(20, 120))
    databases.delete_table(scene.story, end, scene.responder(), made)


def commitment(scene: Scene) -> None:
    """Money bound for a year."""
    rng, who = scene.rng, _hand(scene)
    if rng.random() < 0.5:
        hourly = round(rng.uniform(0.5, 10), 2)
        upfront = rng.choice((0.0, round(hourly * 8760, 2)))
        made = commitments.savings_plan(scene.story, scene.at, who, hourly, upfront)
    else:
        count, usd = rng.randint(5, 50), float(rng.randint(1000, 50_000))
        made = commitments.reserved_instances(scene.story, scene.at, scene.home, who, count, usd)
    scene.story.trigger = made.call


def model_throughput(scene: Scene) -> None:
    """Provisioned throughput that nobody asked for."""
    rng, who = scene.rng, scene.anyone()
    if rng.random() < 0.4:
        who = Who("marketing-site", "user")
        access.model_access(scene.story, scene.after(minutes=-30), "us-east-1", who, "claude")
    model = "anthropic.claude-v2:1"
    units = rng.randint(1, 4)
    made = learning.throughput(scene.story, scene.at, "us-east-1", who, model, units, False)
    scene.story.trigger = made.call
    end = scene.after(hours=rng.uniform(5, 80))
    learning.delete_throughput(scene.story, end, who, made)


def resized(scene: Scene) -> None:
    """A server becomes something enormous."""
    rng, who = scene.rng, scene.anyone()
    server = rng.choice([one for one in scene.ground.estate.servers if one.since < scene.at])
    before = str(server.parts[0][3]["class"])
    size = rng.choice(
        ("r5.24xlarge", "m5.24xlarge", "x1.32xlarge", "r5.16xlarge", "u-6tb1.56xlarge")
    )
    compute.stop(scene.story, scene.after(minutes=-4), who, [server])
    bigger = compute.resize(
        scene.story, scene.at, server.region, who, server.resource_id, before, size
    )
    compute.start(scene.story, scene.at + timedelta(seconds=40), who, [server])
    scene.story.resources, scene.story.trigger = [bigger], bigger.call
    scene.ground.estate.servers.remove(server)
    scene.ends([bigger], rng.uniform(20, 120), who)


USUAL: tuple[Mishap, ...] = (
    leaked_key_mining,
    compromised_role,
    huge_gpu,
    small_left_on,
    runaway_autoscaling,
    nat_retry_loop,
    oversized_database,
    forgotten_endpoints,
    slow_drip,
    many_hands,
    oversized_warehouse,
    oversized_search,
    exploded_nodegroup,
    snapshots_everywhere,
    provisioned_table,
    commitment,
    model_throughput,
    resized,
)
"""Every company has each of these."""

RARER: tuple[Mishap, ...] = USUAL
"""Some happen twice."""
