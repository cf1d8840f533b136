"""A labelled company: alike for the same seed, and true to its own records."""

import gzip
import json
import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from cost_pipeline.simulate.company import Company, Profile
from cost_pipeline.simulate.delivery import by_day, deliveries, write_company
from cost_pipeline.simulate.habits.estate import foundations
from cost_pipeline.simulate.habits.jobs import nightly_snapshots
from cost_pipeline.simulate.labels import Label
from cost_pipeline.simulate.landscape import Window, accounts_of
from cost_pipeline.simulate.mishaps.deck import RARER, USUAL, WARNINGS, Incident, incidents_of
from cost_pipeline.simulate.priced import priced


@cache
def company(seed: int = 3, profile: Profile = "ordinary") -> Company:
    return Company.of(seed, profile, accounts=3, days=32)


def test_a_seed_always_makes_the_same_company() -> None:
    again = Company.of(3, accounts=3, days=32)
    assert [call.event_id for call in again.calls] == [call.event_id for call in company().calls]
    assert again.labels == company().labels
    assert company(profile="hard").calls != company().calls


def test_the_first_days_are_free_of_incidents() -> None:
    starts = [label.start for label in company().labels]
    assert min(starts) >= company().window.troubles
    assert max(starts) < company().window.end


def incidents(seed: int) -> list[Incident]:
    """Without all that is legitimate: only what mishaps need to stand on."""
    window, grounds = Window(date(2026, 1, 5), 45, 14), accounts_of(seed, 7)
    rng = random.Random(seed)  # noqa: S311 - made-up data
    for ground in grounds:
        foundations(ground, window, rng)
        nightly_snapshots(ground, replace(window, days=5), rng)
    return incidents_of(seed, window, grounds)


def test_every_kind_happens_over_a_few_seeds() -> None:
    seen = Counter(one.kind for seed in range(1, 13) for one in incidents(seed))
    assert set(seen) == {mishap.__name__ for mishap in (*USUAL, *RARER, *WARNINGS)}


def test_hard_adds_spends_and_keeps_the_incidents() -> None:
    ordinary, hard = company(), company(profile="hard")
    assert len(hard.calls) > len(ordinary.calls)
    assert Counter(one.kind for one in hard.labels) == Counter(one.kind for one in ordinary.labels)


def test_labels_name_calls_that_are_in_the_records() -> None:
    ids = [call.event_id for call in company().calls]
    assert len(ids) == len(set(ids))
    known = set(ids)
    for label in company().labels:
        assert label.trigger_event_id in label.event_ids
        assert set(label.event_ids) <= known, label.kind


def test_labels_come_back_from_text() -> None:
    for label in company().labels:
        assert Label.from_json(label.to_json()) == label


def test_what_a_label_costs_is_what_the_product_prices() -> None:
    """Two roads to the same rate: the label's own question to the book, and the record."""
    compared = 0
    for seed in (3,):
        calls = {call.event_id: call for call in company(seed).calls}
        for label in company(seed).labels:
            told = {one.resource_id: one.hourly_cost for one in label.resources}
            mine = [calls[one] for one in label.event_ids]
            for event in priced(label.start.date(), mine).events:
                if event.action == "start" and event.rate_after and not event.one_time_cost:
                    compared += len(event.resource_ids)
                    for name in event.resource_ids:
                        assert abs(told[name] - float(event.rate_after)) < 0.001, label.kind
    assert compared > 100


def test_files_come_late_and_out_of_order_and_lose_nothing() -> None:
    calls = company().calls
    files = deliveries(calls, 3)
    assert sorted(c.event_id for f in files for c in f.calls) == sorted(c.event_id for c in calls)
    late = [f for f in files if (f.at - f.calls[0].at).total_seconds() > 3600]
    assert 0.004 < len(late) / len(files) < 0.02
    assert any(list(f.calls) != sorted(f.calls, key=lambda c: c.at) for f in files)
    assert sum(len(calls) for _, calls in by_day(files)) == len(calls)


def test_a_trail_of_files_holds_what_happened_and_the_truth_beside_it(tmp_path: Path) -> None:
    made = company()
    last = made.window.end - timedelta(days=2)
    made = replace(made, calls=[call for call in made.calls if call.at >= last])
    report = write_company(tmp_path, made, reads=5)
    files = list(tmp_path.rglob("*.json.gz"))
    assert len(files) == report.files
    records = [r for f in files for r in json.loads(gzip.decompress(f.read_bytes()))["Records"]]
    assert len(records) == report.records
    assert {call.event_id for call in made.calls} < {record["eventID"] for record in records}
    assert sum(record["readOnly"] for record in records) > 3 * 5
    lines = (tmp_path / "labels.jsonl").read_text().splitlines()
    assert [Label.from_json(line) for line in lines] == made.labels
