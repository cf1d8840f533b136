"""How listed prices compare: by size, by variant, by family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from statistics import median

from cost_pipeline.prices.facts import Fact
from cost_pipeline.prices.rules import Found
from cost_pipeline.prices.sizes import generation, series, sized

SERIES_OF_OLD = {"m", "c", "r", "t"}
"""Series that were there from the start, in every table."""


def nearest_ratio(ratios: Mapping[int, Decimal], units: int | None) -> Decimal | None:
    """The ratio of the class nearest in size."""
    if not ratios:
        return None
    wanted = units if units is not None else max(ratios)
    return ratios[min(ratios, key=lambda size: (abs(size - wanted), size))]


def ratio_of_the_like(
    ratios: Mapping[str, Mapping[int, Decimal]], family: str, default: Decimal
) -> Decimal:
    """The ratio of families for the same use with the same kind of chip; or of that chip."""
    chip = {name: rs for name, rs in ratios.items() if _own_chip(name) == _own_chip(family)}
    use = [r for name, rs in chip.items() if series(name) == series(family) for r in rs.values()]
    if not use and series(family) in SERIES_OF_OLD:
        use = [r for name, rs in chip.items() if series(name) in SERIES_OF_OLD for r in rs.values()]
    return median(use) if use else default


def _own_chip(family: str) -> bool:
    """Whether a family runs on AWS's own processor: the `g` among its options."""
    return "g" in family[len(generation(family)) :]


def is_modern(family: str) -> bool:
    """Whether a family is of the fifth generation or later."""
    digits = [letter for letter in family if letter.isdigit()]
    return bool(digits) and int(digits[0]) >= 5


def regional_ratio(ratios: list[Decimal], region: str) -> Found:
    """The median of what things cost in a region against us-east-1; `usd` is the factor."""
    usd = round(median(ratios), 4)
    return Found(
        usd, False, f" × {usd.normalize():f} for {region}" if usd != 1 else " as in us-east-1"
    )


def shared_prices(
    own: Mapping[str, Fact], base: Mapping[str, Fact]
) -> Iterable[tuple[Decimal, Decimal, int]]:
    """(USD in one variant, USD in the other, units of size) of the classes that have both."""
    for name, fact in own.items():
        this = sized(name)
        if name in base and this is not None and this.units and base[name].usd:
            yield fact.usd, base[name].usd, this.units


def usd_by_size(family: Mapping[str, Fact]) -> dict[int, Decimal]:
    """USD by units of size."""
    points: dict[int, Decimal] = {}
    for name in sorted(family):
        this = sized(name)
        if this is not None and this.units is not None:
            points.setdefault(this.units, family[name].usd)
    return points


def has_size(name: str, units: int) -> bool:
    """Whether a class has so many units of size."""
    this = sized(name)
    return this is not None and this.units == units


def between_sizes(points: Mapping[int, Decimal], units: int) -> Decimal:
    """On the line between the neighbours in size; in proportion to the nearest beyond them."""
    if units in points:
        return points[units]
    below = max((point for point in points if point < units), default=None)
    above = min((point for point in points if point > units), default=None)
    if below is None or above is None:
        nearest = below if below is not None else above
        assert nearest is not None  # noqa: S101 - there is at least one point
        return points[nearest] * units / nearest
    share = Decimal(units - below) / (above - below)
    return points[below] + (points[above] - points[below]) * share
