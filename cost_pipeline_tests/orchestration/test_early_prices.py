"""Prices come before a trail's past is read, the regions with the most log first."""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from dagster import DagsterInstance, build_sensor_context

from cost_pipeline.aws.price_list import PriceListSite
from cost_pipeline.aws.trails import open_trail
from cost_pipeline.orchestration import early_prices, progress, resources
from cost_pipeline.orchestration.early_prices import beside
from cost_pipeline.orchestration.estimating import busiest_regions
from cost_pipeline.orchestration.repricing import missing_prices
from cost_pipeline.orchestration.resources import PostgresDatabase
from cost_pipeline.orchestration.run_range import run_range
from cost_pipeline.store import prices
from cost_pipeline.store.database import Database, DatabaseUnavailableError
from cost_pipeline_tests.fixtures.offers import OfferSite, ec2_product, serving
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, run_instances

DAY = date(2026, 3, 10)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[OfferSite]:
    with serving() as one:
        for region, usd in (("us-east-1", "0.096"), ("eu-west-1", "0.107")):
            one.publish("AmazonEC2", [ec2_product("m5.large", usd, region)], region)
        monkeypatch.setenv("PRICE_LIST_URL", one.url)
        monkeypatch.setenv("PRICE_REFRESH", "true")
        yield one


def _files(site: OfferSite) -> list[str]:
    """The regions whose offers were fetched, in order."""
    return [path.split("/")[-2] for path, _ in site.asked if not path.endswith("region_index.json")]


def _read(url: str, folder: LogFolder) -> list[str]:
    told: list[str] = []
    run_range(
        url,
        trail_url=str(folder.root),
        since=DAY,
        until=DAY,
        tenant_id="default",
        listener=lambda step: told.append(f"{step.asset}: {step.note}"),
        refresh_prices=None,
    )
    return told


def test_the_past_is_priced_from_the_list_at_once(
    database: Database, folder: LogFolder, site: OfferSite, settings: None
) -> None:
    folder.put([run_instances("e", moment(10))], moment(10))
    resources.settings.cache_clear()
    _read(resources.settings().require_database_url(), folder)
    assert _files(site) == ["us-east-1", "eu-west-1"]
    with database.transaction("default") as conn:
        (event,) = conn.execute("SELECT hourly_cost, price_basis FROM cost_events").fetchall()
        assert prices.waiting_days(conn, tenant_id="default") == 0
    assert (event["hourly_cost"], event["price_basis"]) == (Decimal("0.107"), "list")


def test_what_takes_too_long_follows_beside_the_reading(
    database: Database,
    folder: LogFolder,
    site: OfferSite,
    settings: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder.put([run_instances("e", moment(10))], moment(10))
    monkeypatch.setenv("PRICE_WAIT_MINUTES", "0.000001")
    resources.settings.cache_clear()
    told = _read(resources.settings().require_database_url(), folder)
    assert [one for one in told if "42 of 42 price lists follow" in one], told
    assert _files(site)[:1] == ["us-east-1"]


def test_it_ends_with_the_reading_and_goes_on_another_time(
    database: Database, database_url: str, site: OfferSite, tmp_path: Path
) -> None:
    site.silent = next(
        f"/offers/v1.0/aws/AmazonEC2/{version}/us-east-1/index.json"
        for version, _ in site.current.values()
    )
    told: list[progress.Step] = []
    begun = time.monotonic()
    with (
        progress.listening(told.append),
        beside(database_url, PriceListSite(site.url, 2), tmp_path, ["us-east-1", "eu-west-1"]),
    ):
        while not told:
            time.sleep(0.01)
    assert time.monotonic() - begun < 10
    assert "the rest follows" in told[-1].note


def test_a_database_that_goes_away_leaves_the_reading_alone(
    database_url: str, site: OfferSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*args: object, **options: object) -> None:
        raise DatabaseUnavailableError("Postgres does not answer")

    monkeypatch.setattr(early_prices, "refresh", refused)
    told: list[progress.Step] = []
    with (
        progress.listening(told.append),
        beside(database_url, PriceListSite(site.url, 2), tmp_path, ["us-east-1"]),
    ):
        pass
    assert told[-1].note == "Postgres does not answer"


def test_regions_come_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    folder = LogFolder(tmp_path / "trail")
    few, many = (
        run_instances("a", moment(10)),
        [run_instances(f"b{n}", moment(10)) for n in range(99)],
    )
    folder.put([few], moment(10))
    busy = folder.put(many, moment(10), name="bbbb")
    moved = Path(str(busy).replace("eu-west-1", "ap-south-1"))
    moved.parent.mkdir(parents=True)
    busy.rename(moved)
    source = open_trail(str(folder.root))
    days = [DAY + timedelta(days=n) for n in range(3)]
    assert busiest_regions(source, days) == ("ap-south-1", "eu-west-1")
    source.close()


def test_a_region_with_events_and_without_prices_is_asked_for_once_a_day(
    database: Database,
    database_resource: PostgresDatabase,
    folder: LogFolder,
    site: OfferSite,
    instance: DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder.put([run_instances("e", moment(10))], moment(10))
    monkeypatch.setenv("PRICE_REFRESH", "false")
    resources.settings.cache_clear()
    _read(resources.settings().require_database_url(), folder)
    monkeypatch.setenv("PRICE_REFRESH", "true")
    resources.settings.cache_clear()
    cursor, asked = None, []
    for _ in range(3):
        with build_sensor_context(
            instance=instance, resources={"database": database_resource}, cursor=cursor
        ) as context:
            found = missing_prices.evaluate_tick(context)
        cursor = found.cursor
        asked += [
            run.run_config["ops"]["price_book"]["config"]["regions"]
            for run in found.run_requests or ()
        ]
    assert asked == [["us-east-1"], ["eu-west-1"]]
