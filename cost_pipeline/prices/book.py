"""The price book: prices in memory, and one lookup for everything that costs money.

A price that a price list says for the region is `list`, less a tenant's rate it is
`discounted`; what is worked out (a region's multiplier, an EC2 type behind another service's
class, what is only generally known) is `estimated`; what is not known is `unpriced`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from threading import Lock
from typing import Any

from cost_pipeline.core.calls import Attribute, Commitment
from cost_pipeline.core.model import Price
from cost_pipeline.prices.estimates import Estimator
from cost_pipeline.prices.facts import Facts, Quotes
from cost_pipeline.prices.rules import Evaluated, evaluate, rounded
from cost_pipeline.prices.snapshot import Snapshot, load_snapshot
from cost_pipeline.prices.terms import Terms

_MOST_REMEMBERED = 50_000
_Asked = tuple[str, str, str, tuple[tuple[str, Attribute], ...]]


@dataclass(slots=True)
class PriceBook:
    """The prices of one day, for one tenant; every answer says how it came about."""

    snapshot: Snapshot
    estimator: Estimator
    terms: Terms = field(default_factory=Terms)
    _answers: dict[_Asked, Price] = field(default_factory=dict)

    @classmethod
    def packaged(cls) -> PriceBook:
        """The book that comes with the product; read once a process.

        >>> book = PriceBook.packaged()
        >>> book.price("ec2", "us-east-1", "ec2_instance", {"class": "m5.large"}).explanation
        'EC2 m5.large linux (0.096 USD an hour as of 2026-07-20)'
        """
        with _loading:  # two threads that ask first would load it twice
            return _packaged()

    @classmethod
    def of_day(cls, day: date, quotes: Quotes, terms: Terms | None = None) -> PriceBook:
        """The packaged prices under the refreshed ones that are valid on `day`.

        Args:
            day: the day of the events to be priced.
            quotes: all that was ever refreshed, by table and region.
            terms: a tenant's discounts.
        """
        snapshot = cls.packaged().snapshot
        estimator = Estimator(Facts(snapshot.shelves, quotes, day), snapshot.regions)
        return cls(snapshot, estimator, (terms or Terms()).on(day))

    @property
    def as_of(self) -> date:
        """The date of the newest packaged prices."""
        return self.snapshot.as_of

    def price(
        self, service: str, region: str, resource_type: str, attributes: Mapping[str, Attribute]
    ) -> Price:
        """USD an hour, or once, for one unit with these attributes (`class`, sizes, options)."""
        asked = (service, region, resource_type, tuple(attributes.items()))
        answer = self._answers.get(asked)
        if answer is None:
            if len(self._answers) >= _MOST_REMEMBERED:
                self._answers.clear()
            answer = self._answers[asked] = self._work_out(
                service, region, resource_type, attributes
            )
        return answer

    def commitment(self, resource_ids: Sequence[str]) -> Commitment | None:
        """What a purchase came to, as AWS lists the reservation; None where it does not."""
        known = self.terms.commitments
        return next((known[one] for one in resource_ids if one in known), None)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every packaged price, as rows of the table `price_book`."""
        return self.snapshot.rows()

    def _work_out(
        self, service: str, region: str, resource_type: str, attributes: Mapping[str, Attribute]
    ) -> Price:
        rule = self.snapshot.rules.get(resource_type)
        if rule is None or rule.service != service:
            return Price(None, "unpriced", f"no price is known for {service} {resource_type}")
        if self.snapshot.regions.multiplier(rule.regions, region) is None:
            return Price(None, "unpriced", f"no prices are known for the region {region}")
        clean = {name: _cleaned(value) for name, value in attributes.items()}
        evaluated = evaluate(rule, region, clean, self.estimator, self.terms.spot_share)
        return self._discounted(service, resource_type, evaluated)

    def _discounted(self, service: str, resource_type: str, price: Evaluated) -> Price:
        """The price less what the tenant need not pay."""
        once = self.snapshot.rules[resource_type].kind == "once"
        if not price.usd or once:
            return Price(price.usd, price.basis, price.explanation, once)
        usd, notes = price.usd, [price.explanation]
        for term in self.terms.of(service, spot=price.basis == "spot_estimate"):
            usd *= 1 - term.rate
            notes.append(term.note)
        if len(notes) == 1:
            return Price(price.usd, price.basis, price.explanation)
        basis = "discounted" if price.basis == "list" else price.basis
        return Price(rounded(usd), basis, "; ".join(notes))


_loading = Lock()


@cache
def _packaged() -> PriceBook:
    snapshot = load_snapshot()
    return PriceBook(snapshot, Estimator(Facts(snapshot.shelves), snapshot.regions))


def _cleaned(value: Attribute) -> Attribute:
    if isinstance(value, str):
        return value.lower()
    return value if isinstance(value, bool | Decimal) else Decimal(str(value))
