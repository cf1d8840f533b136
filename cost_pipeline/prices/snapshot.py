"""The packaged prices: tables, the rules over them, and what regions cost.

- `data/bulk.csv.xz`: table, region, class, variant, usd, exact, source, as of: instance types.
- `data/listed.csv`: the same of everything else that a price list says, with its unit.
- `data/rules.yaml`: how prices add up; a price that stands in a rule is generally known, not
  listed, and makes an estimate.
- `data/regions.yaml`: multipliers against us-east-1, for prices not known in a region.
"""

from __future__ import annotations

import csv
import io
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

import msgspec
import yaml

from cost_pipeline.core.ready import ready
from cost_pipeline.prices.facts import THE_ONE, Fact, Shelf
from cost_pipeline.prices.regions import HOME, Regions
from cost_pipeline.prices.rules import Part, Rule

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Row = tuple[str, str, str, str, str, Fact]
"""Table, region, key, variant, unit, price."""


class Source(msgspec.Struct, forbid_unknown_fields=True):
    """Where prices come from, and when they were looked at."""

    title: str
    as_of: date


@ready
class _Rules(msgspec.Struct, forbid_unknown_fields=True):
    sources: dict[str, Source]
    rules: dict[str, Rule]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was known of prices on one day."""

    shelves: dict[tuple[str, str], Shelf]
    units: dict[str, str]
    rules: dict[str, Rule]
    sources: dict[str, Source]
    regions: Regions

    @property
    def as_of(self) -> date:
        """The date of the newest price."""
        return max(source.as_of for source in self.sources.values())

    @property
    def tables(self) -> dict[str, str]:
        """The service of every table that a rule reads."""
        return {part.bulk: rule.service for rule in self.rules.values() for part in rule.parts}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every price as a row of the table `price_book`."""
        services = self.tables
        for (table, region), shelf in self.shelves.items():
            for variant, facts in shelf.items():
                for key, fact in facts.items():
                    yield {
                        "service": services.get(table, table),
                        "region": region,
                        "resource_type": table,
                        "attributes": attributes_of(key, variant),
                        "valid_from": fact.as_of,
                        "usd": fact.usd,
                        "unit": self.units.get(table, "hour"),
                        "source": fact.source,
                        "as_of": fact.as_of,
                        "basis": "list" if fact.exact else "estimated",
                    }


def attributes_of(key: str, variant: str) -> str:
    """Key and variant as `price_book` writes them.

    >>> attributes_of("m5.large", "windows"), attributes_of("gp3", "")
    ('class=m5.large;variant=windows', 'class=gp3')
    """
    return f"class={key};variant={variant}" if variant else f"class={key}"


def key_of(attributes: str) -> tuple[str, str]:
    """The key and the variant in `attributes`.

    >>> key_of("class=m5.large;variant=windows"), key_of("class=gp3")
    (('m5.large', 'windows'), ('gp3', ''))
    """
    key, _, variant = attributes.removeprefix("class=").partition(";variant=")
    return key, variant


def load_snapshot() -> Snapshot:
    """Read the packaged snapshot."""
    folder = resources.files("cost_pipeline.prices") / "data"
    known = _typed((folder / "rules.yaml").read_text(encoding="utf-8"), _Rules)
    regions = _typed((folder / "regions.yaml").read_text(encoding="utf-8"), Regions)
    bulk = lzma.decompress((folder / "bulk.csv.xz").read_bytes()).decode()
    listed = (folder / "listed.csv").read_text(encoding="utf-8")
    snapshot = Snapshot({}, {}, known.rules, known.sources, regions)
    _take(snapshot, _bulk(bulk))
    _take(snapshot, _listed(listed))
    for resource_type, rule in known.rules.items():
        for part in rule.parts:
            part.bulk = part.bulk or f"{resource_type}: {part.what}"
            _take(snapshot, _generally_known(rule, part, known.sources["general"]))
    return snapshot


def _take(snapshot: Snapshot, rows: Iterator[_Row]) -> None:
    """Puts prices onto their shelves; what is there is better than what comes later."""
    for table, region, key, variant, unit, fact in rows:
        shelf = snapshot.shelves.setdefault((table, region), {})
        facts = shelf.setdefault(variant, {})
        if key not in facts or (fact.exact and not facts[key].exact):
            facts[key] = fact
        snapshot.units.setdefault(table, unit)


def _bulk(text: str) -> Iterator[_Row]:
    dates: dict[str, date] = {}
    for table, region, key, variant, usd, exact, source, as_of in csv.reader(io.StringIO(text)):
        day = dates.setdefault(as_of, date.fromisoformat(as_of))
        yield table, region, key, variant, "hour", Fact(Decimal(usd), exact == "1", source, day)


def _listed(text: str) -> Iterator[_Row]:
    for row in csv.DictReader(io.StringIO(text)):
        day = date.fromisoformat(row["as_of"])
        fact = Fact(Decimal(row["usd"]), True, row["source"], day)
        yield row["table"], row["region"], row["key"], row["variant"], row["unit"], fact


def _generally_known(rule: Rule, part: Part, source: Source) -> Iterator[_Row]:
    """The prices that a part of a rule carries itself."""
    variant = part.variants.get("*", "")
    prices = part.usd if isinstance(part.usd, dict) else {}
    if isinstance(part.usd, Decimal):
        prices = {THE_ONE: part.usd}
    for key, usd in prices.items():
        yield part.bulk, HOME, key, variant, part.unit, Fact(usd, False, "general", source.as_of)


def _typed(text: str, kind: type[Any]) -> Any:
    return msgspec.convert(yaml.load(text, Loader=_LOADER), kind, strict=False)  # noqa: S506
