"""The catalog against a list of calls that change the bill, which was collected independently."""

from pathlib import Path

import pytest
import yaml

from cost_pipeline.catalog.coverage import group_of
from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.cloudtrail import without_version

FACTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "facts" / "cloudtrail_events.yaml"
IN_THE_CATALOG = 350
SAYS_WHAT_IT_MEANS = {"priced", "joined", "ends", "signal", "told"}

pytestmark = pytest.mark.skipif(not FACTS.is_file(), reason=f"the list is not at {FACTS}")


@pytest.fixture(scope="module")
def listed() -> list[tuple[str, str]]:
    """Source and name of every call of the list."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    facts = yaml.load(FACTS.read_text(encoding="utf-8"), Loader=loader)["events"]  # noqa: S506
    return [(fact["event_source"], without_version(fact["event"])) for fact in facts]


def test_every_call_is_in_the_catalog_or_left_out_with_its_reason(
    listed: list[tuple[str, str]],
) -> None:
    catalog = load_catalog()
    missing = [call for call in listed if call not in catalog.calls | catalog.ignored.keys()]
    assert len(listed) >= 370
    assert missing == []
    assert all(catalog.ignored[call] for call in listed if call in catalog.ignored)


def test_at_least_350_of_them_are_in_the_catalog(listed: list[tuple[str, str]]) -> None:
    assert sum(call in load_catalog().calls for call in listed) >= IN_THE_CATALOG


def test_at_least_306_of_them_are_priced_end_a_cost_or_are_watched(
    listed: list[tuple[str, str]],
) -> None:
    found = [call for listed_call in listed if (call := load_catalog().get(*listed_call))]
    groups = [group_of(call) for call in found]
    assert sum(group in SAYS_WHAT_IT_MEANS for group in groups) >= 306
    assert groups.count("context") >= 36  # what bills by what it launches, or says what runs later
    assert all(call.because for call in found if group_of(call) == "unpriced")
