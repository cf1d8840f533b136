"""All that Dagster loads, wired in one place; loading touches neither network nor database."""

from dagster import Definitions

from cost_pipeline.orchestration.answering import app_requests
from cost_pipeline.orchestration.assets import detection, digest, leaving, prices, trail, waste
from cost_pipeline.orchestration.executors import executor_of
from cost_pipeline.orchestration.integrity_check import digests
from cost_pipeline.orchestration.lookups import lookup_sensor
from cost_pipeline.orchestration.repricing import changed_prices, missing_prices
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader, settings
from cost_pipeline.orchestration.schedules import (
    monthly,
    morning_digest,
    morning_sweep,
    nightly_baselines,
    waiting_alerts,
    weekly_prices,
)
from cost_pipeline.orchestration.sensors import failed_runs, trail_sensor
from cost_pipeline.orchestration.upkeep import monthly_upkeep

ASSETS = [
    prices.price_book,
    trail.trail_objects,
    trail.cost_events,
    trail.resource_spans,
    leaving.leftovers,
    detection.activity,
    detection.baselines,
    detection.anomalies,
    detection.alerts,
    waste.inventory,
    waste.zombies,
    digest.digest,
]

defs = Definitions(
    assets=ASSETS,
    asset_checks=[digests],
    jobs=[monthly_upkeep],
    schedules=[
        nightly_baselines,
        morning_sweep,
        morning_digest,
        waiting_alerts,
        weekly_prices,
        monthly,
    ],
    sensors=[
        trail_sensor,
        lookup_sensor,
        failed_runs,
        changed_prices,
        missing_prices,
        app_requests,
    ],
    resources={"database": PostgresDatabase(), "trails": TrailReader()},
    executor=executor_of(settings()),
)
