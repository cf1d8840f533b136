"""Merging is exact, and the order does not matter."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.statistics import Moments, z_score

values = st.lists(st.floats(-1e6, 1e6), max_size=30)


@given(values, values)
def test_two_halves_merge_to_the_whole(first: list[float], second: list[float]) -> None:
    merged = Moments.of(first) + Moments.of(second)
    whole = Moments.of(first + second)
    assert merged.count == whole.count
    assert merged.mean == pytest.approx(whole.mean, abs=1e-6)
    assert merged.m2 == pytest.approx(whole.m2, rel=1e-6, abs=1e-3)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_the_deviation_is_the_textbook_one(sample: list[float]) -> None:
    assert Moments.of(sample).stddev == pytest.approx(statistics.stdev(sample), abs=1e-6)


def test_what_never_varied_does_not_divide_by_zero() -> None:
    steady = Moments.of([0.1] * 20)
    assert z_score(0.1, steady, floor=0.05, relative_floor=0.25) == 0
    assert z_score(0.6, steady, floor=0.05, relative_floor=0.25) == pytest.approx(10)
