"""Offer files of the true shape, read."""

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cost_pipeline.prices.offers import offer_maps, place_of, plain_name
from cost_pipeline.prices.price_list import Offer, OfferError, parse_csv, parse_json
from cost_pipeline.prices.snapshot import load_snapshot
from cost_pipeline.prices.verify import problems
from cost_pipeline_tests.fixtures.offers import ec2_product, offer_json

PRODUCTS = [
    ec2_product("m5.large", "0.096"),
    ec2_product("m5.large", "0.188", operatingSystem="Windows"),
    ec2_product("m5.large", "0.102", tenancy="Dedicated"),
    ec2_product("m5.large", "0.09", capacitystatus="UnusedCapacityReservation"),
    ec2_product("m5.large", "0.576", preInstalledSw="SQL Std", operatingSystem="Windows"),
    ec2_product("m5.xlarge", "0.192"),
    ec2_product("m5.xlarge", "0.23", "us-east-1-bos-1", locationType="AWS Local Zone"),
]


def read(content: bytes, code: str = "AmazonEC2", region: str = "us-east-1") -> Offer:
    return parse_json(lambda: io.BytesIO(content), code, region)


def prices(offer: Offer) -> dict[str, Decimal]:
    return {f"{p.place.table} {p.place.key} {p.place.variant}".strip(): p.usd for p in offer.prices}


def test_an_offer_yields_what_rules_ask_for() -> None:
    offer = read(offer_json("AmazonEC2", PRODUCTS))
    assert (offer.version, offer.published) == ("20260901000000", date(2026, 9, 1))
    assert offer.products == len(PRODUCTS)
    assert prices(offer) == {
        "ec2 m5.large linux": Decimal("0.096"),
        "ec2 m5.large windows": Decimal("0.188"),
        "ec2 m5.large linux dedicated": Decimal("0.102"),
        "ec2 m5.xlarge linux": Decimal("0.192"),
    }


def test_terms_in_the_other_order_are_read_too() -> None:
    document = json.loads(offer_json("AmazonEC2", PRODUCTS))
    document["terms"] = dict(reversed(document["terms"].items()))
    reordered = read(json.dumps(document).encode())
    assert prices(reordered) == prices(read(offer_json("AmazonEC2", PRODUCTS)))


def test_csv_says_the_same() -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows(
        [
            ["FormatVersion", "v1.0"],
            ["Disclaimer", "This pricing list is for informational purposes only."],
            ["Publication Date", "2026-09-01T00:00:00Z"],
            ["Version", "20260901000000"],
            ["OfferCode", "AmazonEC2"],
        ]
    )
    names = [
        *("SKU", "OfferTermCode", "TermType", "PriceDescription", "EffectiveDate"),
        *("StartingRange", "EndingRange", "Unit", "PricePerUnit", "Currency", "Product Family"),
        *("Location Type", "Instance Type", "Operating System", "License Model", "CapacityStatus"),
        *("Pre Installed S/W", "Tenancy", "usageType", "MarketOption", "Region Code"),
    ]
    writer.writerow(names)
    for term, divide in (("OnDemand", 1), ("Reserved", 2)):
        for number, product in enumerate(PRODUCTS):
            attributes = {plain_name(n): v for n, v in product["attributes"].items()}
            row = {
                "sku": str(number),
                "termtype": term,
                "effectivedate": "2026-09-01",
                "startingrange": "0",
                "unit": "Hrs",
                "currency": "USD",
                "priceperunit": f"{float(product['usd']) / divide:.10f}",
                "productfamily": product["productFamily"],
                **attributes,
            }
            writer.writerow([row.get(plain_name(name), "") for name in names])
    offer = parse_csv(io.StringIO(text.getvalue()), "AmazonEC2", "us-east-1")
    assert prices(offer) == prices(read(offer_json("AmazonEC2", PRODUCTS)))
    assert (offer.version, offer.published) == ("20260901000000", date(2026, 9, 1))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (offer_json("AmazonEC2", PRODUCTS)[:3000], "cut off"),
        (b"<html>Service Unavailable</html>", "no JSON"),
        (offer_json("AmazonRDS", []), "is of AmazonRDS"),
    ],
)
def test_what_is_no_offer_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(OfferError, match=says):
        read(content)


@pytest.mark.parametrize(
    ("offer", "last_count", "says"),
    [
        (offer_json("AmazonEC2", PRODUCTS, currency="CNY"), None, "in CNY, not in USD"),
        (offer_json("AmazonEC2", []), None, "none of its 0 products"),
        (offer_json("AmazonEC2", PRODUCTS), 10, "it has 4 prices, the last one had 10"),
        (offer_json("AmazonEC2", [ec2_product("m5.large", "9.6")]), None, "0.4 is sane"),
        (offer_json("AmazonEC2", [ec2_product("x9.big", "96000")]), None, "96000"),
    ],
)
def test_what_cannot_be_true_is_refused(offer: bytes, last_count: int | None, says: str) -> None:
    found = problems(read(offer), last_count=last_count, known=lambda *_: None)
    assert says in "; ".join(found)


