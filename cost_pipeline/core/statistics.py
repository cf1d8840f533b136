"""Count, mean and spread that merge: Welford's update and Chan's formula.

B. P. Welford, "Note on a method for calculating corrected sums of squares and products",
Technometrics 4 (1962). T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a
pairwise algorithm for computing sample variances" (1979).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Moments:
    """How many values there were, their mean, and `m2`, the sum of squared deviations from it.

    >>> Moments.of([1.0, 2.0]) + Moments.of([3.0])
    Moments(count=3, mean=2.0, m2=2.0)
    """

    count: int = 0
    mean: float = 0.0
    m2: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Moments:
        """The moments of some values."""
        moments = cls()
        for value in values:
            moments = moments.with_value(value)
        return moments

    def with_value(self, value: float) -> Moments:
        """The moments after one more value (Welford)."""
        count = self.count + 1
        delta = value - self.mean
        mean = self.mean + delta / count
        return Moments(count, mean, self.m2 + delta * (value - mean))

    def __add__(self, other: Moments) -> Moments:
        """The moments of both sets together (Chan)."""
        count = self.count + other.count
        if count == 0:
            return self
        delta = other.mean - self.mean
        mean = self.mean + delta * other.count / count
        m2 = self.m2 + other.m2 + delta * delta * self.count * other.count / count
        return Moments(count, mean, m2)

    @property
    def stddev(self) -> float:
        """The sample standard deviation; 0 for fewer than two values."""
        return sqrt(self.m2 / (self.count - 1)) if self.count > 1 else 0.0


def z_score(value: float, moments: Moments, *, floor: float, relative_floor: float) -> float:
    """How many deviations `value` lies above the mean.

    The deviation is never taken smaller than `floor`, nor than `relative_floor` of the mean:
    of prices that never varied, the smallest change would be infinitely surprising.

    >>> z_score(5.0, Moments(10, 1.0, 0.0), floor=0.5, relative_floor=0.1)
    8.0
    """
    return (value - moments.mean) / max(moments.stddev, floor, relative_floor * moments.mean)


def decayed(value: float, days: float, *, half_life_days: float) -> float:
    """What is left of `value` after `days` when it halves every `half_life_days`.

    >>> decayed(8.0, 20, half_life_days=10)
    2.0
    """
    return float(value * 0.5 ** (days / half_life_days))
