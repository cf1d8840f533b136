"""Companies of the other kind: labelled as truly as the first, and like them in little else."""

from functools import cache

from cost_pipeline.simulate.company import Company
from cost_pipeline.simulate.elsewhere.house import houses_of
from cost_pipeline.simulate.elsewhere.mishaps import RARER, USUAL
from cost_pipeline.simulate.mishaps.deck import WARNINGS
from cost_pipeline.simulate.shapes.compute import Group
from cost_pipeline_tests.fixtures.companies import (
    assert_labels_name_calls,
    assert_the_same_again,
)


@cache
def company(seed: int = 3) -> Company:
    return Company.of(seed, "hard", "elsewhere", accounts=4, days=30)


def test_a_seed_always_makes_the_same_company() -> None:
    again = Company.of(3, "hard", "elsewhere", accounts=4, days=30)
    assert_the_same_again(company(), again)


def test_labels_name_calls_that_are_in_the_records() -> None:
    assert_labels_name_calls(company(), (*USUAL, *RARER, *WARNINGS))


def test_every_incident_costs_what_the_price_book_says() -> None:
    for label in company().labels:
        assert label.cost > 0 or not label.counts, label.kind


def test_people_sign_in_by_one_way_in_one_company_and_by_another_in_the_next() -> None:
    houses = [house for seed in range(8) for house in houses_of(seed, 1)]
    kinds = {who.kind for house in houses for who in house.engineers}
    assert kinds == {"sso", "user", "federated"}


def test_a_group_without_a_name_is_known_by_its_template_alone() -> None:
    assert Group("", "lt-1").tags == []
    assert Group("web", "lt-1").tags[0]["value"] == "web"
