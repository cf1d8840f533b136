"""Which products of AWS's Price List are which prices of ours: the entries of `offers.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import msgspec
import yaml

from cost_pipeline.core.ready import ready
from cost_pipeline.prices.facts import THE_ONE

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class VariantWord(msgspec.Struct, forbid_unknown_fields=True, rename={"words": "as"}):
    """One word of a variant, from an attribute; `glue` joins the next word to it."""

    of: str
    words: dict[str, str]
    glue: str = " "


class Product(msgspec.Struct, forbid_unknown_fields=True, rename={"fixed_key": "as"}):
    """Products that belong into one table, and where their key and variant stand."""

    table: str
    families: list[str] = []
    where: dict[str, list[str]] = {}
    usage: str = ""
    key: str | None = None
    keys: dict[str, str] = {}
    fixed_key: str | None = None
    variant: list[VariantWord] = []
    fixed: str = ""
    unit: str = "hour"
    divide: int = 1


class Sanity(msgspec.Struct, forbid_unknown_fields=True):
    """A price that an offer must hold in every region, and its bounds in USD."""

    table: str
    key: str
    variant: str
    least: float
    most: float


@ready
class OfferMap(msgspec.Struct, forbid_unknown_fields=True):
    """What is read of one offer file."""

    prices: list[Product]
    sanity: list[Sanity] = []


@dataclass(frozen=True, slots=True)
class Place:
    """Where a product's price belongs, in which unit, and what to divide the listed one by."""

    table: str
    key: str
    variant: str
    unit: str
    divide: int


@cache
def offer_maps() -> dict[str, OfferMap]:
    """By offer code, as in the Price List's addresses: `AmazonEC2`."""
    text = (resources.files("cost_pipeline.prices") / "data" / "offers.yaml").read_text("utf-8")
    known: Any = yaml.load(text, Loader=_LOADER)  # noqa: S506 - it is the safe loader
    return msgspec.convert(known["offers"], dict[str, OfferMap], strict=False)


@lru_cache(maxsize=1024)
def plain_name(name: str) -> str:
    """The name of an attribute as `offers.yaml` writes it.

    >>> plain_name("Pre Installed S/W"), plain_name("instanceType")
    ('preinstalledsw', 'instancetype')
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def place_of(offer: OfferMap, family: str, attributes: Mapping[str, str]) -> Place | None:
    """Where a product belongs; None for the many that no rule asks for.

    `attributes` are under their plain names.
    """
    for product in offer.prices:
        if product.families and family not in product.families:
            continue
        found = _placed(product, attributes)
        if found is not None:
            return found
    return None


def _placed(product: Product, attributes: Mapping[str, str]) -> Place | None:
    for name, allowed in product.where.items():
        if attributes.get(name, "") not in allowed:
            return None
    usage = re.search(product.usage, attributes.get("usagetype", ""))
    if usage is None:
        return None
    key = _key(product, attributes, usage)
    variant = _variant(product, attributes)
    if not key or variant is None:
        return None
    return Place(product.table, key.lower(), variant, product.unit, product.divide)


def _key(product: Product, attributes: Mapping[str, str], usage: re.Match[str]) -> str | None:
    if product.fixed_key is not None:
        return product.fixed_key
    said: str | None = THE_ONE
    if product.key is not None:
        said = attributes.get(product.key)
    elif usage.groups():
        said = usage.group(1)
    return product.keys.get(said or "") if product.keys else said


def _variant(product: Product, attributes: Mapping[str, str]) -> str | None:
    text, glue = product.fixed, " "
    for word in product.variant:
        said = word.words.get(attributes.get(word.of, ""))
        if said is None:
            return None
        if said:
            text = f"{text}{glue}{said}" if text else said
        glue = word.glue
    return text
