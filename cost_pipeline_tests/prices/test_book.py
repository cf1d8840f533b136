import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline.core.calls import Attribute
from cost_pipeline.prices import book as books
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.prices.snapshot import load_snapshot


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return PriceBook.packaged()


@pytest.mark.parametrize(
    ("service", "region", "resource_type", "attributes", "usd", "basis"),
    [
        ("ec2", "us-east-1", "ec2_instance", {"class": "m5.large"}, "0.096", "list"),
        ("ec2", "us-east-1", "ec2_instance", {"class": "p5.48xlarge"}, "55.04", "list"),
        ("ec2", "us-east-1", "ec2_instance", {"class": "m5.large", "tenancy": "host"}, "0", "free"),
        ("ec2", "eu-west-1", "ec2_instance", {"class": "m5.large"}, "0.1070208", "estimated"),
        ("vpc", "us-east-1", "nat_gateway", {"class": "public"}, "0.045", "list"),
        ("vpc", "us-east-1", "elastic_ip", {}, "0.005", "list"),
        ("vpc", "ap-southeast-2", "elastic_ip", {}, "0.005", "estimated"),
        (
            "elasticache",
            "eu-west-1",
            "elasticache_cluster",
            {"class": "cache.t4g.micro", "engine": "redis"},
            "0.017",
            "list",
        ),
        (
            "rds",
            "us-east-1",
            "rds_instance",
            {"class": "db.r4.large", "engine": "aurora-mysql"},
            "0.29",
            "list",
        ),
        (
            "rds",
            "us-east-1",
            "rds_instance",
            {"class": "db.m5.large", "engine": "mysql", "multi_az": True},
            "0.342",
            "estimated",
        ),
        (
            "sagemaker",
            "us-east-1",
            "sagemaker_endpoint",
            {"class": "ml.m5.xlarge"},
            "0.2304",
            "estimated",
        ),
        ("shield", "us-east-1", "shield_subscription", {}, "36000", "estimated"),
    ],
)
def test_prices(
    book: PriceBook,
    service: str,
    region: str,
    resource_type: str,
    attributes: dict[str, Attribute],
    usd: str,
    basis: str,
) -> None:
    price = book.price(service, region, resource_type, attributes)
    assert (price.usd, price.basis) == (Decimal(usd), basis)
    assert price.explanation


@pytest.mark.parametrize(
    ("resource_type", "attributes", "explanation"),
    [
        ("ec2_instance", {"class": "z99.mega"}, "no price for z99.mega"),
        ("ec2_instance", {}, "does not say class"),
        ("ec2_teapot", {}, "no price is known for ec2 ec2_teapot"),
        ("ebs_volume", {"class": "gp3"}, "does not say size_gb"),
    ],
)
def test_what_is_unknown_is_unpriced_and_never_zero(
    book: PriceBook, resource_type: str, attributes: dict[str, Attribute], explanation: str
) -> None:
    price = book.price("ec2", "us-east-1", resource_type, attributes)
    assert (price.usd, price.basis) == (None, "unpriced")
    assert explanation in price.explanation


def test_parts_add_up(book: PriceBook) -> None:
    attributes: dict[str, Attribute] = {
        "class": "gp3",
        "size_gb": Decimal(1000),
        "iops": Decimal(10_000),
        "throughput": Decimal(125),
    }
    price = book.price("ec2", "us-east-1", "ebs_volume", attributes)
    assert price.usd is not None
    assert round(price.usd * 730, 4) == Decimal("115.0000")


def test_the_case_of_attributes_does_not_matter(book: PriceBook) -> None:
    price = book.price("vpc", "us-east-1", "vpc_endpoint", {"class": "Interface"})
    assert price.usd == Decimal("0.01")


def test_loading_is_fast_and_done_once() -> None:
    started = time.process_time()
    load_snapshot()
    assert time.process_time() - started < 1.5
    assert PriceBook.packaged() is PriceBook.packaged()


def test_who_asks_at_the_same_time_gets_the_same_prices() -> None:
    books._packaged.cache_clear()
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(PriceBook.packaged)
        second = pool.submit(PriceBook.packaged)
        of_day = pool.submit(PriceBook.of_day, date(2026, 7, 20), lambda *_: ())
    assert first.result() is second.result()
    assert first.result().snapshot is of_day.result().snapshot


