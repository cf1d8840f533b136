"""Pricing rules: which list prices make up the hourly cost of one unit of a resource.

A rule is a sum of parts (an EBS volume: storage, IOPS above the free ones, throughput), each
a price times an attribute, then adjusted (what is spot costs less). Rules are data, in
`data/rules.yaml`; this module holds what one may say and how it is worked out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from cost_pipeline.core.calls import Attribute
from cost_pipeline.core.model import HOURS_PER_MONTH, PriceBasis
from cost_pipeline.prices.facts import THE_ONE

Scalar = str | int | float | bool | None
Condition = dict[str, Scalar | list[Scalar]]


class LikeEc2(msgspec.Struct, forbid_unknown_fields=True):
    """A class that runs on an EC2 type: its name without the affixes, at a factor.

    With `largest` the class is a family, and runs on the largest of its types.
    """

    factor: Decimal
    prefix: str = ""
    suffix: str = ""
    largest: bool = False


class Option(msgspec.Struct, forbid_unknown_fields=True):
    """A choice that is listed by itself (Multi-AZ), or else multiplies the plain price."""

    when: Condition
    variant: str
    factor: Decimal
    because: str


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """One component of a price.

    `bulk` names the table that lists it, by key (the attribute `by`, or the only one) and
    variant; `usd` is what was generally known of it in us-east-1: one price, or one for each
    key. `times` are attributes that multiply it, less what is included (`above`). A part that
    is not `optional` makes the whole unpriced where it cannot be worked out.
    """

    what: str
    unit: str
    usd: Decimal | dict[str, Decimal] | None = None
    by: str = "class"
    default: str | None = None
    bulk: str = ""
    variant: str | None = None
    variants: dict[str, str] = {}
    licence: dict[str, str] = {}
    options: list[Option] = []
    like_ec2: LikeEc2 | None = None
    times: list[str] = []
    above: Decimal | None = None
    when: Condition = {}
    optional: bool = False
    estimated: bool = False

    @property
    def only_one(self) -> bool:
        """Whether the table lists one thing, so that no attribute chooses."""
        return isinstance(self.usd, Decimal)


class Adjustment(msgspec.Struct, forbid_unknown_fields=True):
    """A factor on the whole price under a condition, and what that does to its basis.

    With `spot` the factor is the tenant's own spot share, where it has one.
    """

    when: Condition
    factor: Decimal
    because: str
    basis: PriceBasis | None = None
    spot: bool = False


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """How one unit of a resource type is priced."""

    service: str
    parts: list[Part]
    regions: str = "compute"
    adjust: list[Adjustment] = []
    kind: Literal["hourly", "once"] = "hourly"


@dataclass(frozen=True, slots=True)
class Found:
    """A price of one unit in a region: how it came about, who says so, and as of when."""

    usd: Decimal
    exact: bool
    note: str
    as_of: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked up: a thing of a table in a region, and how the region is reckoned."""

    table: str
    region: str
    key: str
    variant: str = ""
    curve: str = "compute"


class Lookup(Protocol):
    """Where the prices of parts come from."""

    def find(self, asked: Asked, like: LikeEc2 | None = None) -> Found | None:
        """The price as listed, or as estimated; like an EC2 type where nothing else is near."""

    def listed(self, asked: Asked) -> Found | None:
        """The price only where a list says it."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a rule comes to; `usd` is None where it cannot be worked out."""

    usd: Decimal | None
    basis: PriceBasis
    explanation: str


_SAID_BY = {"general": ", as generally known", "aws": ", AWS's Price List"}


def evaluate(
    rule: Rule,
    region: str,
    attributes: Mapping[str, Attribute],
    lookup: Lookup,
    spot_share: Decimal | None = None,
) -> Evaluated:
    """The price of one unit: the sum of the parts that apply, adjusted."""
    parts = [part for part in rule.parts if _holds(part.when, attributes)]
    if not parts:
        return Evaluated(None, "unpriced", "no hourly price: billed by use, or not known")
    total, exact, notes = Decimal(0), True, []
    for part in parts:
        found = _part(part, rule, region, attributes, lookup)
        if isinstance(found, str):
            if part.optional:
                continue
            return Evaluated(None, "unpriced", f"{part.what}: {found}")
        total += found.usd
        if found.usd:
            exact = exact and found.exact
            notes.append(found.note)
    basis: PriceBasis = "list" if exact else "estimated"
    for adjustment in rule.adjust:
        if _holds(adjustment.when, attributes):
            factor = adjustment.factor
            if adjustment.spot and spot_share is not None:
                factor = spot_share
            total *= factor
            basis = adjustment.basis or basis
            notes.append(f"× {factor.normalize():f} ({adjustment.because})")
    total = rounded(total)
    if not total:
        return Evaluated(total, "free", "; ".join(notes) or "nothing to pay")
    return Evaluated(total, basis, "; ".join(notes))


