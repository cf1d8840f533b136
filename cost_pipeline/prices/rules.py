"""Pricing rules: which list prices make up the hourly cost of one unit of a resource.

A rule is a sum of parts (an EBS volume: storage, IOPS above the free ones, throughput), each
a price times an attribute, then adjusted (Multi-AZ doubles it). Rules are data, in
`data/rules.yaml`; this module holds what one may say and how it is worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import msgspec

from cost_pipeline.core.calls import Attribute
from cost_pipeline.core.model import HOURS_PER_MONTH, PriceBasis

Scalar = str | int | float | bool | None
Condition = dict[str, Scalar | list[Scalar]]


class LikeEc2(msgspec.Struct, forbid_unknown_fields=True):
    """A class that runs on an EC2 type: its name without the affixes, at a factor."""

    factor: Decimal
    prefix: str = ""
    suffix: str = ""


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """One component of a price.

    `usd` is the price of one `unit`, or a table of prices by the attribute `by`; `bulk` names
    a table of the packaged snapshot, looked up by class and variant. `times` are attributes
    that multiply it, less what is included (`above`). A part that is not `optional` makes the
    whole unpriced where it cannot be worked out.
    """

    what: str
    unit: str
    usd: Decimal | dict[str, Decimal] | None = None
    by: str = "class"
    default: str | None = None
    bulk: str | None = None
    variant: str | None = None
    variants: dict[str, str] = {}
    like_ec2: LikeEc2 | None = None
    times: list[str] = []
    above: Decimal | None = None
    when: Condition = {}
    optional: bool = False
    estimated: bool = False


class Adjustment(msgspec.Struct, forbid_unknown_fields=True):
    """A factor on the whole price under a condition, and what that does to its basis."""

    when: Condition
    factor: Decimal
    because: str
    basis: PriceBasis | None = None


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """How one unit of a resource type is priced, from where and as of when."""

    service: str
    parts: list[Part]
    regions: str = "compute"
    adjust: list[Adjustment] = []
    kind: Literal["hourly", "once"] = "hourly"
    source: str = "general"


@dataclass(frozen=True, slots=True)
class Found:
    """A price of one unit in a region: how it came about, and whether it is a list price."""

    usd: Decimal
    exact: bool
    note: str


Lookup = Callable[[str, str, str, str], "Found | None"]
"""From table, region, class and variant to the price in that table."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a rule comes to; `usd` is None where it cannot be worked out."""

    usd: Decimal | None
    basis: PriceBasis
    explanation: str


def evaluate(
    rule: Rule, region: str, attributes: Mapping[str, Attribute], multiplier: Found, lookup: Lookup
) -> Evaluated:
    """The price of one unit: the sum of the parts that apply, adjusted."""
    parts = [part for part in rule.parts if _holds(part.when, attributes)]
    if not parts:
        return Evaluated(None, "unpriced", "no hourly price: billed by use, or not known")
    total, exact, notes = Decimal(0), True, []
    for part in parts:
        found = _part(part, region, attributes, multiplier, lookup)
        if isinstance(found, str):
            if part.optional:
                continue
            return Evaluated(None, "unpriced", f"{part.what}: {found}")
        total += found.usd
        exact = exact and found.exact
        if found.usd:
            notes.append(found.note)
    basis: PriceBasis = "list" if exact else "estimated"
    for adjustment in rule.adjust:
        if _holds(adjustment.when, attributes):
            total *= adjustment.factor
            basis = adjustment.basis or basis
            notes.append(f"× {adjustment.factor} ({adjustment.because})")
    total = _rounded(total)
    if not total:
        return Evaluated(total, "free", "; ".join(notes) or "nothing to pay")
    return Evaluated(total, basis, "; ".join(notes))


def _rounded(usd: Decimal) -> Decimal:
    """To eight places, where there are more."""
    exponent = usd.as_tuple().exponent
    return round(usd, 8) if isinstance(exponent, int) and exponent < -8 else usd


def _part(
    part: Part,
    region: str,
    attributes: Mapping[str, Attribute],
    multiplier: Found,
    lookup: Lookup,
) -> Found | str:
    """One part of the price, or why it cannot be worked out."""
    amount = _amount(part, attributes)
    if isinstance(amount, str):
        return amount
    unit = _unit_price(part, region, attributes, multiplier, lookup)
    if isinstance(unit, str):
        return unit
    per_hour = unit.usd / HOURS_PER_MONTH if part.unit.endswith("month") else unit.usd
    times = f" × {amount:f}" if part.times else ""
    article = "an" if part.unit[0] in "hI" else "a"
    note = f"{part.what} {unit.note}{times} ({unit.usd:f} USD {article} {part.unit})"
    return Found(per_hour * amount, unit.exact and not part.estimated, note)


def _amount(part: Part, attributes: Mapping[str, Attribute]) -> Decimal | str:
    amount = Decimal(1)
    for name in part.times:
        value = attributes.get(name)
        if not isinstance(value, Decimal):
            return f"the record does not say {name}"
        amount *= value
    return max(amount - part.above, Decimal(0)) if part.above else amount


def _unit_price(
    part: Part,
    region: str,
    attributes: Mapping[str, Attribute],
    multiplier: Found,
    lookup: Lookup,
) -> Found | str:
    key = _text(attributes.get(part.by)) or part.default
    usd: Decimal | None = None
    note = ""
    if isinstance(part.usd, dict):
        if key is None:
            return f"the record does not say {part.by}"
        usd, note = part.usd.get(key), key
    elif part.usd is not None:
        usd = part.usd
    if usd is not None:
        exact = multiplier.exact and (not note or part.by in attributes)
        return Found(usd * multiplier.usd, exact, f"{note}{multiplier.note}".strip())
    if key is None:
        return f"the record does not say {part.by}"
    variant = _text(attributes.get(part.variant)) if part.variant else None
    variant = part.variants.get(variant or "", part.variants.get("*", variant or ""))
    found = lookup(part.bulk, region, key, variant) if part.bulk else None
    return found or _like_ec2(part, region, key, lookup) or f"no price for {key}"


def _like_ec2(part: Part, region: str, key: str, lookup: Lookup) -> Found | None:
    like = part.like_ec2
    if like is None or not key.startswith(like.prefix):
        return None
    instance = key.removeprefix(like.prefix).removesuffix(like.suffix)
    found = lookup("ec2", region, instance, "linux")
    if found is None:
        return None
    note = f"{key}, as {like.factor} × EC2 {found.note}"
    return Found(found.usd * like.factor, False, note)


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
