"""How far off estimated prices are: facts are taken out of the book, and then predicted.

Three trials, each from a book that does not hold what is predicted:
- `single facts`: 200 facts of ten services; those of the three large tables are taken out all
  at once, those of the small ones each by itself;
- `whole families`: every size of a family in a region;
- `whole regions`: everything of a table in a region.
The choice is by the hash of a fact's name, so that every run makes the same one.

    python benchmarks/held_out_prices.py            # prints the tables
    python benchmarks/held_out_prices.py --write    # and puts them into docs/prices.md
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median

from cost_pipeline.prices.estimates import Estimator
from cost_pipeline.prices.facts import Fact, Facts, Shelf
from cost_pipeline.prices.rules import Asked, LikeEc2
from cost_pipeline.prices.sizes import sized
from cost_pipeline.prices.snapshot import Snapshot, load_snapshot

PAGE = Path(__file__).resolve().parents[1] / "docs" / "prices.md"
BEGIN, END = "<!-- held out: begin -->", "<!-- held out: end -->"
QUOTAS = {"ec2": 84, "elasticache": 41, "opensearch": 41}
"""How many single facts of the large tables; of the others all that are listed, up to 200."""
TOTAL = 200
WHOLE = 60
Name = tuple[str, str, str, str]


@dataclass(frozen=True)
class Predicted:
    """A fact, and what the book said without it; None where it had no answer."""

    name: Name
    service: str
    listed: float
    estimated: float | None

    @property
    def error(self) -> float | None:
        """How far off, as a part of the listed price."""
        if self.estimated is None:
            return None
        return abs(self.estimated - self.listed) / self.listed


def by_hash(names: Iterable[Name]) -> list[Name]:
    """The names in an order that no run changes and no person chose."""
    return sorted(names, key=lambda name: sha256("|".join(name).encode()).digest())


def all_facts(snapshot: Snapshot) -> dict[Name, Fact]:
    """Every fact; those of Windows, RHEL and SLES as old as they are, but observed."""
    return {
        (table, region, key, variant): fact
        for (table, region), shelf in snapshot.shelves.items()
        for variant, facts in shelf.items()
        for key, fact in facts.items()
        if fact.usd and (fact.exact or fact.source == "vantage-via-leanercloud")
    }


def without(snapshot: Snapshot, gone: set[Name]) -> Estimator:
    """Estimates from all that is not gone; what was derived from a gone fact is gone as well."""
    shelves: dict[tuple[str, str], Shelf] = {}
    for (table, region), shelf in snapshot.shelves.items():
        shelves[table, region] = {
            variant: {
                key: fact
                for key, fact in facts.items()
                if (table, region, key, variant) not in gone and fact.source != "ratio-to-linux"
            }
            for variant, facts in shelf.items()
        }
    return Estimator(Facts(shelves), snapshot.regions)


def predict(snapshot: Snapshot, names: list[Name]) -> Iterator[Predicted]:
    """What the book says of facts that were taken out of it: large tables' all at once."""
    facts, services = all_facts(snapshot), snapshot.tables
    large = without(snapshot, {name for name in names if name[0] in QUOTAS})
    for name in names:
        estimator = large if name[0] in QUOTAS else without(snapshot, {name})
        found = asked_of(snapshot, estimator, name)
        yield Predicted(name, services.get(name[0], name[0]), float(facts[name].usd), found)


def asked_of(snapshot: Snapshot, estimator: Estimator, name: Name) -> float | None:
    """The price as a rule asks for it: an option (Multi-AZ) is a factor on the plain variant."""
    table, region, key, variant = name
    likes, curves = parts_of(snapshot)
    factor = 1.0
    for part in (part for rule in snapshot.rules.values() for part in rule.parts):
        for option in part.options:
            if part.bulk == table and variant.endswith(option.variant):
                variant = variant.removesuffix(option.variant).strip()
                factor = float(option.factor)
    asked = Asked(table, region, key, variant, curves.get(table, "compute"))
    found = estimator.find(asked, likes.get((table, variant), likes.get((table, ""))))
    return float(found.usd) * factor if found else None


def parts_of(snapshot: Snapshot) -> tuple[dict[tuple[str, str], LikeEc2], dict[str, str]]:
    """How rules ask of a table: like which EC2 type, and by which regional curve."""
    likes, curves = {}, {}
    for rule in snapshot.rules.values():
        for part in rule.parts:
            curves.setdefault(part.bulk, rule.regions)
            if part.like_ec2 is not None:
                variants = {*part.variants.values(), ""}
                for variant in variants:
                    likes.setdefault((part.bulk, variant), part.like_ec2)
    return likes, curves


