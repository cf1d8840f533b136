"""Loads the catalog: every YAML file of this folder, checked and compiled, once a process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from threading import Lock
from typing import Any

import msgspec
import yaml

from cost_pipeline.catalog.model import Entry, Resource, ServiceFile
from cost_pipeline.catalog.paths import PathError
from cost_pipeline.catalog.reader import CompiledCall

Key = tuple[str, str]


class CatalogError(ValueError):
    """A catalog file says something that cannot be; the message names file and entry."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Which calls change the bill, and which were considered and left out, and why."""

    files: tuple[ServiceFile, ...]
    entries: tuple[CompiledCall, ...]
    ignored: dict[Key, str]
    calls: frozenset[Key]
    resources: dict[str, Resource]
    _by_call: dict[Key, CompiledCall]

    def get(self, source: str, name: str) -> CompiledCall | None:
        """The call, or None when it does not change the bill."""
        return self._by_call.get((source, name))

    def why_ignored(self, source: str, name: str) -> str | None:
        """Why a call was left out, by its name or with all of its service; None if it was not."""
        return self.ignored.get((source, name), self.ignored.get((source, "*")))


def load_catalog() -> Catalog:
    """The packaged catalog.

    >>> load_catalog().get("ec2.amazonaws.com", "RunInstances").resource_type
    'ec2_instance'
    """
    with _loading:  # two threads that ask first would load it twice
        return _packaged()


_loading = Lock()


@cache
def _packaged() -> Catalog:
    folder = resources.files("cost_pipeline.catalog")
    files = sorted(
        (item for item in folder.iterdir() if item.name.endswith(".yaml")),
        key=lambda item: item.name,
    )
    return assemble([parse_file(item.read_text(encoding="utf-8"), item.name) for item in files])


def parse_file(text: str, name: str) -> ServiceFile:
    """One file of the catalog, typed. Raises `CatalogError` naming what is wrong where."""
    try:
        content: Any = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
        return msgspec.convert(content, ServiceFile)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise CatalogError(f"{name}: {error}") from error


def assemble(files: list[ServiceFile]) -> Catalog:
    """The catalog of several files. Raises `CatalogError` where they contradict each other."""
    by_call: dict[Key, CompiledCall] = {}
    resources_by_type: dict[str, Resource] = {}
    ignored: dict[Key, str] = {}
    services = {name: file.service for file in files for name in file.resources}
    for file in files:
        for resource_type, resource in file.resources.items():
            if resource_type in resources_by_type:
                raise CatalogError(f"{file.service}: {resource_type} is defined twice")
            resources_by_type[resource_type] = resource
        for call in _compiled(file, services):
            _add(call, by_call)
        for group in file.ignored:
            ignored.update({(group.source or file.source, n): group.because for n in group.names})
    if both := by_call.keys() & ignored.keys():
        raise CatalogError(f"both catalogued and ignored: {sorted(both)}")
    entries = tuple(by_call.values())
    return Catalog(tuple(files), entries, ignored, frozenset(by_call), resources_by_type, by_call)


def _add(call: CompiledCall, by_call: dict[Key, CompiledCall]) -> None:
    """The call under its name, or beside the one that has it."""
    key = (call.source, call.name)
    first = by_call.get(key)
    if first is None and not call.entry.beside:
        by_call[key] = call
    elif first is not None and call.entry.beside:
        by_call[key] = replace(first, beside=(*first.beside, call))
    else:
        problem = "is beside no entry before it" if first is None else "is catalogued twice"
        raise CatalogError(f"{call.source} {call.name} {problem}")


def _compiled(file: ServiceFile, services: dict[str, str]) -> Iterator[CompiledCall]:
    for entry in file.calls:
        where = f"{file.service}: {'/'.join(entry.names) or 'an entry without names'}"
        _check(entry, file, where)
        try:
            for name in entry.names:
                yield CompiledCall.of(
                    entry,
                    file.resources[entry.resource_type],
                    source=entry.source or file.source,
                    name=name,
                    service=file.service,
                    services=services,
                )
        except PathError as error:
            raise CatalogError(f"{where}: {error}") from error


def _check(entry: Entry, file: ServiceFile, where: str) -> None:
    """What the types alone do not say of an entry."""
    problems = {
        "has no names": not entry.names,
        "has no example": not entry.examples and not entry.beside,
        f"names {entry.resource_type}, which the file does not define": (
            entry.resource_type not in file.resources
        ),
        "stops something, so its pricing is `ends`": (
            (entry.action == "stop") != (entry.pricing == "ends")
        ),
        "is a signal, so its pricing is `free`": (
            entry.action == "signal" and entry.pricing != "free"
        ),
        "states its price, so it needs `once` or `hourly`": (
            entry.pricing == "stated" and not (entry.once or entry.hourly)
        ),
        "adds to what there is, so it is a change by the price book": (
            entry.adds and (entry.action, entry.pricing) != ("change", "book")
        ),
        "is beside another, so it sees the tags of that": entry.beside and bool(entry.tags),
        "is priced by use, so it must say `because`": (
            entry.pricing == "usage" and not entry.because
        ),
    }
    for problem, holds in problems.items():
        if holds:
            raise CatalogError(f"{where} {problem}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML without types that a CloudTrail record does not have: a date stays text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
