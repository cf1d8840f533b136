"""Companies of the fourth kind: labelled as truly as the others."""

from functools import cache

import pytest

from cost_pipeline.simulate.company import Company
from cost_pipeline.simulate.landscape import accounts_of
from cost_pipeline.simulate.mishaps.deck import WARNINGS
from cost_pipeline.simulate.outside.mishaps import LASTING, RARER, USUAL
from cost_pipeline.simulate.outside.unit import unit_of, units_of
from cost_pipeline.simulate.scorer import Score
from cost_pipeline_tests.fixtures.companies import (
    assert_labels_name_calls,
    assert_the_same_again,
)


@cache
def company(seed: int = 3) -> Company:
    return Company.of(seed, "hard", "outside", accounts=4, days=34)


def test_a_seed_always_makes_the_same_company() -> None:
    again = Company.of(3, "hard", "outside", accounts=4, days=34)
    assert_the_same_again(company(), again)


def test_labels_name_calls_that_are_in_the_records_and_cost_something() -> None:
    assert_labels_name_calls(company(), (*USUAL, *RARER, *WARNINGS))
    for label in company().labels:
        assert label.cost > 20 or not label.counts, label.kind


def test_what_takes_days_begins_days_before_the_end() -> None:
    lasting = {mishap.__name__: days for mishap, days in LASTING.items()}
    left = {
        label.kind: (company().window.end - label.start).total_seconds() / 86400
        for label in company().labels
        if label.kind in lasting
    }
    assert left
    assert all(days > lasting[kind] - 1 for kind, days in left.items()), left


def test_accounts_have_trades_and_volumes_of_their_own() -> None:
    units = [unit_of(ground) for ground in units_of(3, 7)]
    assert len({unit.account_id for unit in units}) == 7
    assert len({unit.trade for unit in units}) == 7
    assert len({unit.volume for unit in units}) == 7
    assert (
        len(
            {
                who.kind
                for seed in range(20)
                for unit in units_of(seed, 1)
                for who in unit_of(unit).staff
            }
        )
        == 3
    )
    with pytest.raises(TypeError):
        unit_of(accounts_of(3, 1)[0])


def test_a_perfect_detector_scores_perfectly() -> None:
    score = Score()
    rows = [
        {
            "id": label.trigger_event_id,
            "account_id": label.account_id,
            "trigger_event_id": label.trigger_event_id,
            "trigger_event_time": label.start,
            "event_ids": label.event_ids,
        }
        for label in company().labels
    ]
    score.add(company().labels, rows, company().account_weeks)
    assert (score.recall, score.precision, score.alerts_per_incident) == (1.0, 1.0, 1.0)