def single_facts(snapshot: Snapshot) -> list[Name]:
    """200 facts: of the large tables their quota, of the others as many as there is room for."""
    facts = all_facts(snapshot)
    chosen: list[Name] = []
    for table, quota in QUOTAS.items():
        chosen += by_hash(name for name in facts if name[0] == table)[:quota]
    known = {
        (table, region, key, variant)
        for (table, region), shelf in snapshot.shelves.items()
        for variant, at_hand in shelf.items()
        for key in at_hand
    }
    others = (name for name in facts if name[0] not in QUOTAS and predictable(name, known))
    return chosen + by_hash(others)[: TOTAL - len(chosen)]


def predictable(name: Name, known: set[Name]) -> bool:
    """Whether anything near the fact remains: the same at home, or a class with a size."""
    table, region, key, variant = name
    at_home = region != "us-east-1" and (table, "us-east-1", key, variant) in known
    return at_home or sized(key) is not None


def wholes(snapshot: Snapshot, group: Callable[[Name], Name]) -> list[Name]:
    """All facts of some groups, until there are enough groups."""
    groups: dict[Name, list[Name]] = defaultdict(list)
    for name in all_facts(snapshot):
        if name[0] in QUOTAS and sized(name[2]):
            groups[group(name)].append(name)
    chosen = by_hash(groups)[:WHOLE]
    return [name for group_name in chosen for name in groups[group_name]]


def family_of(name: Name) -> Name:
    """A fact's family in its region, in all variants."""
    table, region, key, _ = name
    this = sized(key)
    return (table, region, this.pattern if this else key, "")


def region_of(name: Name) -> Name:
    """A fact's table in its region; us-east-1 is what the others are worked out from."""
    table, region, _, _ = name
    return (table, region, "" if region != "us-east-1" else "home", "")


def kind_of(one: Predicted) -> str:
    """The family of estimates that a fact is shown under."""
    table, region, _, variant = one.name
    where = "us-east-1" if region == "us-east-1" else "other regions"
    return f"{one.service}: {table} {variant if table == 'ec2' else ''}".strip() + f", {where}"


def table(title: str, predicted: list[Predicted]) -> str:
    """Median and 95th percentile of the errors by family, as Markdown."""
    groups: dict[str, list[Predicted]] = defaultdict(list)
    for one in predicted:
        groups[kind_of(one)].append(one)
    lines = [f"**{title}**: {len(predicted)} facts of {services(predicted)} services.", ""]
    lines += ["| family | facts | median | 95th percentile | no answer |", "|---|--:|--:|--:|--:|"]
    for kind in sorted(groups):
        lines.append(row(kind, groups[kind]))
    lines.append(row("**all**", predicted))
    return "\n".join(lines)


def services(predicted: list[Predicted]) -> int:
    """How many services, by the table of the snapshot that the facts are from."""
    return len({one.service for one in predicted})


def row(kind: str, predicted: list[Predicted]) -> str:
    """One line of the table."""
    errors = sorted(one.error for one in predicted if one.error is not None)
    missing = len(predicted) - len(errors)
    if not errors:
        return f"| {kind} | {len(predicted)} | – | – | {missing} |"
    high = errors[min(len(errors) - 1, int(0.95 * len(errors)))]
    return f"| {kind} | {len(predicted)} | {median(errors):.1%} | {high:.1%} | {missing} |"


def trials(snapshot: Snapshot) -> dict[str, list[Predicted]]:
    """The three trials by their titles; a region at a time is taken out of the third."""
    regions: dict[Name, list[Name]] = defaultdict(list)
    for name in all_facts(snapshot):
        if name[0] in QUOTAS and sized(name[2]) and name[1] != "us-east-1":
            regions[region_of(name)].append(name)
    chosen = by_hash(regions)[:12]
    return {
        "Single facts": list(predict(snapshot, single_facts(snapshot))),
        "Whole families": list(predict(snapshot, wholes(snapshot, family_of))),
        "Whole regions": [one for name in chosen for one in predict(snapshot, regions[name])],
    }


def main() -> None:
    """Prints the tables; with --write puts them into the page."""
    snapshot = load_snapshot()
    text = "\n\n".join(table(title, found) for title, found in trials(snapshot).items())
    print(text)
    if "--write" in sys.argv:
        page = PAGE.read_text()
        head, tail = page[: page.index(BEGIN)], page[page.index(END) :]
        PAGE.write_text(f"{head}{BEGIN}\n{text}\n{tail}")


if __name__ == "__main__":
    main()
