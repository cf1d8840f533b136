"""Companies of the third kind: labelled as truly as the others."""

from functools import cache

from cost_pipeline.simulate.company import Company
from cost_pipeline.simulate.described.firm import firms_of
from cost_pipeline.simulate.described.mishaps import USUAL
from cost_pipeline.simulate.mishaps.deck import WARNINGS


@cache
def company(seed: int = 3) -> Company:
    return Company.of(seed, "hard", "described", accounts=4, days=30)


def test_a_seed_always_makes_the_same_company() -> None:
    again = Company.of(3, "hard", "described", accounts=4, days=30)
    assert [call.event_id for call in again.calls] == [call.event_id for call in company().calls]
    assert again.labels == company().labels


def test_labels_name_calls_that_are_in_the_records_and_cost_something() -> None:
    ids = [call.event_id for call in company().calls]
    assert len(ids) == len(set(ids))
    kinds = {mishap.__name__ for mishap in (*USUAL, *WARNINGS)}
    for label in company().labels:
        assert label.kind in kinds
        assert label.trigger_event_id in label.event_ids
        assert set(label.event_ids) <= set(ids), label.kind
        assert label.start >= company().window.troubles
        assert label.cost > 0 or not label.counts, label.kind


def test_accounts_have_callings_and_sizes_of_their_own() -> None:
    firms = firms_of(3, 7)
    assert len({firm.account_id for firm in firms}) == 7
    assert len({firm.purpose for firm in firms}) == 7
    assert len({who.kind for seed in range(8) for f in firms_of(seed, 1) for who in f.people}) == 3  # type: ignore[attr-defined]
