"""Machines, groups, gateways and copies that nobody meant, in accounts of the fourth kind."""

from __future__ import annotations

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.outside.extent import hourly, lasting_hours
from cost_pipeline.simulate.outside.unit import FOREIGN, again, unit_of
from cost_pipeline.simulate.shapes import analytics, compute, storage
from cost_pipeline.simulate.shapes.compute import Group
from cost_pipeline.simulate.story import Resource


def giant_left_on(scene: Scene) -> None:
    """One huge machine, meant for an afternoon, runs for days."""
    sizes = (
        "p4d.24xlarge",
        "p3.16xlarge",
        "g5.48xlarge",
        "p5.48xlarge",
        "x1e.32xlarge",
        "p3.8xlarge",
    )
    who, size = scene.anyone(), scene.rng.choice(sizes)
    box = compute.launch(scene.story, scene.at, scene.somewhere(), who, size)
    scene.story.trigger = box[0].call
    scene.ends(box, scene.rng.uniform(9, 80), who)


def small_left_on(scene: Scene) -> None:
    """A small machine that somebody forgot, for days."""
    sizes = ("g4dn.xlarge", "m5.4xlarge", "r5.2xlarge", "g5.xlarge", "c5.9xlarge", "r5.4xlarge")
    people = (*scene.ground.engineers, *scene.ground.scientists)
    who, size = scene.rng.choice(people), scene.rng.choice(sizes)
    box = compute.launch(scene.story, scene.at, scene.somewhere(), who, size)
    scene.story.trigger = box[0].call
    scene.ends(box, lasting_hours(scene, hourly(box), 70, 200), who)


def endless_scaling(scene: Scene) -> None:
    """A scaling group without a sensible maximum adds machines until somebody sees it."""
    rng, unit = scene.rng, unit_of(scene.ground)
    known = unit.estate.groups or [(unit.group("web", "lt-0fe1"), unit.web_size)]
    group, size = rng.choice(known)
    every, begun = rng.choice((1.0, 3.0, 5.0, 10.0)), list[Resource]()
    for number in range(rng.randint(8, 30)):
        when, count = scene.after(minutes=number * every), rng.choice((4, 5, 10, 15))
        begun += compute.launch(
            scene.story, when, unit.home, compute.SCALING, size, count, group=group
        )
    scene.story.trigger = begun[0].call
    scene.ends(begun, 5 + lasting_hours(scene, hourly(begun), 2, 20))


def retry_loop(scene: Scene) -> None:
    """An installation fails at its last step and is tried again: gateways and addresses remain."""
    rng, unit = scene.rng, unit_of(scene.ground)
    who = rng.choice((unit.installer, unit.service_role("vpc-provision", rng)))
    every, made = rng.choice((1.5, 3.0, 6.0, 15.0)), list[Resource]()
    for number in range(rng.randint(14, 70)):
        when = scene.after(minutes=number * every)
        made += storage.nat_gateway(scene.story, when, unit.home, again(who, rng))
    scene.story.trigger = made[0].call
    hours = 18 + lasting_hours(scene, hourly(made), 4, 50)
    storage.delete_nat(scene.story, scene.after(hours=hours), scene.responder(), made)


def slow_drip(scene: Scene) -> None:
    """For two days somebody, or something, launches one small machine after another."""
    rng, unit = scene.rng, unit_of(scene.ground)
    who = rng.choice((*unit.staff, unit.service_role("worker-spawn", rng)))
    size = rng.choice(("t3.xlarge", "m5.large", "m5.xlarge", "c5.xlarge", "c5.2xlarge"))
    count = rng.randint(24, 64)
    begun: list[Resource] = []
    for number in range(count):
        hours = 48 / count * (number + rng.uniform(-0.3, 0.3))
        begun += compute.launch(scene.story, scene.after(hours=max(0, hours)), unit.home, who, size)
    begun.sort(key=lambda one: one.since)
    scene.story.trigger = begun[0].call
    scene.ends(begun, 49 + lasting_hours(scene, hourly(begun), 2, 60))


def many_hands(scene: Scene) -> None:
    """A role of many sessions: each launches a little, together a lot."""
    rng, unit = scene.rng, unit_of(scene.ground)
    size = rng.choice(("g4dn.2xlarge", "m5.4xlarge", "c5.4xlarge", "r5.4xlarge"))
    spread, begun = rng.uniform(1, 8), list[Resource]()
    for _ in range(rng.randint(15, 45)):
        when = scene.after(hours=rng.uniform(0, spread))
        who = unit.service_role(unit.shared, rng)
        begun += compute.launch(scene.story, when, unit.home, who, size, rng.choice((1, 1, 2)))
    begun.sort(key=lambda one: one.since)
    scene.story.trigger = begun[0].call
    scene.ends(begun, spread + lasting_hours(scene, hourly(begun), 4, 40))


