"""Whether an offer may replace the prices at hand: its shape, number, currency and size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from statistics import median

from cost_pipeline.prices.offers import offer_maps
from cost_pipeline.prices.price_list import Offer

Known = Callable[[str, str, str], Decimal | None]
"""From table, key and variant to the price at hand in the offer's region, if it is listed."""

LEAST_SHARE_OF_LAST = 0.8
"""An offer with fewer prices than this part of the last one has lost some."""
MOST_USD = {"hour": 2000, "GB-month": 10, "IOPS-month": 2, "MBps-month": 50}
MOST_APART = 2
"""How many times dearer or cheaper than the prices at hand an offer may be, at the median."""
_FEWEST_TO_COMPARE = 5


def problems(offer: Offer, *, last_count: int | None, known: Known) -> list[str]:
    """Why an offer must not be taken in, as sentences; empty where it may."""
    if not offer.version or offer.published is None:
        return ["it does not say its version and the date of its publication"]
    if offer.foreign:
        return [f"its prices are in {', '.join(sorted(offer.foreign))}, not in USD"]
    if not offer.prices:
        return [f"none of its {offer.products:,} products is one that is looked for"]
    return [*_number(offer, last_count), *_sizes(offer), *_sanity(offer), *_apart(offer, known)]


def _number(offer: Offer, last_count: int | None) -> Iterator[str]:
    if last_count and len(offer.prices) < LEAST_SHARE_OF_LAST * last_count:
        yield f"it has {len(offer.prices):,} prices, the last one had {last_count:,}"


def _sizes(offer: Offer) -> Iterator[str]:
    for price in offer.prices:
        if not 0 < price.usd <= MOST_USD.get(price.place.unit, MOST_USD["hour"]):
            thing = f"{price.place.key} {price.place.variant}".strip()
            yield f"{thing} would cost {price.usd} USD a {price.place.unit}"
            return


def _sanity(offer: Offer) -> Iterator[str]:
    for sane in offer_maps()[offer.code].sanity:
        usd = offer.usd(sane.table, sane.key, sane.variant)
        thing = f"{sane.key} {sane.variant}".strip()
        if usd is not None and not sane.least <= usd <= sane.most:
            yield f"{thing} would cost {usd} USD; between {sane.least} and {sane.most} is sane"


def _apart(offer: Offer, known: Known) -> Iterator[str]:
    ratios = []
    for price in offer.prices:
        usd = known(price.place.table, price.place.key, price.place.variant)
        if usd:
            ratios.append(price.usd / usd)
    if len(ratios) >= _FEWEST_TO_COMPARE:
        middle = median(ratios)
        if not 1 / Decimal(MOST_APART) <= middle <= MOST_APART:
            yield f"its prices are {middle:.2f} times those at hand, at the median"
