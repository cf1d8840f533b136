"""An entry without what a record cannot answer, by the names that the record's parts have.

An entry asks for much that few records say: a dozen tags of which one names what launched a
machine, the old value of a change, the most that a call allows. Records of one call have few
shapes, so it is worked out once for each which expressions can find nothing: they are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from cost_pipeline.catalog.model import Entry
from cost_pipeline.catalog.paths import compile_path, names_of
from cost_pipeline.catalog.shapes import lacks, lacks_in_answer

_NOTHING: dict[str, Any] = {
    "requestParameters": {},
    "responseElements": {},
    "userIdentity": {},
    "tags": {},
    "first": {},
}


class Shape(NamedTuple):
    """The names of the members that the parts of a record have."""

    request: tuple[str, ...]
    response: tuple[str, ...]
    identity: tuple[str, ...]
    tags: tuple[str, ...]
    first: tuple[str, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Shape:
        """The shape of a record's document."""
        return cls(
            tuple(document["requestParameters"]),
            tuple(document["responseElements"]),
            tuple(document["userIdentity"]),
            tuple(document["tags"]),
            tuple(document.get("first", ())),
        )

    def lacks(self, part: str, name: str | None) -> bool:
        """Whether no record of this shape has a member of this name; any, where none is given."""
        match part, name:
            case "tags", None:
                return not self.tags
            case "tags", str():
                return lacks(self.tags, name)
            case "first", str():
                return lacks(self.first, name)
            case "requestParameters", str():
                return lacks(self.request, name)
            case "responseElements", str():
                return lacks_in_answer(self.response, name)
            case "userIdentity", str():
                return lacks(self.identity, name)
        return False


def leaner(entry: Entry, shape: Shape) -> Entry | None:
    """The entry as far as records of this shape can answer it; None where they say nothing."""

    def silent(path: str | None) -> bool:
        return path is not None and _is_silent(path, shape)

    def kept(path: str | None) -> str | None:
        return None if silent(path) else path

    if silent(entry.only_when):
        return None
    bounded = entry.worst is not None and not silent(entry.worst.quantity)
    before = entry.before
    changed = before is not None and (before.parts is not None or not silent(before.quantity))
    return replace(
        entry,
        resource_class=kept(entry.resource_class),
        attributes={name: path for name, path in entry.attributes.items() if not silent(path)},
        hours=kept(entry.hours),
        once=kept(entry.once),
        hourly=kept(entry.hourly),
        defined_by=kept(entry.defined_by),
        term=kept(entry.term),
        free_when=kept(entry.free_when),
        workload=[path for path in entry.workload if not silent(path)],
        keep={name: path for name, path in entry.keep.items() if not silent(path)},
        worst=entry.worst if bounded else None,
        before=entry.before if changed else None,
    )


def _is_silent(path: str, shape: Shape) -> bool:
    """Whether an expression finds nothing in any record of this shape.

    So it is where it names only members that are not there, and without them comes to nothing.
    """
    if not all(shape.lacks(part, name) for part, name in names_of(path)):
        return False
    try:
        return compile_path(path)(_NOTHING) is None
    except ValueError:
        return False