def hundredfold_nodes(scene: Scene) -> None:
    """A node group of three that was to have thirty, and has three hundred."""
    rng, unit = scene.rng, unit_of(scene.ground)
    name = scene.story.new_name("k8s")
    fresh = Group(f"eks-{name}-ng", scene.story.new_id("lt"), name, "ng")
    known = unit.estate.nodegroups or [(fresh, "m5.large")]
    group, size = rng.choice(known)
    who, to = again(scene.anyone(), rng), rng.choice((100, 200, 300, 300))
    begun = analytics.scale_nodegroup(scene.story, scene.at, unit.home, who, group, size, 3, to)
    scene.story.trigger = begun[0].call
    scene.ends(begun, rng.uniform(3, 20), compute.SCALING)


def copied_snapshots(scene: Scene) -> None:
    """A script copies snapshots to region after region, again and again."""
    rng, unit, story = scene.rng, unit_of(scene.ground), scene.story
    who = rng.choice((*unit.engineers, unit.service_role("dr-copy", rng)))
    fresh = [
        (storage.snapshot(story, scene.after(seconds=9 * n), unit.home, who, gb), gb)
        for n, gb in enumerate(rng.choices((500, 1000, 2000, 4000), k=rng.randint(20, 60)))
    ]
    story.trigger = fresh[0][0].call
    copies = [one for one, _ in fresh]
    for turn, region in enumerate(rng.sample(FOREIGN, rng.randint(2, 4))):
        for number, (source, size) in enumerate(fresh):
            when = scene.after(minutes=15 + 25 * turn, seconds=20 * number)
            copies.append(storage.copy_snapshot(story, when, region, who, source, size))
    end = scene.after(hours=5 + lasting_hours(scene, hourly(copies), 20, 150))
    storage.delete_snapshots(story, end, scene.responder(), copies)


def enormous_resize(scene: Scene) -> None:
    """A server is stopped, made enormous, and started."""
    rng, unit = scene.rng, unit_of(scene.ground)
    running = [one for one in unit.estate.servers if one.since < scene.at and one.until is None]
    who = again(rng.choice((*unit.engineers, unit.installer)), rng)
    server = rng.choice(running) if running else None
    if server is None or rng.random() < 0.15:
        instance, before, region = scene.story.new_id("i"), "m5.large", unit.home
    else:
        unit.estate.servers.remove(server)
        instance, region = server.resource_id, server.region
        before = str(server.parts[0][3]["class"])
    size = rng.choice(
        ("x1e.32xlarge", "m5.24xlarge", "r5.24xlarge", "p3.16xlarge", "x2iedn.32xlarge")
    )
    look = scene.story.call(
        scene.at, region, who, "ec2:DescribeInstances", None, None, read_only=True
    )
    old = Resource(instance, unit.account_id, region, scene.at, look)
    compute.stop(scene.story, scene.after(minutes=1), who, [old])
    grown = compute.resize(scene.story, scene.after(minutes=4), region, who, instance, before, size)
    began = compute.start(scene.story, scene.after(minutes=6), who, [grown])[0]
    scene.story.resources.remove(grown)
    began.saves = grown.saves
    scene.story.trigger = began.call
    scene.ends([began], rng.uniform(10, 90))


def spot_flood(scene: Scene) -> None:
    """A batch queue runs wild: spot machines by the hundred."""
    rng, begun = scene.rng, list[Resource]()
    group, size = Group("", scene.story.new_id("lt")), rng.choice(("c5.9xlarge", "m5.8xlarge"))
    for number in range(rng.randint(6, 20)):
        begun += compute.launch(
            scene.story,
            scene.after(minutes=4 * number),
            scene.home,
            compute.BATCH,
            size,
            rng.choice((5, 10, 20)),
            group=group,
            spot=True,
        )
    scene.story.trigger = begun[0].call
    scene.ends(begun, 2 + lasting_hours(scene, hourly(begun), 4, 30), compute.BATCH)


def robot_never_ends(scene: Scene) -> None:
    """The pipelines' clean-up breaks: runners pile up for a day."""
    rng, unit = scene.rng, unit_of(scene.ground)
    begun: list[Resource] = []
    for number in range(rng.randint(25, 90)):
        who = unit.service_role(unit.runner, rng, "aws-sdk-go-v2/1.32.5")
        when = scene.after(minutes=number * 10 + rng.uniform(0, 9))
        begun += compute.launch(scene.story, when, unit.home, who, "c5.4xlarge")
    scene.story.trigger = begun[0].call
    scene.ends(begun, 16 + lasting_hours(scene, hourly(begun), 2, 30))
