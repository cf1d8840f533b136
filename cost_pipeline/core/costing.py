"""What a line of a record costs: the change of an hourly rate, or an amount once.

A job that ends by itself is charged once, for its longest run: no call tells of its end. A
definition (an endpoint configuration) costs nothing, but keeps the rate of what will run it.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from cost_pipeline.core.calls import Call, Commitment, Line, Prices, Units
from cost_pipeline.core.model import Price, PriceBasis

_ZERO = Decimal(0)
_PLACES = 8
_NO_COST = "this call has no cost of its own"
_BASIS_BY_DOUBT: tuple[PriceBasis, ...] = (
    "free",
    "list",
    "discounted",
    "estimated",
    "spot_estimate",
    "unpriced",
)


class WorstCase(msgspec.Struct, frozen=True):
    """The most that a call allows: how many, and USD an hour where that is known."""

    quantity: Decimal
    hourly: Decimal | None
    explanation: str


class Cost(msgspec.Struct, frozen=True):
    """The change of the hourly rate, the rate after it, what is paid once, and why.

    `rate` is what a job or a definition costs an hour while it runs, `unit_rate` what one unit
    costs where the record does not say how many there are (`unit_once`, what it costs once),
    `term` for how many years it binds where the record does not say it.
    """

    hourly: Decimal | None
    rate_after: Decimal | None
    once: Decimal
    basis: PriceBasis
    explanation: str
    rate: Decimal | None = None
    unit_rate: Decimal | None = None
    unit_once: Decimal | None = None
    term: Decimal | None = None


def cost_of(call: Call, line: Line, region: str, prices: Prices) -> Cost:
    """What a line of a record costs, by the way the call is priced."""
    if line.free:
        return _at_no_cost(call)
    if call.action == "purchase" and (bought := prices.commitment(line.ids)) is not None:
        return _bought(bought)
    match call.pricing:
        case "ends":
            explanation = "nothing more to pay; what it saves is the rate of the resource"
            return Cost(None, _ZERO, _ZERO, "list", explanation)
        case "free":
            rate_after = _ZERO if call.action == "start" else None
            return Cost(_ZERO, rate_after, _ZERO, "free", call.because or _NO_COST)
        case "stated":
            return _stated(line)
        case "defined" if call.defines:
            return Cost(_ZERO, None, _ZERO, "free", call.because or _NO_COST)
        case "usage" | "unstated" | "listed" | "inherited" | "defined":
            return Cost(None, None, _ZERO, "unpriced", call.because or _LATER[call.pricing])
        case "book":
            return _from_book(call, line, region, prices)


def worst_case_of(
    call: Call, line: Line, cost: Cost, region: str, prices: Prices
) -> WorstCase | None:
    """What the call allows at most, as an upper bound beside the cost now; None for no bound.

    A definition allows what it defines: what all its units cost an hour once they run.
    """
    if not line.worst:
        if not call.defines or not cost.rate:
            return None
        defined = sum((unit.quantity for unit in line.units), _ZERO)
        return WorstCase(defined, cost.rate, cost.explanation)
    quantity = sum((unit.quantity for unit in line.worst), _ZERO)
    total = _total_of(*call.worst_kind, line.worst, region, prices)
    return WorstCase(quantity, total.usd, total.explanation)


_LATER = {
    "unstated": "neither the record nor the price book says the price",
    "listed": "AWS's list of what was bought says the price, which the next sweep reads",
    "usage": "billed by use, which CloudTrail does not show",
    "inherited": "the last known rate of the resource applies",
    "defined": "what it runs was defined by an earlier call",
}


def _at_no_cost(call: Call) -> Cost:
    """What costs nothing in this form: a service on machines that are billed themselves."""
    rate = _ZERO if call.defines else None
    return Cost(_ZERO, None if call.defines else _ZERO, _ZERO, "free", _NO_COST, rate=rate)


def _bought(known: Commitment) -> Cost:
    rate = _rounded(known.hourly)
    return Cost(rate, rate, _rounded(known.upfront), "list", known.said, term=known.years)


def _stated(line: Line) -> Cost:
    if line.once is None and line.hourly is None:
        return Cost(None, None, _ZERO, "unpriced", "the record does not state the price")
    hourly = line.hourly or _ZERO
    rate = _rounded(hourly / max(len(line.ids), 1))
    return Cost(hourly, rate, line.once or _ZERO, "list", "the price is stated in the record")


def _from_book(call: Call, line: Line, region: str, prices: Prices) -> Cost:
    total = _total(call, line.units, region, prices)
    if total.usd is None:
        return Cost(None, None, _ZERO, "unpriced", total.explanation)
    if total.once:
        return _paid_once(line, total, total.usd)
    if line.priced_one:
        explanation = f"{total.explanation}{_sized(line)}"
        return Cost(None, None, _ZERO, total.basis, explanation, unit_rate=total.usd)
    if line.added:
        return Cost(total.usd, None, _ZERO, total.basis, f"{total.explanation}; added to the rest")
    if call.defines:
        return Cost(_ZERO, None, _ZERO, "free", total.explanation, rate=total.usd)
    if line.hours is not None:
        explanation = f"{total.explanation}; for at most {line.hours} hours"
        once = _rounded(total.usd * line.hours)
        return Cost(_ZERO, _ZERO, once, "estimated", explanation, rate=total.usd)
    rate_after = _rounded(total.usd / len(line.ids))
    if call.action == "start":
        return Cost(total.usd, rate_after, _ZERO, total.basis, total.explanation)
    before = _total(call, line.before, region, prices) if line.before else _UNKNOWN
    change = None if before.usd is None else total.usd - before.usd
    return Cost(change, rate_after, _ZERO, total.basis, total.explanation)


def _paid_once(line: Line, price: Price, usd: Decimal) -> Cost:
    """What is paid once; a middling size is assumed until an earlier record tells it."""
    if line.sized_by is None or line.assumed_gb is None:
        return Cost(_ZERO, _ZERO, usd, price.basis, price.explanation)
    explanation = f"{price.explanation}{_sized(line)}"
    once = _rounded(usd * line.assumed_gb)
    return Cost(_ZERO, _ZERO, once, price.basis, explanation, unit_once=usd)


def _sized(line: Line) -> str:
    if line.sized_by is None:
        return ""
    return (
        f"; for each GB of {line.sized_by}, whose size earlier records tell; "
        f"{line.assumed_gb} GB where none does"
    )


def _rounded(usd: Decimal) -> Decimal:
    """To eight places, where there are more."""
    exponent = usd.as_tuple().exponent
    return round(usd, _PLACES) if isinstance(exponent, int) and -exponent > _PLACES else usd


_UNKNOWN = Price(None, "unpriced", "the record does not say")


def _total(call: Call, units: tuple[Units, ...], region: str, prices: Prices) -> Price:
    return _total_of(*call.price_kind, units, region, prices)


def _total_of(
    service: str, resource_type: str, units: tuple[Units, ...], region: str, prices: Prices
) -> Price:
    """USD an hour of all units together; unpriced when one of them is."""
    if not units:
        return _UNKNOWN
    found = [_of_units(service, resource_type, one, region, prices) for one in units]
    if len(found) == 1:
        return found[0]
    usd, basis = _ZERO, found[0].basis
    for price in found:
        if price.usd is None:
            return price
        usd += price.usd
        basis = max(basis, price.basis, key=_BASIS_BY_DOUBT.index)
    return Price(usd, basis, "; ".join(price.explanation for price in found), found[-1].once)


def _of_units(service: str, resource_type: str, units: Units, region: str, prices: Prices) -> Price:
    """What all units of one class cost together."""
    attributes = units.attributes
    if units.resource_class is not None:
        attributes = {**attributes, "class": units.resource_class}
    price = prices.price(service, region, resource_type, attributes)
    if price.usd is None:
        return price
    explanation = f"{units.quantity} × {price.explanation}"
    return Price(price.usd * units.quantity, price.basis, explanation, price.once)
