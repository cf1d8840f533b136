"""The catalog against a list of calls that change the bill, which was collected independently."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from cost_pipeline.catalog.coverage import group_of
from cost_pipeline.catalog.loader import Key, load_catalog

LIST = Path(__file__).with_name("calls_that_cost.yaml")
GROUPS = {
    "priced": 164,
    "joined": 17,
    "ends": 99,
    "told": 3,
    "signal": 31,
    "bounded": 24,
    "each use": 12,
    "context": 8,
    "unpriced": 7,
    "left out": 5,
}
"""How many of the list the catalog has in each group; a change of the catalog changes these."""
SAYS_NO_PRICE = {"context", "unpriced", "left out"}


@pytest.fixture(scope="module")
def listed() -> list[Key]:
    """Source and name of every call of the list."""
    services = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return [(f"{one}.amazonaws.com", name) for one, names in services.items() for name in names]


def test_every_call_is_in_the_catalog_or_left_out_with_its_reason(listed: list[Key]) -> None:
    catalog = load_catalog()
    missing = [call for call in listed if call not in catalog.calls | catalog.ignored.keys()]
    assert len(listed) == 370
    assert missing == []
    assert all(catalog.ignored[call] for call in listed if call in catalog.ignored)


def test_most_calls_are_priced_end_a_cost_or_are_watched(listed: list[Key]) -> None:
    catalog = load_catalog()
    found = [catalog.get(*one) for one in listed]
    assert Counter(group_of(call) if call else "left out" for call in found) == GROUPS
    assert sum(n for name, n in GROUPS.items() if name not in SAYS_NO_PRICE) >= 350


def test_what_has_no_price_says_why(listed: list[Key]) -> None:
    found = [call for one in listed if (call := load_catalog().get(*one))]
    assert all(call.because for call in found if group_of(call) in SAYS_NO_PRICE)
