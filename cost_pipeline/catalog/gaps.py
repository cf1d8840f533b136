"""Which calls of a log file the catalog knows, leaves out with a reason, or has never heard of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cost_pipeline.catalog.loader import Catalog
from cost_pipeline.core.cloudtrail import without_version

Standing = Literal["known", "ignored", "unknown_mutating", "read_only"]
"""How the catalog stands to a call: `unknown_mutating` is a gap worth reporting."""

_READS = re.compile(
    r"(Get|List|Describe|Head|Lookup|Search|BatchGet|Check|Query|Scan|Test|Validate|Simulate|"
    r"Preview|Estimate|Detect|Decrypt|Download|View|Select|Filter|Verify|"
    r"AssumeRole|Discover|Resolve)(?![a-z])"
)


@dataclass(frozen=True, slots=True)
class CallCount:
    """A call of a file: how often it was made, how often AWS refused it, and its standing."""

    source: str
    name: str
    standing: Standing
    calls: int
    refused: int
    because: str


def standing(catalog: Catalog, source: str, name: str, read_only: object) -> Standing:
    """How the catalog stands to a call; `read_only` is what the record says, if it does.

    A call that the catalog does not name changes something unless the record, or its name,
    says that it only reads.
    """
    if catalog.get(source, name) is not None:
        return "known"
    if isinstance(read_only, str):
        read_only = {"true": True, "false": False}.get(read_only.lower())
    reads = read_only if isinstance(read_only, bool) else bool(_READS.match(name))
    if reads:
        return "read_only"
    return "unknown_mutating" if catalog.why_ignored(source, name) is None else "ignored"


def count_calls(records: Iterable[Mapping[str, Any]], catalog: Catalog) -> list[CallCount]:
    """The calls of these records, gaps first, the most frequent first."""
    found: dict[tuple[str, str, Standing], list[int]] = {}
    for source, name, read_only, refused in _calls(records):
        key = (source, name, standing(catalog, source, name, read_only))
        counts = found.setdefault(key, [0, 0])
        counts[0] += 1
        counts[1] += refused
    order = ("unknown_mutating", "known", "ignored", "read_only")
    counted = [
        CallCount(source, name, state, calls, refused, _because(catalog, source, name))
        for (source, name, state), (calls, refused) in found.items()
    ]
    return sorted(counted, key=lambda one: (order.index(one.standing), -one.calls, one.source))


def _calls(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, object, bool]]:
    for record in records:
        source, name = record.get("eventSource"), record.get("eventName")
        if isinstance(source, str) and isinstance(name, str):
            refused = bool(record.get("errorCode"))
            yield source, without_version(name), record.get("readOnly"), refused


def _because(catalog: Catalog, source: str, name: str) -> str:
    call = catalog.get(source, name)
    if call is None:
        return catalog.why_ignored(source, name) or ""
    return f"{call.action}, {call.resource.title}"
