"""Prices refreshed from a site that serves offer files as AWS's Price List does."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from dagster import DagsterInstance, build_sensor_context, materialize

from cost_pipeline.aws.errors import AwsError
from cost_pipeline.aws.price_list import PriceListSite
from cost_pipeline.core.model import Price
from cost_pipeline.definitions import ASSETS
from cost_pipeline.orchestration import resources
from cost_pipeline.orchestration.assets.prices import price_book
from cost_pipeline.orchestration.pricing import PriceShelf
from cost_pipeline.orchestration.refreshing import PanicError, Refreshed, refresh
from cost_pipeline.orchestration.repricing import changed_prices
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader
from cost_pipeline.store import governance, price_terms, prices
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.offers import OfferSite, ec2_product, serving
from cost_pipeline_tests.fixtures.rows import derived
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, run_instances

M5, NEXT = "20260301000000", "20260315000000"


@pytest.fixture
def site() -> Iterator[OfferSite]:
    with serving() as one:
        yield one


def taken(database: Database, site: OfferSite, folder: Path, *regions: str) -> Refreshed:
    return refresh(
        database,
        PriceListSite(site.url, 2),
        folder,
        offers=["AmazonEC2"],
        regions=regions or ["eu-west-1"],
    )


def price(
    database: Database, day: date, name: str = "m5.large", region: str = "eu-west-1"
) -> Price:
    book = PriceShelf.open(database).book("default", day)
    return book.price("ec2", region, "ec2_instance", {"class": name})


def ireland(usd: str, name: str = "m5.large") -> object:
    return ec2_product(name, usd, "eu-west-1")


def test_a_list_price_replaces_an_estimate_in_the_past_too_and_a_newer_one_from_its_date(
    database: Database, site: OfferSite, tmp_path: Path
) -> None:
    assert price(database, date(2026, 2, 1)).basis == "estimated"
    site.publish("AmazonEC2", [ireland("0.107")], "eu-west-1", version=M5, effective="2026-03-01")
    first = taken(database, site, tmp_path)
    assert (first.loaded, first.changed, first.troubles) == (1, 1, [])
    for day in (date(2025, 1, 1), date(2026, 3, 1), date(2026, 9, 9)):
        found = price(database, day)
        assert (found.usd, found.basis) == (Decimal("0.107"), "list")
        assert "as of 2026-03-01, AWS's Price List" in found.explanation

    site.publish("AmazonEC2", [ireland("0.11")], "eu-west-1", version=NEXT, effective="2026-03-10")
    assert taken(database, site, tmp_path).changed == 1
    assert price(database, date(2026, 3, 9)).usd == Decimal("0.107")
    assert price(database, date(2026, 3, 10)).usd == Decimal("0.11")
    with database.admin() as conn:
        history = prices.history(conn, text="m5.large", region="eu-west-1")
    kept = [(row["valid_from"], row["usd"]) for row in history if row["source"] == "aws"]
    assert kept == [(date(2026, 3, 1), Decimal("0.107")), (date(2026, 3, 10), Decimal("0.11"))]


def test_the_family_s_estimates_follow_what_was_listed(
    database: Database, site: OfferSite, tmp_path: Path
) -> None:
    site.publish("AmazonEC2", [ireland("0.107"), ireland("0.214", "m5.xlarge")], "eu-west-1")
    taken(database, site, tmp_path)
    found = price(database, date(2026, 9, 9), "m5.2xlarge")
    assert found.basis == "estimated"
    assert found.usd == pytest.approx(Decimal("0.428"), rel=Decimal("0.001"))


def test_an_offer_that_was_taken_in_is_passed_by(
    database: Database, site: OfferSite, tmp_path: Path
) -> None:
    site.publish("AmazonEC2", [ireland("0.107")], "eu-west-1")
    assert taken(database, site, tmp_path).loaded == 1
    site.asked.clear()
    again = taken(database, site, tmp_path)
    assert (again.loaded, again.current, again.changed) == (0, 1, 0)
    assert [path for path, _ in site.asked if not path.endswith("region_index.json")] == []
    assert list(tmp_path.iterdir()) == []


def test_a_download_goes_on_where_it_broke_off(
    database: Database, site: OfferSite, tmp_path: Path
) -> None:
    site.publish("AmazonEC2", [ireland("0.107")], "eu-west-1")
    site.break_after = 500
    broken = taken(database, site, tmp_path)
    assert "broke off after" in broken.troubles[0]
    assert [file.stat().st_size for file in tmp_path.iterdir()] == [500]
    assert taken(database, site, tmp_path).loaded == 1
    assert site.asked[-1][1] == "bytes=500-"
    assert price(database, date(2026, 9, 9)).usd == Decimal("0.107")


@pytest.mark.parametrize(
    ("products", "head", "says"),
    [
        ([ireland("10.7")], {}, "0.4 is sane"),
        ([ireland("0.107")], {"currency": "CNY"}, "not in USD"),
        ([], {}, "none of its 0 products"),
        ([ireland("0.2")], {"version": "20250101000000"}, "before the last one"),
    ],
)
def test_a_refused_offer_says_why_and_leaves_the_prices(
    database: Database,
    site: OfferSite,
    tmp_path: Path,
    products: list[object],
    head: dict[str, str],
    says: str,
) -> None:
    site.publish("AmazonEC2", [ireland("0.107")], "eu-west-1", version=M5)
    taken(database, site, tmp_path)
    site.publish("AmazonEC2", products, "eu-west-1", **({"version": NEXT} | head))
    refused = taken(database, site, tmp_path)
    assert refused.loaded == 0
    assert says in refused.troubles[0]
    assert price(database, date(2026, 9, 9)).usd == Decimal("0.107")
    with database.admin() as conn:
        (told,) = prices.status(conn)
    assert (told["state"], told["loaded"]) == ("refused", date(2026, 3, 1))
    assert says in told["reason"]


def test_in_panic_nothing_is_fetched(database: Database, site: OfferSite, tmp_path: Path) -> None:
    with database.transaction("default") as conn:
        governance.put(conn, tenant_id="default", key=governance.PANIC, value=True, by="test")
    with pytest.raises(PanicError, match="panic off"):
        taken(database, site, tmp_path)
    assert site.asked == []


def test_a_site_that_is_away_says_so(database: Database, tmp_path: Path) -> None:
    with pytest.raises(AwsError, match="cannot be reached"):
        refresh(database, PriceListSite("http://127.0.0.1:9", 1), tmp_path, offers=["AmazonEC2"])


def test_a_site_that_falls_silent_costs_that_offer_only(
    database: Database, site: OfferSite, tmp_path: Path
) -> None:
    site.publish("AmazonEC2", [ireland("0.107")], "eu-west-1")
    site.silent = "/offers/v1.0/aws/AmazonRDS/current/region_index.json"
    told = refresh(
        database,
        PriceListSite(site.url, 0.2),
        tmp_path,
        offers=["AmazonEC2", "AmazonRDS"],
        regions=["eu-west-1"],
    )
    assert told.loaded == 1
    assert "AmazonRDS" in told.troubles[0]
    assert "broke off" in told.troubles[0]


def test_a_tenant_s_rates_come_off_and_are_its_own(database: Database) -> None:
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'Other')")
    for kind, rate in (("savings_plan", "0.3"), ("service", "0.2"), ("enterprise", "0.1")):
        put(database, kind, "ec2" if kind == "service" else "*", rate)
    shelf, day = PriceShelf.open(database), date(2026, 3, 1)
    m5 = ("ec2", "us-east-1", "ec2_instance", {"class": "m5.large"})
    own = shelf.book("default", day).price(*m5)
    assert (own.usd, own.basis) == (Decimal("0.096") * Decimal("0.63"), "discounted")
    assert "less 30 % (Savings Plan since 2026-02-01); less 10 % (enterprise" in own.explanation
    assert shelf.book("other", day).price(*m5).usd == Decimal("0.096")
    assert shelf.book("default", date(2026, 1, 31)).price(*m5).basis == "list"
    estimate = shelf.book("default", day).price("ec2", "sa-east-1", *m5[2:])
    assert estimate.basis == "estimated"


def test_a_tenant_s_spot_share_replaces_the_usual_one(database: Database) -> None:
    spot = ("ec2", "us-east-1", "ec2_instance", {"class": "m5.large", "market": "spot"})
    day = date(2026, 3, 1)
    usual = PriceShelf.open(database).book("default", day).price(*spot)
    assert (usual.usd, usual.basis) == (Decimal("0.096") * Decimal("0.4"), "spot_estimate")
    put(database, "spot", "*", "0.7")
    put(database, "savings_plan", "*", "0.5")
    own = PriceShelf.open(database).book("default", day).price(*spot)
    assert (own.usd, own.basis) == (Decimal("0.096") * Decimal("0.3"), "spot_estimate")


def put(database: Database, kind: str, service: str, rate: str) -> None:
    with database.transaction("default") as conn:
        price_terms.put(
            conn,
            tenant_id="default",
            kind=kind,  # type: ignore[arg-type]
            service=service,
            rate=Decimal(rate),
            valid_from=date(2026, 2, 1),
            valid_until=None,
            by="test",
        )
        prices.queue_days(conn, since=date(2026, 2, 1), tenant_id="default")


def read_days(instance: DagsterInstance, database: PostgresDatabase, *days: str) -> None:
    """Materialises days from their files, as a run by hand does."""
    by_day = [a for a in ASSETS if a.partitions_def is not None]
    config = {"config": {"mode": "full", "tenant_id": "default", "sweep": False}}
    for day in days:
        assert materialize(
            by_day,
            partition_key=day,
            instance=instance,
            resources={"database": database, "trails": TrailReader()},
            run_config={
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                "ops": {asset.op.name: config for asset in by_day},
            },
        ).success


def test_days_that_a_change_leaves_out_of_date_are_asked_for_and_agree_with_a_rerun(
    database: Database,
    database_resource: PostgresDatabase,
    folder: LogFolder,
    site: OfferSite,
    instance: DagsterInstance,
    tmp_path: Path,
) -> None:
    for day in (9, 10):
        folder.put([run_instances(f"e{day}", moment(day), count=2)], moment(day))
    read_days(instance, database_resource, "2026-03-09", "2026-03-10")
    site.publish("AmazonEC2", [ireland("0.107")], "eu-west-1", version=M5, effective="2026-03-01")
    assert taken(database, site, tmp_path / "offers").queued_days == 2

    resources_of = {"database": database_resource}
    with build_sensor_context(instance=instance, resources=resources_of) as context:
        (run,) = changed_prices.evaluate_tick(context).run_requests
        assert run.tags["dagster/asset_partition_range_start"] == "2026-03-09"
        assert run.tags["dagster/asset_partition_range_end"] == "2026-03-10"
        assert changed_prices.evaluate_tick(context).run_requests == []

    read_days(instance, database_resource, "2026-03-09", "2026-03-10")
    with database.transaction("default") as conn:
        events = conn.execute("SELECT hourly_cost, price_basis FROM cost_events").fetchall()
        rates = conn.execute("SELECT DISTINCT hourly_cost FROM resources").fetchall()
        assert prices.waiting_days(conn, tenant_id="default") == 0
    assert {(e["hourly_cost"], e["price_basis"]) for e in events} == {(Decimal("0.214"), "list")}
    assert [row["hourly_cost"] for row in rates] == [Decimal("0.107")]
    before = derived(database)
    read_days(instance, database_resource, "2026-03-09", "2026-03-10")
    assert derived(database) == before


def test_events_priced_while_a_price_changes_are_priced_again(
    database: Database,
    database_resource: PostgresDatabase,
    folder: LogFolder,
    instance: DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The price changes between the pricing of a day and its commit."""
    folder.put([run_instances("e9", moment(9))], moment(9))
    plain = PriceShelf.book

    def changed_meanwhile(shelf: PriceShelf, tenant_id: str, day: date) -> object:
        book = plain(shelf, tenant_id, day)
        put(database, "enterprise", "*", "0.1")
        return book

    monkeypatch.setattr(PriceShelf, "book", changed_meanwhile)
    read_days(instance, database_resource, "2026-03-09")
    with database.transaction("default") as conn:
        assert prices.queued_days(conn, tenant_id="default") == [date(2026, 3, 9)]