def rounded(usd: Decimal) -> Decimal:
    """To eight places, where there are more."""
    exponent = usd.as_tuple().exponent
    return round(usd, 8) if isinstance(exponent, int) and exponent < -8 else usd


def _part(
    part: Part, rule: Rule, region: str, attributes: Mapping[str, Attribute], lookup: Lookup
) -> Found | str:
    """One part of the price, or why it cannot be worked out."""
    amount = _amount(part, attributes)
    if isinstance(amount, str):
        return amount
    unit = _unit_price(part, rule, region, attributes, lookup)
    if isinstance(unit, str):
        return unit
    per_hour = unit.usd / HOURS_PER_MONTH if part.unit.endswith("month") else unit.usd
    times = f" × {amount:f}" if part.times else ""
    article = "an" if part.unit[0] in "hI" else "a"
    dated = f" as of {unit.as_of}{_SAID_BY.get(unit.source, '')}" if unit.as_of else ""
    note = f"{part.what} {unit.note}".strip()
    note = f"{note}{times} ({_shown(unit.usd)} USD {article} {part.unit}{dated})"
    return Found(per_hour * amount, unit.exact and not part.estimated, note)


def _shown(usd: Decimal) -> str:
    return f"{rounded(usd):f}"


def _amount(part: Part, attributes: Mapping[str, Attribute]) -> Decimal | str:
    amount = Decimal(1)
    for name in part.times:
        value = attributes.get(name)
        if not isinstance(value, Decimal):
            return f"the record does not say {name}"
        amount *= value
    return max(amount - part.above, Decimal(0)) if part.above else amount


def _unit_price(
    part: Part, rule: Rule, region: str, attributes: Mapping[str, Attribute], lookup: Lookup
) -> Found | str:
    said = _text(attributes.get(part.by))
    key = THE_ONE if part.only_one else said or part.default
    if key is None:
        return f"the record does not say {part.by}"
    asked = Asked(part.bulk, region, key, _variant(part, attributes), rule.regions)
    options = [option for option in part.options if _holds(option.when, attributes)]
    for option in options:
        variant = f"{asked.variant} {option.variant}".strip()
        listed = lookup.listed(replace(asked, variant=variant))
        if listed is not None:
            return listed
    found = lookup.find(asked, part.like_ec2)
    if found is None:
        return f"no price for {key}"
    if said is None and not part.only_one:
        found = replace(found, exact=False)  # the record does not say: the usual one is assumed
    for option in options:
        note = f"{found.note} × {option.factor.normalize():f} ({option.because})"
        found = replace(found, usd=found.usd * option.factor, exact=False, note=note)
    return found


def _variant(part: Part, attributes: Mapping[str, Attribute]) -> str:
    said = _text(attributes.get(part.variant)) if part.variant else None
    variant = part.variants.get(said or "", part.variants.get("*", said or ""))
    licence = part.licence.get(_text(attributes.get("license")) or "", "")
    return f"{variant} {licence}".strip()


def _holds(condition: Condition, attributes: Mapping[str, Attribute]) -> bool:
    return all(_matches(attributes.get(name), wanted) for name, wanted in condition.items())


def _matches(value: Attribute | None, wanted: Scalar | list[Scalar]) -> bool:
    options = wanted if isinstance(wanted, list) else [wanted]
    return any(_same(value, option) for option in options)


def _same(value: Attribute | None, option: Scalar) -> bool:
    if option is None or value is None:
        return value is option
    if isinstance(option, bool) or isinstance(value, bool):
        return value is option or str(value).lower() == str(option).lower()
    return str(value) == str(option)


def _text(value: Attribute | None) -> str | None:
    return None if value is None else str(value).lower()
