"""The price book: list prices in memory, and one lookup for everything that costs money.

A price that AWS lists for the region is `list`; one that is worked out (a region's multiplier,
an EC2 type behind another service's class) is `estimated`; what is not known is `unpriced`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from cost_pipeline.core.calls import Attribute
from cost_pipeline.core.model import Price
from cost_pipeline.prices.rules import Evaluated, Found, evaluate
from cost_pipeline.prices.snapshot import BulkKey, Snapshot, load_snapshot

HOME_REGION = "us-east-1"
_MOST_REMEMBERED = 50_000
_Asked = tuple[str, str, str, tuple[tuple[str, Attribute], ...]]


@dataclass(slots=True)
class PriceBook:
    """Prices of one snapshot; every answer says how it came about."""

    snapshot: Snapshot
    _answers: dict[_Asked, Price] = field(default_factory=dict)

    @classmethod
    def packaged(cls) -> PriceBook:
        """The book that comes with the product; read once a process.

        >>> book = PriceBook.packaged()
        >>> book.price("ec2", "us-east-1", "ec2_instance", {"class": "m5.large"}).explanation
        'EC2 m5.large linux (0.096 USD an hour)'
        """
        return _packaged()

    @property
    def as_of(self) -> date:
        """The date of the newest prices in the book."""
        return self.snapshot.as_of

    def price(
        self, service: str, region: str, resource_type: str, attributes: Mapping[str, Attribute]
    ) -> Price:
        """USD an hour, or once, for one unit with these attributes (`class`, sizes, options)."""
        asked = (service, region, resource_type, tuple(sorted(attributes.items())))
        answer = self._answers.get(asked)
        if answer is None:
            if len(self._answers) >= _MOST_REMEMBERED:
                self._answers.clear()
            answer = self._answers[asked] = self._work_out(
                service, region, resource_type, attributes
            )
        return answer

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every price in the book, as rows of the table `price_book`."""
        return self.snapshot.rows()

    def _work_out(
        self, service: str, region: str, resource_type: str, attributes: Mapping[str, Attribute]
    ) -> Price:
        rule = self.snapshot.rules.get(resource_type)
        if rule is None or rule.service != service:
            return Price(None, "unpriced", f"no price is known for {service} {resource_type}")
        multiplier = self.snapshot.regions.multiplier(rule.regions, region)
        if multiplier is None:
            return Price(None, "unpriced", f"no prices are known for the region {region}")
        clean = {name: _cleaned(value) for name, value in attributes.items()}
        evaluated: Evaluated = evaluate(rule, region, clean, multiplier, self._in_bulk)
        return Price(evaluated.usd, evaluated.basis, evaluated.explanation)

    def _in_bulk(self, table: str, region: str, key: str, variant: str) -> Found | None:
        """A price of a packaged table: of the region itself, or of the home region, scaled."""
        bulk = self.snapshot.bulk
        name = f"{key} {variant}".strip()
        here = bulk.get(BulkKey(table, region, key, variant))
        if here is not None:
            return Found(here.usd, here.exact, name)
        home = bulk.get(BulkKey(table, HOME_REGION, key, variant))
        multiplier = self.snapshot.regions.multiplier(table, region)
        if home is None or multiplier is None:
            return None
        return Found(home.usd * multiplier.usd, False, f"{name}{multiplier.note}")


@cache
def _packaged() -> PriceBook:
    return PriceBook(load_snapshot())


def _cleaned(value: Attribute) -> Attribute:
    if isinstance(value, str):
        return value.lower()
    return value if isinstance(value, bool | Decimal) else Decimal(str(value))
