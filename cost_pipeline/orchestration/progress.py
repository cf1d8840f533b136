"""How far a run is, for whoever started it in this process; without a listener it is silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """`done` of `total` parts of an asset's work."""

    asset: str
    done: int
    total: int
    note: str = ""


Listener = Callable[[Step], None]
_listener: ContextVar[Listener | None] = ContextVar("progress", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Hands every step to `listener` while the block runs."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(asset: str, done: int, total: int, note: str = "") -> None:
    """Says how far an asset is."""
    listener = _listener.get()
    if listener is not None:
        listener(Step(asset, done, total, note))
