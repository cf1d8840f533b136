"""Single mishaps: their records have AWS's shapes, and their labels say what they add."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cost_pipeline.simulate.habits.estate import foundations
from cost_pipeline.simulate.habits.jobs import nightly_snapshots
from cost_pipeline.simulate.labels import Label
from cost_pipeline.simulate.landscape import UNUSED, Window, accounts_of
from cost_pipeline.simulate.mishaps import drips, fleets, loops, machines, stolen_keys
from cost_pipeline.simulate.mishaps.deck import Incident
from cost_pipeline.simulate.mishaps.scene import Mishap, Scene
from cost_pipeline.simulate.story import Story

WINDOW = Window(date(2026, 1, 5), 45, 14)
AT = datetime(2026, 2, 3, 12, tzinfo=UTC)


def told(mishap: Mishap, seed: int = 1) -> Scene:
    rng = random.Random(seed)  # noqa: S311 - made-up data
    ground = accounts_of(seed, 1)[0]
    foundations(ground, WINDOW, rng)
    nightly_snapshots(ground, replace(WINDOW, days=5), rng)
    scene = Scene(ground, AT, rng, Story("mishap", ground.account_id))
    mishap(scene)
    return scene


def label(scene: Scene) -> Label:
    return Label.of(Incident("any", True, scene.story), WINDOW.end)


def names(scene: Scene) -> list[str]:
    return [call.name for call in sorted(scene.story.calls, key=lambda call: call.at)]


def test_a_leaked_key_mines_where_nobody_works_after_some_preparation() -> None:
    scenes = [told(stolen_keys.leaked_key, seed) for seed in range(12)]
    before: set[str] = set()
    for scene in scenes:
        launches = [c for c in scene.story.calls if c.name == "RunInstances" and not c.error]
        assert {call.region for call in launches} <= set(UNUSED)
        assert label(scene).start == min(call.at for call in launches)
        before |= {call.name for call in scene.story.calls if call.at < label(scene).start}
    wanted = {"CreateAccessKey", "EnableRegion", "RequestServiceQuotaIncrease", "RunInstances"}
    assert wanted <= before


def test_a_resize_adds_the_difference() -> None:
    scene = told(machines.resized)
    assert names(scene)[:3] == ["StopInstances", "ModifyInstanceAttribute", "StartInstances"]
    bigger = scene.story.resources[0]
    assert bigger.saves > 0
    assert label(scene).resources[0].hourly_cost == pytest.approx(bigger.rate - bigger.saves)


def test_the_machines_of_a_node_group_are_priced_and_its_update_is_not() -> None:
    scene = told(fleets.exploded_nodegroup)
    assert names(scene)[:2] == ["UpdateNodegroupConfig", "RunInstances"]
    assert {one.call.name for one in scene.story.resources} == {"RunInstances"}
    launch = next(call for call in scene.story.calls if call.name == "RunInstances").record()
    tags = launch["requestParameters"]["tagSpecificationSet"]["items"][0]["tags"]
    assert "eks:nodegroup-name" in {tag["key"] for tag in tags}
    assert launch["userIdentity"]["invokedBy"] == "autoscaling.amazonaws.com"


def test_a_loop_makes_an_address_with_every_gateway() -> None:
    kinds = [one.resource_id.partition("-")[0] for one in told(loops.nat_loop).story.resources]
    assert kinds.count("nat") == kinds.count("eipalloc") >= 25


def test_many_hands_are_sessions_of_one_role() -> None:
    launches = [c for c in told(drips.many_hands).story.calls if c.name == "RunInstances"]
    arns = [call.record()["userIdentity"]["arn"].split("/") for call in launches]
    assert len({role for _, role, _ in arns}) == 1
    assert len({session for _, _, session in arns}) == len(launches) >= 20


def test_copies_cost_what_their_sources_hold() -> None:
    scene = told(fleets.copied_snapshots)
    first = scene.story.calls[0]
    source = (first.request or {})["sourceSnapshotId"]
    known = {one.resource_id: gb for one, gb in scene.ground.estate.snapshots}
    if source in known:
        month = label(scene).resources[0].hourly_cost * 730
        assert month == pytest.approx(known[source] * 0.05, rel=0.5)
    assert {call.region for call in scene.story.calls} <= set(UNUSED)


def test_what_outlives_the_window_is_counted_until_its_end() -> None:
    scene = told(machines.small_left_on)
    cut = Label.of(Incident("any", True, scene.story), AT + timedelta(hours=10))
    assert cut.running_cost == pytest.approx(10 * scene.story.resources[0].hourly_cost)
    assert len(cut.event_ids) == 1