def test_an_offer_far_from_the_prices_at_hand_is_refused() -> None:
    many = [ec2_product(f"m6i.{size}xlarge", str(0.1 * size)) for size in (2, 4, 8, 12, 16)]
    offer = read(offer_json("AmazonEC2", many))
    assert problems(offer, last_count=None, known=lambda *_: Decimal("0.8")) == []
    (told,) = problems(offer, last_count=None, known=lambda *_: Decimal("0.01"))
    assert "times those at hand" in told


@pytest.mark.parametrize(
    ("code", "family", "attributes", "place"),
    [
        (
            "AmazonRDS",
            "Database Instance",
            {
                "instanceType": "db.r6g.16xlarge",
                "databaseEngine": "PostgreSQL",
                "licenseModel": "No license required",
                "deploymentOption": "Multi-AZ",
                "usagetype": "EU-Multi-AZUsage:db.r6g.16xl",
            },
            "rds db.r6g.16xlarge postgres multi-az hour",
        ),
        (
            "AmazonRDS",
            "Database Instance",
            {
                "instanceType": "db.m5.large",
                "databaseEngine": "SQL Server",
                "databaseEdition": "Enterprise",
                "licenseModel": "License included",
                "deploymentOption": "Single-AZ",
                "usagetype": "InstanceUsage:db.m5.large",
            },
            "rds db.m5.large sqlserver-ee hour",
        ),
        (
            "AmazonRDS",
            "Database Instance",
            {
                "instanceType": "db.m4.large",
                "databaseEngine": "Oracle",
                "databaseEdition": "Standard Two",
                "licenseModel": "Bring your own license",
                "deploymentOption": "Single-AZ",
                "usagetype": "USW2-InstanceUsage:db.m4.large",
            },
            "rds db.m4.large oracle-se2 byol hour",
        ),
        (
            "AmazonEC2",
            "Storage",
            {"volumeApiName": "gp3", "usagetype": "EUW1-EBS:VolumeUsage.gp3"},
            "ebs gp3  GB-month",
        ),
        (
            "AmazonEC2",
            "NAT Gateway",
            {"usagetype": "NatGateway-Hours"},
            "nat_gateway -  hour",
        ),
        ("AmazonVPC", "", {"usagetype": "EUW1-PublicIPv4:InUseAddress"}, "public_ipv4 -  hour"),
        (
            "AmazonES",
            "Amazon OpenSearch Service Instance",
            {"instanceType": "r6g.large.search", "usagetype": "ESInstance:r6g.large"},
            "opensearch r6g.large.search  hour",
        ),
        (
            "AmazonRedshift",
            "Compute Instance",
            {"instanceType": "ra3.16xlarge", "usagetype": "SAE1-Node:ra3.16xlarge"},
            "redshift ra3.16xlarge  hour",
        ),
        (
            "AmazonSageMaker",
            "ML Instance",
            {"usagetype": "USE1-Host:ml.p4d.24xlarge"},
            "sagemaker ml.p4d.24xlarge hosting hour",
        ),
        ("AmazonMSK", "", {"usagetype": "USE1-Kafka.m5.large"}, "msk kafka.m5.large  hour"),
        (
            "AmazonElastiCache",
            "Cache Instance",
            {
                "instanceType": "cache.c7gn.large",
                "cacheEngine": "Valkey",
                "usagetype": "NodeUsage:cache.c7gn.large",
            },
            "elasticache cache.c7gn.large valkey hour",
        ),
    ],
)
def test_products_find_their_tables(
    code: str, family: str, attributes: dict[str, str], place: str
) -> None:
    plain = {plain_name(name): value for name, value in attributes.items()}
    found = place_of(offer_maps()[code], family, plain)
    assert found is not None
    assert f"{found.table} {found.key} {found.variant} {found.unit}" == place


def test_every_table_that_is_refreshed_is_one_that_a_rule_reads() -> None:
    tables = load_snapshot().tables
    for code, offer in offer_maps().items():
        assert {product.table for product in offer.prices} <= tables.keys(), code


def test_the_snapshot_is_compact() -> None:
    folder = Path(__file__).resolve().parents[2] / "cost_pipeline" / "prices" / "data"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 3_000_000


@pytest.mark.parametrize(("unit", "usd"), [("MiBps-Mo", "6"), ("MiBps-Hrs", "0.0082191781")])
def test_a_price_by_the_hour_is_no_month_s(unit: str, usd: str) -> None:
    product = {
        "productFamily": "Provisioned Throughput",
        "usd": usd,
        "unit": unit,
        "attributes": {"usagetype": "ProvisionedTP-MiBpsHrs", "regionCode": "us-east-1"},
    }
    offer = read(offer_json("AmazonEFS", [product]), "AmazonEFS")
    (monthly,) = prices(offer).values()
    assert round(monthly, 4) == 6
    assert problems(offer, last_count=None, known=lambda *_: None) == []
