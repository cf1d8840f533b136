"""Which of the catalog's examples have no price, and why, in the regions people use.

python benchmarks/unpriced_examples.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import msgspec

from cost_pipeline.catalog.examples import example_record
from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.model import CostEvent
from cost_pipeline.core.normalize import normalize
from cost_pipeline.prices.book import PriceBook

REGIONS = (
    *("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "sa-east-1", "ap-southeast-1"),
    *("ap-southeast-2", "ap-south-1", "us-gov-west-1"),
)


def events() -> Iterator[tuple[str, CostEvent]]:
    """Every event of every example that the price book prices, in every region."""
    catalog, prices = load_catalog(), PriceBook.packaged()
    for call in catalog.entries:
        for example in call.entry.examples if call.pricing == "book" else ():
            for region in REGIONS:
                record = example_record(call.source, call.name, example)
                record = msgspec.structs.replace(record, aws_region=region)
                found = normalize(
                    record,
                    tenant_id="default",
                    partition_day=date(2026, 1, 5),
                    catalog=catalog,
                    prices=prices,
                )
                for event in found if isinstance(found, list) else ():
                    yield region, event


def main() -> None:
    """Prints how many of each basis there are, and every reason for having no price."""
    bases: Counter[tuple[str, str]] = Counter()
    reasons: Counter[tuple[str, str, str]] = Counter()
    for region, event in events():
        bases[region, event.price_basis] += 1
        if event.price_basis == "unpriced":
            reasons[event.resource_type, event.event_name, event.data["price"]] += 1
    for (region, basis), count in sorted(bases.items()):
        print(f"{region:16} {basis:14} {count:5}")
    print(f"\n{sum(reasons.values())} unpriced:")
    for (kind, name, reason), count in reasons.most_common():
        print(f"{count:4} {name} ({kind}): {reason}")


if __name__ == "__main__":
    main()
