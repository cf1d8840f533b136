"""How many calls the catalog knows, by what it does with them."""

from __future__ import annotations

from cost_pipeline.catalog.loader import Catalog
from cost_pipeline.catalog.reader import CompiledCall


def coverage(catalog: Catalog) -> dict[str, int]:
    """Numbers of calls: all, each of the groups that they fall into, and what is left out.

    >>> from cost_pipeline.catalog.loader import load_catalog
    >>> figures = coverage(load_catalog())
    >>> figures["in the catalog"] == sum(list(figures.values())[1:10])
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
        "that cost nothing now, with a price on the most they allow": groups.count("bounded"),
        "that cost nothing now, with a price on each use": groups.count("each use"),
        "kept as context or definition": groups.count("context"),
        "left out, with the reason": len(catalog.ignored),
        "event sources": len({call.source for call in catalog.entries}),
    }


def group_of(call: CompiledCall) -> str:
    """Which group a call falls into.

    One of priced, joined, ends, unpriced, told, signal, context, and of what has no price now:
    bounded, where the most that it allows has one (in an example, or by earlier calls about what
    it names), each use, where nothing bounds how often what it defines is used.
    """
    if call.action == "signal":
        return "signal"
    if call.action == "purchase" and call.pricing == "unstated":
        return "told"
    group = "context" if call.defines or call.pricing == "free" else _BY_PRICING[call.pricing]
    if group not in ("context", "unpriced") or not _has_worst_case(call):
        return group
    each = call.entry.worst is None or call.entry.worst.bound == "each"
    return "each use" if each else "bounded"


def _has_worst_case(call: CompiledCall) -> bool:
    """Whether an example has a priced worst case, or names whose earlier calls price it."""
    yields = [one.yields for one in call.entry.examples if not isinstance(one.yields, str)]
    return any(event.worst_case or event.worst_of for events in yields for event in events)


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
