"""Databases, clusters, models and commitments far too large, in accounts of the fourth kind."""

from __future__ import annotations

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.outside.extent import hourly, lasting_hours
from cost_pipeline.simulate.outside.projects import define_task, scale_tasks
from cost_pipeline.simulate.outside.unit import again, unit_of
from cost_pipeline.simulate.shapes import analytics, commitments, databases, learning


def oversized_database(scene: Scene) -> None:
    """A Multi-AZ database of the largest class, for something small."""
    size = scene.rng.choice(
        ("db.r5.24xlarge", "db.r6g.16xlarge", "db.m6i.32xlarge", "db.r5.16xlarge")
    )
    who = again(scene.anyone(), scene.rng)
    made = databases.database(
        scene.story, scene.at, scene.home, who, size, multi_az=True, size_gb=scene.number(200, 4000)
    )
    scene.story.trigger = made.call
    end = scene.after(hours=lasting_hours(scene, made.rate, 8, 110))
    databases.delete_database(scene.story, end, scene.responder(), made)


def oversized_warehouse(scene: Scene) -> None:
    """A warehouse with a nought too many."""
    size, least, most = scene.rng.choice((("ra3.16xlarge", 4, 24), ("ra3.4xlarge", 8, 32)))
    who = again(scene.anyone(), scene.rng)
    made = analytics.warehouse(
        scene.story, scene.at, scene.home, who, size, scene.number(least, most)
    )
    scene.story.trigger = made.call
    end = scene.after(hours=scene.rng.uniform(6, 70))
    analytics.delete_warehouse(scene.story, end, scene.responder(), made)


def oversized_search(scene: Scene) -> None:
    """A search cluster for a few gigabytes, of the largest machines."""
    sizes = ("r6g.12xlarge.search", "i3.16xlarge.search", "r5.12xlarge.search")
    who, size = again(scene.anyone(), scene.rng), scene.rng.choice(sizes)
    nodes = scene.number(4, 24)
    made = analytics.search(scene.story, scene.at, scene.home, who, size, nodes, 500)
    scene.story.trigger = made.call
    end = scene.after(hours=scene.rng.uniform(6, 80))
    analytics.delete_search(scene.story, end, scene.responder(), made)


def provisioned_table(scene: Scene) -> None:
    """A table with provisioned capacity far above its use."""
    who, units = again(scene.anyone(), scene.rng), scene.number(15_000, 80_000)
    made = databases.table(scene.story, scene.at, scene.home, who, units, units)
    scene.story.trigger = made.call
    end = scene.after(hours=lasting_hours(scene, made.rate, 10, 90))
    databases.delete_table(scene.story, end, scene.responder(), made)


def grown_database(scene: Scene) -> None:
    """A database is made twenty times as large, at once."""
    rng, unit = scene.rng, unit_of(scene.ground)
    standing = [one for one in unit.estate.databases if one.since < scene.at]
    if not standing:
        oversized_database(scene)
        return
    old, size = rng.choice(standing), rng.choice(("db.r5.24xlarge", "db.r5.12xlarge"))
    unit.estate.databases.remove(old)
    who = again(scene.anyone(), rng)
    grown = databases.grow_database(scene.story, scene.at, who, old, size)
    scene.story.trigger = grown.call
    end = scene.after(hours=lasting_hours(scene, grown.hourly_cost, 10, 100))
    before = str(old.parts[0][3]["class"])
    back = databases.grow_database(scene.story, end, scene.responder(), grown, before)
    scene.story.resources.remove(back)
    grown.until = end


def huge_cache(scene: Scene) -> None:
    """A cache of terabytes."""
    who, nodes = again(scene.anyone(), scene.rng), scene.number(3, 12)
    made = databases.cache(scene.story, scene.at, scene.home, who, "cache.r5.24xlarge", nodes)
    scene.story.trigger = made.call
    end = scene.after(hours=scene.rng.uniform(10, 70))
    databases.delete_cache(scene.story, end, scene.responder(), made)


def huge_flow(scene: Scene) -> None:
    """A cluster for one query, and nobody ends it."""
    rng, who = scene.rng, scene.rng.choice((*scene.ground.scientists, *scene.ground.engineers))
    nodes = scene.number(25, 100)
    flow = analytics.job_flow(scene.story, scene.at, scene.home, who, "m5.4xlarge", nodes)
    scene.story.trigger = flow[0].call
    end = scene.after(hours=rng.uniform(10, 50))
    analytics.end_job_flow(scene.story, end, scene.responder(), flow)


