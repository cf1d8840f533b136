"""All that Dagster loads is there, explained, and loads anywhere."""

import os
import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

from dagster import (
    AssetKey,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    ScheduleDefinition,
    SensorDefinition,
)

from cost_pipeline import orchestration
from cost_pipeline.definitions import defs

NAMES = {
    "trail_objects",
    "cost_events",
    "resources",
    "activity",
    "baselines",
    "anomalies",
    "alerts",
    "digest",
    "inventory",
    "leftovers",
    "zombies",
    "price_book",
}

_LOAD = """
import socket
def refuse(*arguments, **keywords):
    raise OSError("no network while definitions load")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from cost_pipeline.definitions import defs
defs.get_repository_def().load_all_definitions()
"""


def test_definitions_load_quickly_without_network_or_credentials() -> None:
    home = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command, spent = [sys.executable, "-c", _LOAD], []
    while len(spent) < 5 and min(spent, default=3) >= 3:  # a busy machine costs CPU time, too
        begun = os.times()
        subprocess.run(command, env=home, check=True, timeout=120)
        spent.append(sum(os.times()[2:4]) - sum(begun[2:4]))
    assert min(spent) < 3


def test_every_asset_explains_itself() -> None:
    graph = defs.resolve_asset_graph()
    keys = {key for key in graph.get_all_asset_keys() if graph.get(key).is_materializable}
    assert {key.to_user_string() for key in keys} == NAMES
    for key in keys:
        node = graph.get(key)
        assert node.description
        assert node.group_name != "default"
        assert node.kinds
        assert node.owners


def test_days_are_the_partitions_and_a_range_is_one_run() -> None:
    graph = defs.resolve_asset_graph()
    for name in NAMES - {"price_book"}:
        node = graph.get(AssetKey(name))
        assert node.partitions_def == graph.get(AssetKey("cost_events")).partitions_def
        assert node.backfill_policy is not None
        assert node.backfill_policy.max_partitions_per_run is None


def test_checks_watch_what_was_read_and_learned() -> None:
    checks = {
        (key.asset_key.to_user_string(), key.name)
        for key in defs.resolve_asset_graph().asset_check_keys
    }
    assert {
        ("cost_events", "readable"),
        ("cost_events", "no_failed_files"),
        ("cost_events", "few_unpriced_calls"),
        ("cost_events", "lag"),
        ("baselines", "coverage"),
    } <= checks


def test_every_sensor_and_schedule_that_is_written_is_loaded() -> None:
    modules = [
        import_module(f"{orchestration.__name__}.{one.name}")
        for one in iter_modules(orchestration.__path__)
    ]
    written = {
        value.name
        for module in modules
        for value in vars(module).values()
        if isinstance(value, SensorDefinition | ScheduleDefinition)
    }
    loaded = defs.get_repository_def()
    assert written == {one.name for one in (*loaded.sensor_defs, *loaded.schedule_defs)}


def test_everything_by_the_clock_runs_by_default() -> None:
    schedules = defs.get_repository_def().schedule_defs
    assert {one.name for one in schedules} >= {
        "nightly_baselines",
        "morning_digest",
        "weekly_prices",
        "monthly",
    }
    assert all(one.default_status is DefaultScheduleStatus.RUNNING for one in schedules)
    sensors = defs.get_repository_def().sensor_defs
    assert {one.name for one in sensors} >= {"trail_sensor", "failed_runs"}
    assert all(one.default_status is DefaultSensorStatus.RUNNING for one in sensors)
