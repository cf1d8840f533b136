"""Estimates are near what is listed, and what people run has a price."""

import runpy
from pathlib import Path
from statistics import median

import pytest

from cost_pipeline.core.calls import Attribute
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.prices.snapshot import load_snapshot

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "held_out_prices.py"
REGIONS = (
    *("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "sa-east-1", "ap-southeast-1"),
    *("ap-southeast-2", "ap-southeast-3", "ap-northeast-1", "ap-south-1", "ca-central-1"),
)
COMMON: list[tuple[str, str, dict[str, Attribute]]] = [
    *[
        ("ec2", "ec2_instance", {"class": name})
        for name in (
            *("t3.micro", "t4g.small", "m5.24xlarge", "m6i.4xlarge", "m7g.xlarge", "c5.18xlarge"),
            *("c6i.32xlarge", "r6i.8xlarge", "x2iedn.32xlarge", "g4dn.12xlarge", "g5.48xlarge"),
            *("p3.16xlarge", "p4d.24xlarge", "p5.48xlarge", "trn1.32xlarge", "inf2.48xlarge"),
            *("i3en.24xlarge", "u-6tb1.112xlarge", "m5.metal"),
        )
    ],
    ("ec2", "ec2_instance", {"class": "m5.4xlarge", "os": "windows", "tenancy": "dedicated"}),
    *[
        ("rds", "rds_instance", {"class": name, "engine": engine, "multi_az": True})
        for name in ("db.t3.medium", "db.m5.4xlarge", "db.r6g.16xlarge", "db.r6i.32xlarge")
        for engine in ("mysql", "postgres", "aurora-mysql", "aurora-postgresql", "docdb", "neptune")
    ],
    ("rds", "rds_instance", {"class": "db.r5.24xlarge", "engine": "sqlserver-ee"}),
    ("rds", "rds_instance", {"class": "db.r5.24xlarge", "engine": "oracle-ee"}),
    ("redshift", "redshift_cluster", {"class": "ra3.16xlarge"}),
    ("sagemaker", "sagemaker_endpoint", {"class": "ml.p4d.24xlarge"}),
    ("sagemaker", "sagemaker_training_job", {"class": "ml.p5.48xlarge"}),
    ("sagemaker", "sagemaker_notebook", {"class": "ml.g5.12xlarge"}),
    ("es", "opensearch_domain", {"class": "r6g.12xlarge.search"}),
    ("elasticache", "elasticache_cluster", {"class": "cache.r6g.16xlarge", "engine": "redis"}),
    ("kafka", "msk_cluster", {"class": "kafka.m5.24xlarge"}),
    ("bedrock", "bedrock_provisioned_throughput", {"class": "anthropic.x", "family": "claude"}),
    ("vpc", "nat_gateway", {"class": "public"}),
    ("eks", "eks_cluster", {}),
]


def test_estimates_of_200_facts_of_ten_services_are_within_15_per_cent_at_the_median() -> None:
    benchmark = runpy.run_path(str(BENCHMARK))
    snapshot = load_snapshot()
    found = list(benchmark["predict"](snapshot, benchmark["single_facts"](snapshot)))
    errors = [one.error for one in found if one.error is not None]
    assert len(found) == 200
    assert len({one.service for one in found}) >= 10
    assert len(errors) >= 195
    assert median(errors) < 0.15
    estimated_roughly = [error for error in errors if error > 0.001]
    assert median(estimated_roughly) < 0.15


@pytest.mark.parametrize("region", REGIONS)
def test_what_people_run_has_a_price_everywhere(region: str) -> None:
    book = PriceBook.packaged()
    for service, resource_type, attributes in COMMON:
        price = book.price(service, region, resource_type, attributes)
        assert price.usd, (region, attributes, price.explanation)
        assert price.basis in ("list", "estimated")
        assert " as of " in price.explanation