def flooded_service(scene: Scene) -> None:
    """A service of containers is set to hundreds of tasks by a slip of the finger."""
    story, who = scene.story, again(scene.anyone(), scene.rng)
    name, count = story.new_name("svc"), scene.number(200, 2000)
    define_task(story, scene.at, scene.home, who, name)
    scale_tasks(story, scene.after(minutes=2), scene.home, who, name, count)
    call = story.calls[-1]
    resource = f"ecs-service/{scene.home}/{story.account}/apps/{name}"
    flood = story.begins(call, resource, "ecs", "fargate_task", count=count, vcpu=1, memory_gb=2)
    story.trigger = call
    end = scene.after(hours=lasting_hours(scene, flood.rate, 4, 40))
    scale_tasks(story, end, scene.home, who, name, 2)
    flood.until = end


def forgotten_endpoints(scene: Scene) -> None:
    """Endpoints of a demonstration that nobody takes down."""
    rng = scene.rng
    who = rng.choice(scene.ground.scientists)
    size = rng.choice(("ml.g5.12xlarge", "ml.p3.8xlarge", "ml.m5.24xlarge", "ml.g5.2xlarge"))
    made = [
        learning.endpoint(
            scene.story, scene.after(minutes=17 * number), scene.home, who, size, rng.randint(1, 2)
        )
        for number in range(rng.randint(1, 4))
    ]
    scene.story.trigger = made[0].call
    end = lasting_hours(scene, hourly(made), 30, 170)
    for number, one in enumerate(made):
        learning.delete_endpoint(scene.story, scene.after(hours=end, minutes=number), who, one)


def training_marathon(scene: Scene) -> None:
    """A script starts one training job after another."""
    rng, who = scene.rng, scene.rng.choice(scene.ground.scientists)
    size, hours = rng.choice(("ml.p3.8xlarge", "ml.g5.12xlarge")), rng.randint(4, 20)
    jobs = [
        learning.training(
            scene.story, scene.after(minutes=6 * number), scene.home, who, size, 1, hours
        )
        for number in range(rng.randint(6, 20))
    ]
    scene.story.trigger = jobs[0].call


def huge_notebook(scene: Scene) -> None:
    """A notebook on eight GPUs, open since Friday."""
    rng, who = scene.rng, scene.rng.choice(scene.ground.scientists)
    size = rng.choice(("ml.p3.8xlarge", "ml.g5.12xlarge", "ml.p4d.24xlarge"))
    lab = learning.notebook(scene.story, scene.at, scene.home, who, size)
    scene.story.trigger = lab.call
    end = scene.after(hours=rng.uniform(15, 90))
    learning.switch_notebook(scene.story, end, who, lab, on=False)
    lab.until = end


def model_throughput(scene: Scene) -> None:
    """Provisioned throughput for a model that a handful of people try."""
    rng = scene.rng
    model = rng.choice(("anthropic.claude-3-haiku-20240307-v1:0", "amazon.titan-text-express-v1"))
    who = rng.choice((*scene.ground.scientists, *scene.ground.engineers))
    units, committed = rng.randint(1, 4), rng.random() < 0.4
    bought = learning.throughput(scene.story, scene.at, scene.home, who, model, units, committed)
    scene.story.trigger = bought.call
    if not committed:
        end = scene.after(hours=rng.uniform(8, 90))
        learning.delete_throughput(scene.story, end, scene.responder(), bought)


def commitment(scene: Scene) -> None:
    """Somebody who should not commits the company for a year or three."""
    rng, story, who = scene.rng, scene.story, again(scene.anyone(), scene.rng)
    kind = rng.randrange(4)
    if kind == 0:
        bought = commitments.savings_plan(story, scene.at, who, rng.uniform(3, 40), 0.0)
    elif kind == 1:
        usd = rng.uniform(900, 20_000)
        bought = commitments.reserved_instances(story, scene.at, scene.home, who, 10, usd)
    elif kind == 2:
        fixed = rng.uniform(800, 9000)
        bought = commitments.reserved_databases(
            story, scene.at, scene.home, who, 3, "db.r5.2xlarge", fixed
        )
    else:
        bought = commitments.capacity_reservation(
            story, scene.at, scene.home, who, "p3.8xlarge", rng.randint(1, 4)
        )
        end = scene.after(hours=rng.uniform(20, 100))
        commitments.cancel_reservation(story, end, scene.responder(), bought)
    story.trigger = bought.call
