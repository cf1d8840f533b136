"""Databases, warehouses, search clusters, tables and caches far larger than what they hold."""

from __future__ import annotations

from cost_pipeline.simulate.mishaps.scene import Scene
from cost_pipeline.simulate.shapes import analytics, databases

_HUGE = ("db.r5.24xlarge", "db.r6i.32xlarge", "db.r5.16xlarge", "db.m5.24xlarge", "db.r6g.16xlarge")


def oversized_database(scene: Scene) -> None:
    """A Multi-AZ database of the largest class, for a test."""
    rng, who = scene.rng, scene.anyone()
    made = databases.database(
        scene.story,
        scene.at,
        scene.somewhere(),
        who,
        rng.choice(_HUGE),
        multi_az=True,
        size_gb=rng.choice((200, 1000, 4000)),
    )
    scene.story.trigger = made.call
    end = scene.after(hours=rng.uniform(12, 90))
    databases.delete_database(scene.story, end, who, made)


def grown_database(scene: Scene) -> None:
    """An existing database is modified to the largest class, and stays there."""
    rng, who, estate = scene.rng, scene.anyone(), scene.ground.estate
    old = rng.choice([one for one in estate.databases if one.since < scene.at])
    new = databases.grow_database(scene.story, scene.at, who, old, rng.choice(_HUGE))
    scene.story.trigger = new.call
    estate.databases.remove(old)
    end = scene.after(hours=rng.uniform(20, 90))
    back = databases.grow_database(scene.story, end, who, new, str(old.parts[0][3]["class"]))
    scene.story.resources.remove(back)
    new.until = end


def oversized_warehouse(scene: Scene) -> None:
    """A Redshift cluster with too many nodes of too large a type."""
    rng, who = scene.rng, scene.anyone()
    size, nodes = rng.choice((("ra3.16xlarge", 4), ("ra3.16xlarge", 8), ("dc2.8xlarge", 10)))
    made = analytics.warehouse(scene.story, scene.at, scene.home, who, size, nodes)
    scene.story.trigger = made.call
    end = scene.after(hours=rng.uniform(12, 80))
    analytics.delete_warehouse(scene.story, end, who, made)


def oversized_search(scene: Scene) -> None:
    """An OpenSearch domain for more logs than there will ever be."""
    rng, who = scene.rng, scene.anyone()
    size = rng.choice(("r6g.4xlarge.search", "r5.12xlarge.search", "r6g.12xlarge.search"))
    nodes = rng.randint(6, 16)
    made = analytics.search(scene.story, scene.at, scene.home, who, size, nodes, 1000)
    scene.story.trigger = made.call
    end = scene.after(hours=rng.uniform(12, 80))
    analytics.delete_search(scene.story, end, who, made)


def provisioned_table(scene: Scene) -> None:
    """A table with capacity for a thousand times its traffic."""
    rng, who = scene.rng, scene.anyone()
    reads, writes = rng.choice(((40_000, 40_000), (100_000, 20_000), (20_000, 60_000)))
    made = databases.table(scene.story, scene.at, scene.home, who, reads, writes)
    scene.story.trigger = made.call
    databases.delete_table(scene.story, scene.after(hours=rng.uniform(15, 90)), who, made)


def grown_table(scene: Scene) -> None:
    """An existing table gets a nought too many."""
    rng, who, estate = scene.rng, scene.anyone(), scene.ground.estate
    tables = [one for one in estate.tables if one.since < scene.at]
    if not tables:
        provisioned_table(scene)
        return
    old = rng.choice(tables)
    made = databases.grow_table(scene.story, scene.at, who, old, 40_000, 40_000)
    scene.story.trigger = made.call
    estate.tables.remove(old)
    databases.delete_table(scene.story, scene.after(hours=rng.uniform(15, 90)), who, made)


def huge_cache(scene: Scene) -> None:
    """A Redis group with the largest nodes, and many of them."""
    rng, who = scene.rng, scene.anyone()
    size = rng.choice(("cache.r6g.16xlarge", "cache.r5.24xlarge", "cache.r6g.12xlarge"))
    made = databases.cache(scene.story, scene.at, scene.home, who, size, rng.randint(3, 6))
    scene.story.trigger = made.call
    databases.delete_cache(scene.story, scene.after(hours=rng.uniform(15, 90)), who, made)


def too_many_shards(scene: Scene) -> None:
    """A stream with a thousand shards."""
    rng, who = scene.rng, scene.anyone()
    made = analytics.stream(scene.story, scene.at, scene.home, who, rng.choice((500, 1000, 2000)))
    scene.story.trigger = made.call
    analytics.delete_stream(scene.story, scene.after(hours=rng.uniform(15, 90)), who, made)
