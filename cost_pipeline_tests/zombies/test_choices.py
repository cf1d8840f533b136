from typing import Any

import pytest

from cost_pipeline.zombies.choices import BadChoiceError, thresholds_of
from cost_pipeline.zombies.thresholds import Exclusion, Thresholds


def test_nothing_chosen_is_the_defaults() -> None:
    assert thresholds_of({}) == Thresholds()


def test_choices_are_read() -> None:
    assert thresholds_of(
        {
            "limits": {"nat_gateway_idle": {"max_bytes": 0}},
            "keep_tags": ["legal"],
            "exclusions": ["i-*"],
        }
    ) == Thresholds({"nat_gateway_idle": {"max_bytes": 0.0}}, ("legal",), (Exclusion("i-*"),))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"limit": {}}, "is no setting"),
        ({"limits": []}, "map checks"),
        ({"limits": {"nat": {}}}, "no check 'nat'"),
        ({"limits": {"nat_gateway_idle": 3}}, "map names to numbers"),
        ({"limits": {"nat_gateway_idle": {"max": 3}}}, "min_age_days, lookback_days, max_bytes"),
        ({"limits": {"nat_gateway_idle": {"max_bytes": "3"}}}, "number of bytes a day"),
        ({"limits": {"nat_gateway_idle": {"max_bytes": -1}}}, "number of bytes a day"),
        ({"keep_tags": "legal"}, "list of texts"),
    ],
)
def test_a_slip_is_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BadChoiceError, match=words):
        thresholds_of(settings)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"who": "me"}, "says account, check"),
        ({"check": "nat"}, "no check 'nat'"),
        ({"resource": 3}, "as texts"),
        ({"resource": "vol-1", "until": "tomorrow"}, "until must be a day"),
        ({}, "An exclusion is an id"),
    ],
)
def test_a_slip_in_an_exclusion_is_named(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(BadChoiceError, match=words):
        thresholds_of({"exclusions": [rule]})
