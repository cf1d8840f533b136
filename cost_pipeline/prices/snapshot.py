"""The packaged prices: bulk tables, the rules over them, and what regions cost.

- `data/bulk.csv.xz`: table, region, class, variant, usd, source, as of: instance types.
- `data/rules.yaml`: everything else, with the few dozen prices each rule needs.
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
from typing import Any, NamedTuple

import msgspec
import yaml

from cost_pipeline.prices.rules import Found, Part, Rule

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BulkKey(NamedTuple):
    """Where a price stands in the bulk tables."""

    table: str
    region: str
    resource_class: str
    variant: str


class BulkPrice(NamedTuple):
    """A price of the bulk tables; `exact` unless it was too old to be called a list price."""

    usd: Decimal
    exact: bool
    source: str
    as_of: date


class Curve(msgspec.Struct, forbid_unknown_fields=True):
    """Multipliers by region; `default` for a region that is not named, if any."""

    multipliers: dict[str, Decimal] = {}
    default: Decimal | None = None
    exact: bool = False


class Source(msgspec.Struct, forbid_unknown_fields=True):
    """Where prices come from, and when they were looked at."""

    title: str
    as_of: date


class Regions(msgspec.Struct, forbid_unknown_fields=True):
    """What a region costs against us-east-1, by kind of price."""

    curves: dict[str, Curve]

    def multiplier(self, curve: str, region: str) -> Found | None:
        """The multiplier with its explanation; None for a region that nothing is known of."""
        known = self.curves.get(curve) or self.curves["compute"]
        if region == "us-east-1" or (known.exact and region not in known.multipliers):
            return Found(Decimal(1), True, "")
        factor = known.multipliers.get(region, known.default)
        if factor is None:
            return None
        note = f" × {factor:f} for {region}" if factor != 1 else " as in us-east-1"
        return Found(factor, known.exact, note)


class _Rules(msgspec.Struct, forbid_unknown_fields=True):
    sources: dict[str, Source]
    rules: dict[str, Rule]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was known of prices on one day."""

    bulk: dict[BulkKey, BulkPrice]
    rules: dict[str, Rule]
    sources: dict[str, Source]
    regions: Regions

    @property
    def as_of(self) -> date:
        """The date of the newest price."""
        return max(source.as_of for source in self.sources.values())

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every price as a row of the table `price_book`."""
        for key, price in self.bulk.items():
            text = f"class={key.resource_class}"
            if key.variant:
                text += f";variant={key.variant}"
            yield _row(
                key.table, key.region, key.table, text, price.usd, "hour", price.source, price.as_of
            )
        for resource_type, rule in self.rules.items():
            source = self.sources[rule.source]
            for part in rule.parts:
                for text, usd in _listed(part):
                    yield _row(
                        rule.service,
                        "us-east-1",
                        resource_type,
                        text,
                        usd,
                        part.unit,
                        rule.source,
                        source.as_of,
                    )


def load_snapshot() -> Snapshot:
    """Read the packaged snapshot."""
    folder = resources.files("cost_pipeline.prices") / "data"
    rules = _typed((folder / "rules.yaml").read_text(encoding="utf-8"), _Rules)
    regions = _typed((folder / "regions.yaml").read_text(encoding="utf-8"), Regions)
    text = lzma.decompress((folder / "bulk.csv.xz").read_bytes()).decode()
    return Snapshot(dict(_bulk(text)), rules.rules, rules.sources, regions)


def _bulk(text: str) -> Iterator[tuple[BulkKey, BulkPrice]]:
    dates: dict[str, date] = {}
    for table, region, name, variant, usd, exact, source, as_of in csv.reader(io.StringIO(text)):
        day = dates.setdefault(as_of, date.fromisoformat(as_of))
        yield (
            BulkKey(table, region, name, variant),
            BulkPrice(Decimal(usd), exact == "1", source, day),
        )


def _typed(text: str, kind: type[Any]) -> Any:
    return msgspec.convert(yaml.load(text, Loader=_LOADER), kind, strict=False)  # noqa: S506


def _listed(part: Part) -> Iterator[tuple[str, Decimal]]:
    """The prices that a part of a rule carries itself."""
    condition = "".join(f";{name}={value}" for name, value in part.when.items())
    if isinstance(part.usd, dict):
        for name, usd in part.usd.items():
            yield f"part={part.what};{part.by}={name}{condition}", usd
    elif part.usd is not None:
        yield f"part={part.what}{condition}", part.usd


def _row(
    service: str,
    region: str,
    resource_type: str,
    attributes: str,
    usd: Decimal,
    unit: str,
    source: str,
    as_of: date,
) -> dict[str, Any]:
    return {
        "service": service,
        "region": region,
        "resource_type": resource_type,
        "attributes": attributes,
        "valid_from": as_of,
        "usd": usd,
        "unit": unit,
        "source": source,
        "as_of": as_of,
    }
