"""`cost-pipeline prices` as people run it, against a site on this machine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cost_pipeline.store.database import Database
from cost_pipeline_tests.cli.conftest import Cli
from cost_pipeline_tests.fixtures.offers import OfferSite, ec2_product, serving
from cost_pipeline_tests.fixtures.trail import LogFolder, run_instances


@pytest.fixture
def site() -> Iterator[OfferSite]:
    with serving() as one:
        one.publish("AmazonEC2", [ec2_product("m5.large", "0.107", "eu-west-1")], "eu-west-1")
        yield one


def test_prices_are_refreshed_shown_and_told_of(cli: Cli, site: OfferSite) -> None:
    asked = ("--service", "AmazonEC2", "--region", "eu-west-1")
    done = cli("prices", "refresh", *asked, PRICE_LIST_URL=site.url)
    assert done.exit_code == 0, done.output
    assert "1 offers taken in, 0 were current" in done.stdout
    again = cli("prices", "refresh", *asked, PRICE_LIST_URL=site.url)
    assert "0 offers taken in, 1 were current" in again.stdout
    shown = cli("prices", "show", "m5.large", "--region", "eu-west-1").stdout
    assert "0.107" in shown
    assert "aws, 2026-09-01" in shown
    told = cli("prices", "status").stdout
    assert "AmazonEC2" in told
    assert "loaded" in told
    assert "karpenter" in told
    assert cli("prices", "show", "z99.mega").exit_code == 1


def test_aws_s_pricing_api_finds_the_files_too(cli: Cli, site: OfferSite) -> None:
    site.publish("AmazonEC2", [ec2_product("m5.large", "0.11", "eu-west-3")], "eu-west-3")
    asked = ("--service", "AmazonEC2", "--region", "eu-west-3", "--through", "api")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    away = {"PRICE_LIST_URL": site.url, "AWS_ENDPOINT_URL_PRICING": site.url}
    done = cli("prices", "refresh", *asked, **keys, **away)
    assert done.exit_code == 0, done.output
    assert "1 offers taken in" in done.stdout
    calls = [path for path, _ in site.asked if not path.startswith("/")]
    assert calls == ["ListPriceLists", "ListPriceLists", "GetPriceListFileUrl"]
    assert "0.11" in cli("prices", "show", "m5.large", "--region", "eu-west-3").stdout


def test_a_pricing_api_that_refuses_says_what_to_allow(cli: Cli, site: OfferSite) -> None:
    asked = ("--service", "AmazonEC2", "--region", "eu-west-1", "--through", "api")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_MAX_ATTEMPTS": "1"}
    away = cli("prices", "refresh", *asked, **keys, AWS_ENDPOINT_URL_PRICING="http://127.0.0.1:9")
    assert away.exit_code == 1
    assert "Allow pricing:ListPriceLists" in away.output


@pytest.mark.soak
def test_days_are_read_again_here_and_now(
    cli: Cli, site: OfferSite, database: Database, tmp_path: Path
) -> None:
    at = datetime.now(UTC) - timedelta(days=2)
    logs = LogFolder(tmp_path / "logs")
    logs.put([run_instances("a", at)], at, "a")
    day = at.date().isoformat()
    ran = cli("run", "--trail", str(logs.root), "--since", day, "--until", day)
    assert ran.exit_code == 0, ran.output
    assert cli("prices", "reprice").stdout == "No day waits to be priced again.\n"
    asked = ("--service", "AmazonEC2", "--region", "eu-west-1")
    cli("prices", "refresh", *asked, PRICE_LIST_URL=site.url)
    told = cli("prices", "reprice")
    assert told.exit_code == 0, told.output
    assert "1 cost events are priced again" in told.stdout
    with database.transaction("default") as conn:
        (event,) = conn.execute("SELECT hourly_cost, price_basis FROM cost_events").fetchall()
    assert event == {"hourly_cost": Decimal("0.107"), "price_basis": "list"}
    assert cli("prices", "reprice").stdout == "No day waits to be priced again.\n"


def test_a_refresh_that_is_refused_or_finds_nobody_says_so(cli: Cli, site: OfferSite) -> None:
    site.publish("AmazonEC2", [ec2_product("m5.large", "10.7", "eu-west-1")], "eu-west-1")
    asked = ("--service", "AmazonEC2", "--region", "eu-west-1")
    refused = cli("prices", "refresh", *asked, PRICE_LIST_URL=site.url)
    assert refused.exit_code == 1
    assert "0.4 is sane" in refused.output
    away = cli("prices", "refresh", *asked, PRICE_LIST_URL="http://127.0.0.1:9")
    assert away.exit_code == 1
    assert "cannot be reached" in away.output
    unknown = cli("prices", "refresh", "--service", "AmazonTeapot", PRICE_LIST_URL=site.url)
    assert "no offer that is read" in unknown.output


def test_rates_are_set_listed_and_taken_back(cli: Cli) -> None:
    setting = ("prices", "discount", "set", "12", "--kind", "enterprise", "--since", "2026-01-01")
    assert "12% less".replace("%", " %") in cli(*setting).stdout
    listed = cli("prices", "discount", "list").stdout
    assert "enterprise" in listed
    assert "12 %" in listed
    assert cli("prices", "discount", "set", "120", "--kind", "spot").exit_code == 1
    assert "is gone" in cli("prices", "discount", "remove", "1").stdout
    assert "No rates" in cli("prices", "discount", "list").stdout