def test_the_asset_tells_what_it_did_and_needs_no_network(
    database_resource: PostgresDatabase,
    instance: DagsterInstance,
    site: OfferSite,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site.publish("AmazonEC2", [ireland("0.107")], "eu-west-1")
    config = {"refresh": True, "regions": ["eu-west-1"], "required": False, "seconds": 1}

    def run() -> dict[str, object]:
        resources.settings.cache_clear()
        result = materialize(
            [price_book],
            instance=instance,
            resources={"database": database_resource},
            run_config={"ops": {"price_book": {"config": config}}},
        )
        (event,) = result.asset_materializations_for_node("price_book")
        return {name: value.value for name, value in event.metadata.items()}

    monkeypatch.setenv("PRICE_LIST_URL", site.url)
    monkeypatch.setenv("PRICE_REFRESH", "false")
    assert "offers_loaded" not in run()
    assert site.asked == []
    monkeypatch.setenv("PRICE_REFRESH", "true")
    told = run()
    assert (told["offers_loaded"], told["prices_changed"]) == (1, 1)
    assert "| aws | list | 1 | 1 | 2026-09-01 |" in str(told["sources"])
    monkeypatch.setenv("PRICE_LIST_URL", "http://127.0.0.1:9")
    assert "cannot be reached" in str(run()["refresh"])
