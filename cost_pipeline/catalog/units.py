"""How many of what: the units that a record tells, by the compiled fields of its call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cost_pipeline.catalog.model import Fields
from cost_pipeline.catalog.paths import compile_if_any, compile_path
from cost_pipeline.catalog.shapes import elements
from cost_pipeline.catalog.values import attribute_of, decimal_of, text_of
from cost_pipeline.catalog.walking import Read
from cost_pipeline.core.calls import Attribute, Units

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class UnitReader:
    """The compiled form of `Fields`; whether parts of an unknown number count as one."""

    resource_class: Read | None
    quantity: Read | None
    attributes: tuple[tuple[str, Read], ...]
    parts: Read | None
    guess: bool

    @classmethod
    def of(cls, fields: Fields, *, guess: bool = False) -> UnitReader:
        """Compiles the fields of a call."""
        attributes = tuple((name, compile_path(path)) for name, path in fields.attributes.items())
        return cls(
            compile_if_any(fields.resource_class),
            compile_if_any(fields.quantity),
            attributes,
            compile_if_any(fields.parts),
            guess,
        )

    def read(self, document: Mapping[str, Any], number: Decimal) -> tuple[Units, ...]:
        """So many units of what a document tells, or its parts, which tell their own number."""
        if self.parts is None:
            return (self._read_one(document, number),)
        parts = [{**document, "part": part} for part in elements(self.parts(document)) or []]
        numbers = [decimal_of(self.quantity(part)) if self.quantity else None for part in parts]
        return tuple(
            self._read_one(part, _ONE if number is None else number)
            for part, number in zip(parts, numbers, strict=True)
            if number is not None or self.guess or self.quantity is None
        )

    def stated(self, document: Mapping[str, Any]) -> Decimal | None:
        """The number of units, where the record says it of the whole."""
        if self.quantity is None or self.parts is not None:
            return None
        return decimal_of(self.quantity(document))

    def number(self, document: Mapping[str, Any], otherwise: int) -> Decimal:
        """The number of units, or another where the record does not say it."""
        stated = self.stated(document)
        return Decimal(otherwise) if stated is None else stated

    def _read_one(self, document: Mapping[str, Any], quantity: Decimal) -> Units:
        resource_class = self.resource_class(document) if self.resource_class else None
        attributes: dict[str, Attribute] = {}
        for name, read in self.attributes:
            value = attribute_of(read(document))
            if value is not None:
                attributes[name] = value
        return Units(text_of(resource_class), quantity, attributes)
