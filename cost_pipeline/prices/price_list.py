"""Reads the offer files of AWS's Price List, JSON or CSV, as a stream and in bounded memory.

An offer file holds every product of a service in a region, then the terms of each: on demand
first, then the far longer reserved ones, which are not read. What is kept are the few products
that a rule asks for.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

import ijson  # type: ignore[import-untyped]

from cost_pipeline.core.model import HOURS_PER_MONTH
from cost_pipeline.prices.offers import OfferMap, Place, offer_maps, place_of, plain_name

Opener = Callable[[], BinaryIO]
_TERMS = re.compile(rb'"terms"\s*:\s*\{')
_RESERVED = re.compile(rb'"Reserved"\s*:\s*\{')
_HOURLY = re.compile("hrs|hour", re.IGNORECASE)
"""A unit by the hour, where ours is by the month."""
_CHUNK = 1 << 18
_LONGEST_MARK = 64


class OfferError(ValueError):
    """An offer file is not what it should be; the message says how."""


@dataclass(frozen=True, slots=True)
class OfferPrice:
    """One price of an offer file: USD for one unit, in force since `effective`."""

    place: Place
    usd: Decimal
    effective: date


@dataclass(slots=True)
class Offer:
    """What an offer file holds of what is asked for."""

    code: str
    region: str
    version: str = ""
    published: date | None = None
    products: int = 0
    prices: list[OfferPrice] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)

    def usd(self, table: str, key: str, variant: str) -> Decimal | None:
        """The price of one thing."""
        for price in self.prices:
            if (price.place.table, price.place.key, price.place.variant) == (table, key, variant):
                return price.usd
        return None


def parse_json(open_file: Opener, code: str, region: str) -> Offer:
    """Reads an offer file in JSON; opens it twice: for the products, then for their terms.

    Raises:
        OfferError: it is cut off, no JSON, or of another offer.
    """
    offer, mapped = Offer(code, region), _map_of(code)
    try:
        with open_file() as file:
            _read_head(file, offer)
        wanted = dict(_wanted(open_file, offer, mapped))
        _price(open_file, offer, wanted, until=_RESERVED)
        if len(offer.prices) < len(wanted):  # reserved terms first: read on to the end
            offer.prices.clear()
            _price(open_file, offer, wanted, until=None)
    except (ijson.JSONError, InvalidOperation) as error:
        raise OfferError(
            f"the file of {code} in {region} is cut off or no JSON: {error}"
        ) from error
    _keep_one_of_each(offer)
    return offer


def parse_csv(lines: Iterable[str], code: str, region: str) -> Offer:
    """Reads an offer file in CSV, once.

    Raises:
        OfferError: it has no head, or not the columns of an offer file.
    """
    offer, mapped = Offer(code, region), _map_of(code)
    rows = csv.reader(lines)
    names: list[str] = []
    for row in rows:
        if row[:1] == ["SKU"]:
            names = [plain_name(name) for name in row]
            break
        _head(offer, plain_name(row[0]) if row else "", row[1] if len(row) > 1 else "")
    if not {"usagetype", "termtype", "priceperunit", "currency"} <= set(names):
        raise OfferError(f"the file of {code} in {region} has not the columns of an offer file")
    for row in rows:
        attributes = dict(zip(names, row, strict=False))
        offer.products += 1
        if attributes.get("termtype") != "OnDemand" or not _is_here(attributes, region):
            continue
        place = place_of(mapped, attributes.get("productfamily", ""), attributes)
        if place is not None:
            _take(offer, place, _csv_dimension(attributes))
    _keep_one_of_each(offer)
    return offer


def _csv_dimension(row: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "pricePerUnit": {row["currency"]: row["priceperunit"]},
        "beginRange": row.get("startingrange", "0"),
        "effective": row.get("effectivedate", ""),
        "unit": row.get("unit", ""),
    }


def _map_of(code: str) -> OfferMap:
    try:
        return offer_maps()[code]
    except KeyError:
        known = ", ".join(sorted(offer_maps()))
        raise OfferError(f"{code} is no offer that is read; these are: {known}") from None


def _read_head(file: BinaryIO, offer: Offer) -> None:
    for prefix, event, value in ijson.parse(file):
        if event == "string":
            _head(offer, plain_name(prefix), value)
        if prefix == "products" or (event == "start_map" and prefix):
            return


def _head(offer: Offer, name: str, value: str) -> None:
    if name == "offercode" and value != offer.code:
        raise OfferError(f"the file is of {value}, not of {offer.code}")
    if name == "version":
        offer.version = value
    elif name == "publicationdate":
        offer.published = date.fromisoformat(value[:10])


def _wanted(open_file: Opener, offer: Offer, mapped: OfferMap) -> Iterator[tuple[str, Place]]:
    """The products that a rule asks for, by SKU."""
    with open_file() as file:
        for sku, product in _items(file, "products", _TERMS):
            offer.products += 1
            raw = product.get("attributes", {})
            attributes = {plain_name(name): value for name, value in raw.items()}
            if not _is_here(attributes, offer.region):
                continue
            place = place_of(mapped, product.get("productFamily", ""), attributes)
            if place is not None:
                yield sku, place


def _is_here(attributes: Mapping[str, str], region: str) -> bool:
    """Whether a product is of the region itself, not of a local or wavelength zone."""
    return (
        attributes.get("regioncode", "") in ("", region)
        and attributes.get("locationtype", "AWS Region") == "AWS Region"
    )


def _price(
    open_file: Opener, offer: Offer, wanted: Mapping[str, Place], until: re.Pattern[bytes] | None
) -> None:
    with open_file() as file:
        for sku, terms in _items(file, "terms.OnDemand", until):
            place = wanted.get(sku)
            if place is None:
                continue
            for term in terms.values():
                for dimension in term.get("priceDimensions", {}).values():
                    _take(offer, place, dimension | {"effective": term.get("effectiveDate", "")})


def _take(offer: Offer, place: Place, dimension: Mapping[str, Any]) -> None:
    """Keeps a price that is not nothing (a free tier) and not of a later tier."""
    price = dimension["pricePerUnit"]
    if "USD" not in price:
        offer.foreign.update(price)
        return
    usd = Decimal(price["USD"])
    if place.unit.endswith("-month") and _HOURLY.search(dimension.get("unit") or ""):
        usd *= HOURS_PER_MONTH
    if usd and dimension.get("beginRange") in (None, "", "0"):
        effective = date.fromisoformat(dimension["effective"][:10])
        offer.prices.append(OfferPrice(place, usd / place.divide, effective))


def _keep_one_of_each(offer: Offer) -> None:
    """One price for each thing: the least, where several products are the same thing to us."""
    least: dict[Place, OfferPrice] = {}
    for price in offer.prices:
        known = least.get(price.place)
        if known is None or price.usd < known.usd:
            least[price.place] = price
    offer.prices = list(least.values())


def _items(
    file: BinaryIO, prefix: str, until: re.Pattern[bytes] | None
) -> Iterator[tuple[str, Any]]:
    """The members of an object in the file, up to a mark if one is given."""
    if until is None:
        yield from ijson.kvitems(file, prefix)
        return
    cut = _Until(file, until)
    try:
        yield from ijson.kvitems(cut, prefix)
    except ijson.IncompleteJSONError:
        if not cut.reached:
            raise


class _Until:
    """A file that ends where a mark is found."""

    def __init__(self, file: BinaryIO, mark: re.Pattern[bytes]) -> None:
        self._file, self._mark, self._held = file, mark, b""
        self.reached = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes; holds back a few, in which the mark may begin."""
        if size == 0:
            return b""
        while not self.reached:
            chunk = self._file.read(size if size > _CHUNK else _CHUNK)
            held = self._held + chunk
            found = self._mark.search(held)
            if found or not chunk:
                self.reached, self._held = bool(found), b""
                return held[: found.start()] if found else held
            self._held = held[-_LONGEST_MARK:]
            if len(held) > _LONGEST_MARK:
                return held[:-_LONGEST_MARK]
        return b""
