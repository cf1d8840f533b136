import time
from decimal import Decimal

import pytest

from cost_pipeline.core.calls import Attribute
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
        ("ec2", "eu-west-1", "ec2_instance", {"class": "m5.large"}, "0.106752", "estimated"),
        ("vpc", "us-east-1", "nat_gateway", {"class": "public"}, "0.045", "list"),
        ("vpc", "ap-southeast-2", "elastic_ip", {}, "0.005", "list"),
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
            {"class": "db.r5.large", "engine": "aurora"},
            "0.29",
            "list",
        ),
        (
            "rds",
            "us-east-1",
            "rds_instance",
            {"class": "db.m5.large", "engine": "mysql", "multi_az": True},
            "0.342",
            "list",
        ),
        (
            "sagemaker",
            "us-east-1",
            "sagemaker_endpoint",
            {"class": "ml.m5.xlarge"},
            "0.2304",
            "estimated",
        ),
        ("shield", "us-east-1", "shield_subscription", {}, "36000", "list"),
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


def test_rows_fit_the_table_and_its_key(book: PriceBook) -> None:
    rows = list(book.rows())
    key = ("service", "region", "resource_type", "attributes", "valid_from")
    assert len({tuple(row[column] for column in key) for row in rows}) == len(rows) > 15_000
    assert all(row["usd"] >= 0 and row["unit"] and row["source"] for row in rows)
    assert max(row["as_of"] for row in rows) == book.as_of
