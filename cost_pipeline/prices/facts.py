"""Prices as tables: what is known of one table in one region, on one day.

A table is a list of things of one kind that are priced alike (`ec2`, `ebs`, `rds`): by key (a
class, `gp3`, or `-` where there is only one) and variant (`windows`, `mysql multi-az`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

THE_ONE = "-"
"""The key in a table that holds one thing."""


class Fact(NamedTuple):
    """USD for one unit; `exact` where a price list says so, or else it is as good as a guess."""

    usd: Decimal
    exact: bool
    source: str
    as_of: date


class Quoted(NamedTuple):
    """A price of AWS's Price List, valid from a day on, as the store keeps it."""

    key: str
    variant: str
    valid_from: date
    usd: Decimal
    source: str
    as_of: date


Shelf = dict[str, dict[str, Fact]]
"""The facts of one table in one region: by variant, by key."""

Packaged = Mapping[tuple[str, str], Shelf]
"""Shelves by table and region."""

Quotes = Callable[[str, str], Iterable[Quoted]]
"""From table and region to all that was ever refreshed of it."""


@dataclass(slots=True)
class Facts:
    """What is known on one day: the packaged prices, under those refreshed since.

    A refreshed price applies from its date on. Before the first one the packaged price holds
    where it is a list price; or else the first list price applies to the past as well.
    """

    packaged: Packaged
    quotes: Quotes | None = None
    day: date | None = None
    _shelves: dict[tuple[str, str], Shelf] = field(default_factory=dict)

    def shelf(self, table: str, region: str) -> Shelf:
        """The facts of a table in a region, put together when first asked for."""
        found = self._shelves.get((table, region))
        if found is None:
            packaged = self.packaged.get((table, region), {})
            found = self._shelves[table, region] = (
                packaged if self.quotes is None else self._laid_over(packaged, table, region)
            )
        return found

    def _laid_over(self, packaged: Shelf, table: str, region: str) -> Shelf:
        shelf = {variant: dict(facts) for variant, facts in packaged.items()}
        for quoted in _of_the_day(self.quotes(table, region) if self.quotes else (), self.day):
            facts = shelf.setdefault(quoted.variant, {})
            known = facts.get(quoted.key)
            later = self.day is not None and quoted.valid_from > self.day
            if known is None or not known.exact or not later:
                facts[quoted.key] = Fact(quoted.usd, True, quoted.source, quoted.as_of)
        return shelf


def _of_the_day(quotes: Iterable[Quoted], day: date | None) -> Iterable[Quoted]:
    """For each thing the newest price that is valid on the day, or else its first."""
    chosen: dict[tuple[str, str], Quoted] = {}
    for quoted in sorted(quotes, key=lambda one: one.valid_from):
        name = (quoted.key, quoted.variant)
        if name not in chosen or day is None or quoted.valid_from <= day:
            chosen[name] = quoted
    return chosen.values()