def test_rows_fit_the_table_and_its_key(book: PriceBook) -> None:
    rows = list(book.rows())
    key = ("service", "region", "resource_type", "attributes", "valid_from")
    assert len({tuple(row[column] for column in key) for row in rows}) == len(rows) > 15_000
    assert all(row["usd"] >= 0 and row["unit"] and row["source"] for row in rows)
    assert max(row["as_of"] for row in rows) == book.as_of


def test_every_price_says_how_old_it_is(book: PriceBook) -> None:
    listed = book.price("ec2", "us-east-1", "ec2_instance", {"class": "m5.large"})
    assert listed.explanation == "EC2 m5.large linux (0.096 USD an hour as of 2026-07-20)"
    known = book.price("apprunner", "us-east-1", "apprunner_service", {"memory_gb": Decimal(2)})
    assert "as of 2025-07-01, as generally known" in known.explanation
    assert known.basis == "estimated"


def test_only_what_a_price_list_says_is_list(book: PriceBook) -> None:
    """Prices that stand in rules are generally known; they come out as estimates everywhere."""
    general = [row for row in book.rows() if row["source"] == "general"]
    assert len(general) > 200
    assert {row["basis"] for row in general} == {"estimated"}
    listed = {row["source"] for row in book.rows() if row["basis"] == "list"}
    assert listed == {"examples", "karpenter", "vantage-via-leanercloud"}


@pytest.mark.parametrize(
    ("region", "name", "about"),
    [
        ("eu-west-1", "m5.large", 0.107),  # what EC2 does cost there
        ("eu-west-1", "t3.medium", 0.0456),
        ("sa-east-1", "m5.large", 0.153),
        ("sa-east-1", "r5.large", 0.201),
        ("ap-southeast-2", "c5.large", 0.111),
        ("eu-west-1", "g4dn.xlarge", 0.587),
    ],
)
def test_ec2_in_other_regions_is_near_what_it_costs(
    book: PriceBook, region: str, name: str, about: float
) -> None:
    price = book.price("ec2", region, "ec2_instance", {"class": name})
    assert price.basis == "estimated"
    assert price.usd is not None
    assert float(price.usd) == pytest.approx(about, rel=0.05)


def test_an_unknown_size_of_a_known_family_is_estimated_by_its_size(book: PriceBook) -> None:
    price = book.price("ec2", "us-east-1", "ec2_instance", {"class": "m5.7xlarge"})
    assert (price.usd, price.basis) == (Decimal("1.344"), "estimated")
    assert "by its size, from m5.8xlarge" in price.explanation


def test_a_machine_of_another_service_costs_as_its_ec2_type_does(book: PriceBook) -> None:
    """GPU families are not linear in size: the EC2 type behind the class gives the shape."""
    large = book.price("sagemaker", "us-east-1", "sagemaker_endpoint", {"class": "ml.g5.12xlarge"})
    assert large.usd is not None
    assert round(large.usd, 2) == Decimal("7.94")
    assert "as 1.4 × EC2 g5.12xlarge" in large.explanation


def test_options_are_in_the_price(book: PriceBook) -> None:
    def usd(resource_type: str, service: str, **attributes: Attribute) -> Decimal:
        price = book.price(service, "us-east-1", resource_type, attributes)
        assert price.usd is not None, price.explanation
        return price.usd

    plain = usd("ec2_instance", "ec2", **{"class": "m5.large"})
    windows = usd("ec2_instance", "ec2", **{"class": "m5.large", "os": "windows"})
    dedicated = usd("ec2_instance", "ec2", **{"class": "m5.large", "tenancy": "dedicated"})
    assert plain < dedicated < windows == Decimal("0.188")
    database = {"class": "db.r6g.16xlarge", "engine": "postgres"}
    single = usd("rds_instance", "rds", **database)
    double = usd("rds_instance", "rds", multi_az=True, **database)
    stored = usd("rds_instance", "rds", size_gb=Decimal(730), storage_type="gp3", **database)
    licensed = usd("rds_instance", "rds", **{"class": "db.r6i.16xlarge", "engine": "sqlserver-ee"})
    assert double == 2 * single
    assert stored - single == Decimal("0.115")
    assert licensed > 3 * single
