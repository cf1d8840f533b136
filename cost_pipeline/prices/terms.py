"""What a tenant pays less than the list: its own rates, dated, and what its spot machines cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from cost_pipeline.core.calls import Commitment

TermKind = Literal["service", "savings_plan", "enterprise", "spot"]
ANY_SERVICE = "*"
SAVINGS_PLAN_SERVICES = frozenset({"ec2", "ecs", "lambda", "sagemaker"})
"""What AWS's Savings Plans cover; reserved instances are a rate of their own service."""


@dataclass(frozen=True, slots=True)
class Term:
    """One rate: which part of the list price need not be paid (0.12 is 12 % less).

    `service` and `savings_plan` rates exclude each other, the greater applies; `enterprise`
    comes off what is left. `spot` is what a spot machine costs less than one on demand.
    """

    kind: TermKind
    service: str
    rate: Decimal
    valid_from: date
    valid_until: date | None = None

    @property
    def note(self) -> str:
        """The rate as a sentence's part.

        >>> Term("enterprise", "*", Decimal("0.12"), date(2026, 1, 1)).note
        'less 12 % (enterprise rate since 2026-01-01)'
        """
        named = {"service": f"rate for {self.service}", "savings_plan": "Savings Plan"}
        name = named.get(self.kind, f"{self.kind} rate")
        return f"less {(self.rate * 100).normalize():f} % ({name} since {self.valid_from})"

    def holds(self, day: date) -> bool:
        """Whether the rate is valid on the day; `valid_until` is its last."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Terms:
    """All rates of a tenant, and what its reservations came to, by their ids."""

    rates: tuple[Term, ...] = ()
    commitments: Mapping[str, Commitment] = field(default_factory=dict)

    def on(self, day: date) -> Terms:
        """Those that are valid on a day, the newest of each kind and service."""
        newest = {
            (term.kind, term.service): term
            for term in sorted(self.rates, key=lambda term: term.valid_from)
            if term.holds(day)
        }
        return replace(self, rates=tuple(newest.values()))

    @property
    def spot_share(self) -> Decimal | None:
        """What a spot machine costs of the price on demand; None where the tenant says nothing."""
        shares = [1 - term.rate for term in self.rates if term.kind == "spot"]
        return shares[-1] if shares else None

    def of(self, service: str, *, spot: bool = False) -> list[Term]:
        """The rates that come off a price of the service, in order."""
        own = [term for term in self.rates if self._covers(term, service) and not spot]
        best = max(own, key=lambda term: term.rate, default=None)
        enterprise = [t for t in self.rates if t.kind == "enterprise" and _named(t, service)]
        named = [term for term in enterprise if term.service != ANY_SERVICE]
        return [*([best] if best else []), *(named or enterprise)]

    def _covers(self, term: Term, service: str) -> bool:
        if term.kind == "savings_plan":
            return service in SAVINGS_PLAN_SERVICES and _named(term, service)
        return term.kind == "service" and _named(term, service)


def _named(term: Term, service: str) -> bool:
    return term.service in (service, ANY_SERVICE)
