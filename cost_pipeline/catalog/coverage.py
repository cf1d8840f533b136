"""How many calls the catalog knows, by what it does with them."""

from __future__ import annotations

from cost_pipeline.catalog.loader import Catalog
from cost_pipeline.catalog.reader import CompiledCall


def coverage(catalog: Catalog) -> dict[str, int]:
    """Numbers of calls: all, each of the groups that they fall into, and what is left out.

    >>> from cost_pipeline.catalog.loader import load_catalog
    >>> figures = coverage(load_catalog())
    >>> figures["in the catalog"] == sum(list(figures.values())[1:8])
    True
    """
    groups = [group_of(call) for call in catalog.entries]
    return {
        "in the catalog": len(catalog.entries),
        "priced from the record": groups.count("priced"),
        "priced by an earlier call, or by the next sweep": groups.count("joined"),
        "that end a cost": groups.count("ends"),
        "recorded without a price, with the reason": groups.count("unpriced"),
        "bought at a price that is not known, which is told": groups.count("told"),
        "watched as a signal": groups.count("signal"),
        "kept as context or definition": groups.count("context"),
        "left out, with the reason": len(catalog.ignored),
        "event sources": len({call.source for call in catalog.entries}),
    }


def group_of(call: CompiledCall) -> str:
    """Which group a call falls into: priced, joined, ends, unpriced, told, signal or context."""
    if call.action == "signal":
        return "signal"
    if call.action == "purchase" and call.pricing == "unstated":
        return "told"
    if call.defines or call.pricing == "free":
        return "context"
    return _BY_PRICING[call.pricing]


_BY_PRICING = {
    "book": "priced",
    "stated": "priced",
    "inherited": "joined",
    "listed": "joined",
    "defined": "joined",
    "ends": "ends",
    "usage": "unpriced",
    "unstated": "unpriced",
}
