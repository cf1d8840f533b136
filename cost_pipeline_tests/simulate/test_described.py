"""Companies of the third kind: labelled as truly as the others."""

from functools import cache

from cost_pipeline.simulate.company import Company
from cost_pipeline.simulate.described.firm import firms_of
from cost_pipeline.simulate.described.mishaps import USUAL
from cost_pipeline.simulate.mishaps.deck import WARNINGS
from cost_pipeline_tests.fixtures.companies import (
    assert_labels_name_calls,
    assert_the_same_again,
)


@cache
def company(seed: int = 3) -> Company:
    return Company.of(seed, "hard", "described", accounts=4, days=30)


def test_a_seed_always_makes_the_same_company() -> None:
    again = Company.of(3, "hard", "described", accounts=4, days=30)
    assert_the_same_again(company(), again)


def test_labels_name_calls_that_are_in_the_records_and_cost_something() -> None:
    assert_labels_name_calls(company(), (*USUAL, *WARNINGS))
    for label in company().labels:
        assert label.cost > 0 or not label.counts, label.kind


def test_accounts_have_callings_and_sizes_of_their_own() -> None:
    firms = firms_of(3, 7)
    assert len({firm.account_id for firm in firms}) == 7
    assert len({firm.purpose for firm in firms}) == 7
    assert len({who.kind for seed in range(8) for f in firms_of(seed, 1) for who in f.people}) == 3  # type: ignore[attr-defined]
