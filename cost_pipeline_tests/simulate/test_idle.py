import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cost_pipeline.aws.api_calls import CALLS, METRICS
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.simulate import idle
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.zombies.registry import Plan, sweep

FIRST = date(2026, 2, 1)
NOW = datetime(2026, 3, 7, 5, tzinfo=UTC)


def judged(organisation: Organisation, account_id: str, region: str) -> set[tuple[str, str]]:
    found: dict[str, Any] = idle.answers(organisation.forgotten, account_id, region, NOW)
    assert set(found) <= set(CALLS)
    inventory: dict[str, Any] = {api: [] for api in CALLS} | found
    where = {"account_id": account_id, "region": region}
    queries = Plan().metric_queries(inventory, now=NOW, **where)
    inventory[METRICS] = {query.key: idle.points(query.key, NOW, query.days) for query in queries}
    result = sweep(json.loads(json.dumps(inventory)), now=NOW, prices=PriceBook.packaged(), **where)
    assert result.failures == []
    assert all(finding.monthly_cost for finding in result.findings)
    return {(finding.check_name, finding.resource_id) for finding in result.findings}


def test_what_was_forgotten_is_found_in_its_place() -> None:
    organisation = Organisation(7, first_day=FIRST, reads=1)
    account = organisation.accounts[0]
    found = judged(organisation, account.account_id, account.home)
    assert {"ebs_unattached", "instance_idle", "database_idle", "nat_gateway_idle"} <= {
        check for check, _ in found
    }
    assert len([check for check, _ in found if check == "ebs_unattached"]) == 5


def test_the_trail_says_who_made_it() -> None:
    organisation = Organisation(7, first_day=FIRST, reads=1)
    days = [FIRST + timedelta(days=n) for n in range(5)]
    made = json.dumps([call.record() for day in days for call in organisation.calls(day)])
    for life in organisation.forgotten:
        assert all(one in made for one in life.ids)


def test_every_account_has_something_and_it_is_always_the_same() -> None:
    one, other = (Organisation(7, first_day=FIRST, reads=1) for _ in range(2))
    for account in one.accounts:
        found = judged(one, account.account_id, account.home)
        assert found
        assert found == judged(other, account.account_id, account.home)
