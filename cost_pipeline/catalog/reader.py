"""One catalogued call, compiled: from a record's document to the lines that bill."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from cost_pipeline.catalog.functions import tags
from cost_pipeline.catalog.leaner import Shape, leaner
from cost_pipeline.catalog.merging import merged
from cost_pipeline.catalog.model import Entry, Resource
from cost_pipeline.catalog.paths import compile_if_any, compile_path
from cost_pipeline.catalog.shapes import elements
from cost_pipeline.catalog.units import UnitReader
from cost_pipeline.catalog.values import decimal_of, text_of
from cost_pipeline.catalog.walking import Read
from cost_pipeline.core.calls import Bound, Line, Pricing, Units
from cost_pipeline.core.model import Action

_ONE = Decimal(1)
_MOST_SHAPES = 256


@dataclass(frozen=True, slots=True)
class CompiledCall:
    """A call of the catalog, ready to read records; see `core.calls.Call`."""

    source: str
    name: str
    service: str
    entry: Entry
    resource: Resource
    _ids: Read | None
    _split: Read | None
    _only_when: Read | None
    _units: UnitReader
    _before: UnitReader | None
    _hours: Read | None
    _once: Read | None
    _hourly: Read | None
    _defined_by: Read | None
    _first: Read | None
    _tags: tuple[Read, ...]
    _workload: tuple[Read, ...]
    _worst: UnitReader | None
    _worst_of: Read | None
    _term: Read | None
    _free_when: Read | None
    _sized_by: Read | None
    _keep: tuple[tuple[str, Read], ...]
    price_kind: tuple[str, str]
    worst_kind: tuple[str, str]
    beside: tuple[CompiledCall, ...] = ()
    action: Action = field(init=False)
    resource_type: str = field(init=False)
    pricing: Pricing = field(init=False)
    because: str = field(init=False)
    defines: bool = field(init=False)
    final: bool = field(init=False)
    ends_with: str | None = field(init=False)
    _of_shape: dict[Shape, tuple[CompiledCall, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for name in (
            "action",
            "resource_type",
            "pricing",
            "because",
            "defines",
            "final",
            "ends_with",
        ):
            object.__setattr__(self, name, getattr(self.entry, name))

    @classmethod
    def of(
        cls,
        entry: Entry,
        resource: Resource,
        *,
        source: str,
        name: str,
        service: str,
        services: Mapping[str, str],
    ) -> CompiledCall:
        """Compile an entry under one of its names.

        `services` says of each resource type which service's it is.
        """
        priced_as = entry.priced_as or entry.resource_type
        worst = (entry.worst and entry.worst.resource_type) or priced_as
        return cls(
            source,
            name,
            service,
            entry,
            resource,
            compile_if_any(entry.ids),
            compile_if_any(entry.split),
            compile_if_any(entry.only_when),
            UnitReader.of(entry, guess=entry.action != "change"),
            UnitReader.of(entry.before) if entry.before else None,
            compile_if_any(entry.hours),
            compile_if_any(entry.once),
            compile_if_any(entry.hourly),
            compile_if_any(entry.defined_by),
            compile_if_any(entry.first),
            tuple(compile_path(path) for path in entry.tags),
            tuple(compile_path(path) for path in entry.workload),
            UnitReader.of(entry.worst) if entry.worst else None,
            compile_if_any(entry.worst.of) if entry.worst else None,
            compile_if_any(entry.term),
            compile_if_any(entry.free_when),
            compile_if_any(entry.sized_by),
            tuple((name, compile_path(path)) for name, path in entry.keep.items()),
            (services.get(priced_as, service), priced_as),
            (services.get(worst, service), worst),
        )

    def lines(self, document: Mapping[str, Any]) -> list[tuple[CompiledCall, Line]]:
        """The lines that a record bills; see `core.calls.Call.lines`."""
        if self._first:
            first = self._first(document)
            document = {**document, "first": first if isinstance(first, dict) else {}}
        if self._tags:
            document = {**document, "tags": tags([read(document) for read in self._tags])}
        shape = Shape.of(document)
        calls = self._of_shape.get(shape)
        if calls is None:
            calls = self._lean(shape)
        return [(call, line) for call in calls for line in call._read(document)]

    def _lean(self, shape: Shape) -> tuple[CompiledCall, ...]:
        """This call and those beside it, as far as records of a shape can answer them."""
        if len(self._of_shape) >= _MOST_SHAPES:
            return self, *self.beside
        every = ((call, leaner(call.entry, shape)) for call in (self, *self.beside))
        lean = tuple(call._with(entry) for call, entry in every if entry is not None)
        self._of_shape[shape] = lean
        return lean

    def _with(self, entry: Entry) -> CompiledCall:
        """The same call, by another entry."""
        call = CompiledCall.of(
            entry,
            self.resource,
            source=self.source,
            name=self.name,
            service=self.service,
            services={},
        )
        return dataclasses.replace(call, price_kind=self.price_kind, worst_kind=self.worst_kind)

    def _read(self, document: Mapping[str, Any]) -> Sequence[Line]:
        if self._only_when is not None and self._only_when(document) in _NOT:
            return ()
        if self._split is None:
            return (self._line(document),)
        items = elements(self._split(document))
        if items is None:
            raise ValueError(f"no list at {self.entry.split}")
        return merged([self._line({**document, "item": item}) for item in items])

    def _line(self, document: Mapping[str, Any]) -> Line:
        ids = self._resource_ids(document)
        stated = self._units.stated(document)
        number = Decimal(len(ids) or 1) if stated is None else stated
        units = self._units.read(document, number)
        sized_by = self._source_of_size(self._sized_by, units, document) if self._sized_by else None
        worst = self._most(self._worst, document) if self._worst else ()
        countless = self.action == "change" and self.entry.quantity is not None and stated is None
        return Line(
            ids,
            units if sized_by is None else tuple(_of_one_gb(unit) for unit in units),
            self._before_of(self._before, len(ids) or 1, document) if self._before else (),
            decimal_of(self._hours(document)) if self._hours else None,
            decimal_of(self._once(document)) if self._once else None,
            decimal_of(self._hourly(document)) if self._hourly else None,
            text_of(self._defined_by(document)) if self._defined_by else None,
            self._workload_name(document) if self._workload else None,
            worst,
            text_of(self._worst_of(document)) if worst and self._worst_of else None,
            self._bound(worst),
            decimal_of(self._term(document)) if self._term else None,
            self._counted(units, stated, len(ids) or 1),
            (countless and self.entry.parts is None) or sized_by is not None,
            self._free_when is not None and bool(self._free_when(document)),
            {n: v for n, read in self._keep if (v := read(document)) not in (None, "", [])},
            sized_by,
            self.entry.assumed_gb if sized_by else None,
            self._behind(ids, stated, document),
            self.entry.adds,
        )

    def _bound(self, worst: tuple[Units, ...]) -> Bound:
        if worst and self.entry.worst:
            return self.entry.worst.bound
        return "each" if self.defines else "most"

    def _counted(
        self, units: tuple[Units, ...], stated: Decimal | None, resources: int
    ) -> Decimal | None:
        """How many units each resource has; of a definition of several parts, all its units."""
        if self.entry.adds:
            return None
        if self.defines:
            several = self.entry.parts is not None
            return sum((unit.quantity for unit in units), Decimal(0)) if several else None
        return None if stated is None else stated / resources

    def _behind(
        self, ids: tuple[str, ...], stated: Decimal | None, document: Mapping[str, Any]
    ) -> Decimal | None:
        """How many resources stand behind an id that was made up; None where it was not."""
        if self.entry.beside or not ids[0].endswith(_made_up(document)):
            return None
        each_has_an_id = self.entry.ids is not None and "[]" in self.entry.ids
        return stated if each_has_an_id and stated else _ONE

    def _source_of_size(
        self, read: Read, units: tuple[Units, ...], document: Mapping[str, Any]
    ) -> str | None:
        """What has the size that the record does not say; None where it says it."""
        if any("size_gb" in unit.attributes for unit in units):
            return None
        return self._qualified(text_of(read(document)) or "unknown", document)

    def _before_of(
        self, before: UnitReader, count: int, document: Mapping[str, Any]
    ) -> tuple[Units, ...]:
        """What there was before a change; nothing where the record does not say how many."""
        countless = self.entry.before is not None and self.entry.before.quantity is not None
        if countless and before.parts is None and before.stated(document) is None:
            return ()
        return before.read(document, before.number(document, count))

    def _most(self, worst: UnitReader, document: Mapping[str, Any]) -> tuple[Units, ...]:
        """The most that the call allows; nothing where it sets no bound."""
        if worst.stated(document) is None:
            return ()
        return worst.read(document, worst.number(document, 1))

    def _resource_ids(self, document: Mapping[str, Any]) -> tuple[str, ...]:
        if self._ids is None:
            return (self._qualified("", document),)
        found = self._ids(document)
        names = found if isinstance(found, list) else [found]
        ids = [self._qualified(name, document) for name in names if text_of(name)]
        if not ids and self.action in ("start", "purchase") and not self.entry.beside:
            # CloudTrail omits large answers: what was launched is counted, under the call's name.
            ids = [self._qualified(_made_up(document), document)]
        if not ids:
            raise ValueError(f"no resource id at {self.entry.ids}")
        return tuple(dict.fromkeys(ids))

    def _qualified(self, name: object, document: Mapping[str, Any]) -> str:
        text = str(name)
        if self.resource.id == "{id}" or text.startswith("arn:"):
            return text
        return self.resource.id.format_map({**document, "id": text})

    def _workload_name(self, document: Mapping[str, Any]) -> str | None:
        for read in self._workload:
            found = read(document)
            if found is not None and (name := text_of(found)):
                return name
        return None


def _made_up(document: Mapping[str, Any]) -> str:
    return f"unnamed/{document.get('eventID', '')}"


def _of_one_gb(unit: Units) -> Units:
    return replace(unit, quantity=_ONE, attributes={**unit.attributes, "size_gb": _ONE})


_NOT: tuple[object, ...] = (None, False, "", "false", "False", [], {})
