"""Prices that no list at hand says, estimated from those it does.

In this order: the same class in us-east-1 times what its family costs more in the region; the
size within its family, between its neighbours; a variant (Windows, Valkey) by what it adds to
others of the family. How far off each is stands in `docs/prices.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

from cost_pipeline.prices.comparing import (
    SERIES_OF_OLD,
    between_sizes,
    has_size,
    is_modern,
    nearest_ratio,
    ratio_of_the_like,
    regional_ratio,
    shared_prices,
    usd_by_size,
)
from cost_pipeline.prices.facts import THE_ONE, Fact, Facts
from cost_pipeline.prices.regions import Regions
from cost_pipeline.prices.rules import Asked, Found, LikeEc2
from cost_pipeline.prices.sizes import Sized, generation, series, sized

HOME_REGION = "us-east-1"
BASE_VARIANT = {"ec2": "linux", "elasticache": "redis"}
"""The variant that others are worked out from."""
_ADDED = {"ec2"}
"""Tables whose variants add a licence for each unit of size; in the others they multiply."""
_MODEL = "opensearch"
"""The table whose regional differences tell of those of tables that are known at home only."""


@dataclass(slots=True)
class Estimator:
    """Estimates from the facts of one day."""

    facts: Facts
    regions: Regions
    _families: dict[tuple[str, str, str], dict[str, dict[str, Fact]]] = field(default_factory=dict)
    _ratios: dict[tuple[str, str, str], Found | None] = field(default_factory=dict)
    _curves: dict[str, str] = field(default_factory=dict)
    _likes: dict[tuple[str, str], LikeEc2] = field(default_factory=dict)

    def listed(self, asked: Asked) -> Found | None:
        """The price only where a list says it."""
        found = self._known(asked.table, asked.region, asked.key, asked.variant)
        return found if found is not None and found.exact else None

    def find(self, asked: Asked, like: LikeEc2 | None = None) -> Found | None:
        """The price of a thing: as listed, or estimated; None where nothing near is known."""
        table, region, key, variant = asked.table, asked.region, asked.key, asked.variant
        self._curves.setdefault(table, asked.curve)
        if like is not None:
            self._likes[table, variant] = like
        return self._find(table, region, key, variant)

    def _find(self, table: str, region: str, key: str, variant: str) -> Found | None:
        return self._known(table, region, key, variant) or self._estimate(
            table, region, key, variant
        )

    def _known(self, table: str, region: str, key: str, variant: str) -> Found | None:
        fact = self.facts.shelf(table, region).get(variant, {}).get(key)
        if fact is None:
            return None
        note = "" if key == THE_ONE else f"{key} {variant}".strip()
        return Found(fact.usd, fact.exact, note, fact.as_of, fact.source)

    def _estimate(self, table: str, region: str, key: str, variant: str) -> Found | None:
        if region == HOME_REGION:
            return (
                self._like_ec2(table, key, variant, own_family=True)
                or self._by_size(table, region, key, variant)
                or self._by_variant(table, region, key, variant)
                or self._like_ec2(table, key, variant)
            )
        home = self.facts.shelf(table, HOME_REGION).get(variant, {}).get(key)
        if home is None:
            near = self._by_size(table, region, key, variant) or self._by_variant(
                table, region, key, variant
            )
            if near is not None:
                return near
        elif variant != BASE_VARIANT.get(table, variant) and table in _ADDED:
            return self._by_variant(table, region, key, variant)
        return self._from_home(table, region, key, variant)

    def _from_home(self, table: str, region: str, key: str, variant: str) -> Found | None:
        ratio = self.multiplier(table, region, key)
        home = self._find(table, HOME_REGION, key, variant) if ratio else None
        if home is None or ratio is None:
            return None
        return Found(
            home.usd * ratio.usd,
            False,
            f"{home.note}{ratio.note}".strip(),
            home.as_of,
            home.source,
        )

    def _by_size(self, table: str, region: str, key: str, variant: str) -> Found | None:
        this = sized(key)
        if this is None:
            return None
        family = self._family(table, region, variant).get(this.pattern, {})
        points = usd_by_size(family)
        if not points:
            return None
        units = this.units if this.units is not None else max(points)
        usd = between_sizes(points, units)
        near = min(points, key=lambda point: abs(point - units))
        name, fact = next((n, f) for n, f in family.items() if has_size(n, near))
        note = f"{key} {variant}".strip() + f" by its size, from {name}"
        return Found(usd, False, note, fact.as_of, fact.source)

    def _family(self, table: str, region: str, variant: str) -> dict[str, dict[str, Fact]]:
        """The facts of a shelf by family."""
        where = (table, region, variant)
        found = self._families.get(where)
        if found is None:
            found = self._families[where] = {}
            for name, fact in self.facts.shelf(table, region).get(variant, {}).items():
                this = sized(name)
                if this is not None:
                    found.setdefault(this.pattern, {})[name] = fact
        return found

    def _by_variant(self, table: str, region: str, key: str, variant: str) -> Found | None:
        base_variant = BASE_VARIANT.get(table)
        if base_variant is None or variant == base_variant:
            return None
        base = self._find(table, region, key, base_variant)
        this = sized(key)
        if base is None or this is None:
            return None
        pairs = self._pairs(table, region, variant, base_variant, this) or self._pairs(
            table, HOME_REGION, variant, base_variant, this
        )
        if not pairs:
            return None
        note = f"{base.note}, with what {variant} adds to its family"
        if table in _ADDED:
            added = median((own - plain) / units for own, plain, units in pairs)
            usd = base.usd + max(added, Decimal(0)) * (this.units or 0)
        else:
            usd = base.usd * median(own / plain for own, plain, _ in pairs)
        return Found(usd, False, note, base.as_of, base.source)

    def _pairs(
        self, table: str, region: str, variant: str, base_variant: str, this: Sized
    ) -> list[tuple[Decimal, Decimal, int]]:
        """What others of the family cost in both variants; of all families, if none does."""
        own = self._family(table, region, variant)
        base = self._family(table, region, base_variant)
        of_family = list(shared_prices(own.get(this.pattern, {}), base.get(this.pattern, {})))
        if of_family:
            return of_family
        return [
            pair for pattern in own for pair in shared_prices(own[pattern], base.get(pattern, {}))
        ]

    def multiplier(self, table: str, region: str, key: str) -> Found | None:
        """What the family of `key` costs in the region against us-east-1, from what is listed."""
        this = sized(key)
        family = this.family if this else ""
        where = (table, region, family)
        if where not in self._ratios:
            curve = self._curves.get(table, "compute")
            self._ratios[where] = self._learned(table, region, family) or (
                self.regions.multiplier(curve, region)
            )
        return self._ratios[where]

    def _learned(self, table: str, region: str, family: str) -> Found | None:
        if not family:
            return None
        for source in dict.fromkeys([table, _MODEL]):
            # What small machines cost as OpenSearch nodes says nothing of them elsewhere.
            similar = "m5" if source != table and series(family) == "t" else family
            ratios = self._family_ratios(source, region)
            for wanted, named in ((similar, lambda f: f), (generation(similar), generation)):
                found = [r for name, rs in ratios.items() if named(name) == wanted for r in rs]
                if found:
                    return regional_ratio(found, region)
            found = [
                r
                for name, rs in ratios.items()
                if series(name) == series(similar) and is_modern(name)
                for r in rs
            ]
            if found and series(similar) in SERIES_OF_OLD:
                return regional_ratio(found, region)
        return None

    def _family_ratios(self, table: str, region: str) -> dict[str, list[Decimal]]:
        """By family: prices in the region over those at home, of all that is listed in both."""
        ratios: dict[str, list[Decimal]] = {}
        home = self.facts.shelf(table, HOME_REGION)
        for variant, here in self.facts.shelf(table, region).items():
            there = home.get(variant, {})
            for name, fact in here.items():
                this = sized(name)
                if this is not None and name in there and fact.exact and there[name].exact:
                    ratios.setdefault(this.family, []).append(fact.usd / there[name].usd)
        return ratios

    def _like_ec2(
        self, table: str, key: str, variant: str, *, own_family: bool = False
    ) -> Found | None:
        """By what the table's classes cost at home against the EC2 types that they run on.

        With `own_family` only by a class of the same family: the nearest in size.
        """
        like = self._likes.get((table, variant))
        if like is None or not key.startswith(like.prefix):
            return None
        instance = key.removeprefix(like.prefix).removesuffix(like.suffix)
        if like.largest:
            instance = self._largest(instance)
        ec2 = self._find("ec2", HOME_REGION, instance, BASE_VARIANT["ec2"])
        this = sized(instance)
        if ec2 is None or this is None:
            return None
        ratios = self._against_ec2(table, variant, like)
        factor = nearest_ratio(ratios.get(this.family, {}), this.units)
        if factor is None and not own_family:
            factor = ratio_of_the_like(ratios, this.family, like.factor)
        if factor is None:
            return None
        note = f"{key}, as {round(factor, 3).normalize():f} × EC2 {ec2.note}"
        return Found(ec2.usd * factor, False, note, ec2.as_of, ec2.source)

    def _against_ec2(
        self, table: str, variant: str, like: LikeEc2
    ) -> dict[str, dict[int, Decimal]]:
        """By family, by units of size: what the table's classes cost against EC2."""
        ratios: dict[str, dict[int, Decimal]] = {}
        ec2 = self.facts.shelf("ec2", HOME_REGION).get(BASE_VARIANT["ec2"], {})
        for name, fact in self.facts.shelf(table, HOME_REGION).get(variant, {}).items():
            plain = name.removeprefix(like.prefix).removesuffix(like.suffix)
            this = sized(plain)
            if plain in ec2 and this is not None and fact.usd:
                ratio = fact.usd / ec2[plain].usd
                ratios.setdefault(this.family, {})[this.units or 0] = ratio
        return ratios

    def _largest(self, family: str) -> str:
        """The largest EC2 type of a family."""
        members = self._family("ec2", HOME_REGION, "linux").get(f"{family}.*", {})
        known = ((this.units or 0, name) for name in members if (this := sized(name)))
        return max(known, default=(0, family))[1]
