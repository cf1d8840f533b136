"""Work that goes on in a thread while what it yielded before is worked on here."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made while the one before it is in use.

    What making one raises is raised in its place.

    >>> list(one_ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    with closing(mapped_ahead(lambda _: _next_of(items), repeat(None), 1)) as made:
        for found in made:
            if found is None:
                return
            yield found[0]


def _next_of(items: Iterator[T]) -> tuple[T] | None:
    for item in items:
        return (item,)
    return None


def mapped_ahead(
    function: Callable[[T], R], items: Iterable[T], most: int
) -> Generator[R, None, None]:
    """What a function makes of the items, so many of which are worked on or wait at most.

    Worth it for what leaves the interpreter to other threads. What the function raises for an
    item is raised in its place. Plain queues hand on for less than futures do.

    >>> list(mapped_ahead(str.upper, "abc", 2))
    ['A', 'B', 'C']
    """
    given: SimpleQueue[tuple[T] | None] = SimpleQueue()
    made: SimpleQueue[R | _Raised] = SimpleQueue()
    work = partial(copy_context().run, _make, function, given, made)
    thread = Thread(target=work, name="mapped", daemon=True)
    thread.start()
    waiting = 0
    try:
        for item in items:
            given.put((item,))
            waiting += 1
            if waiting > most:
                waiting -= 1
                yield _made(made.get())
        for _ in range(waiting):
            yield _made(made.get())
    finally:
        given.put(None)
        thread.join()


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


def _make(
    function: Callable[[T], R],
    given: SimpleQueue[tuple[T] | None],
    made: SimpleQueue[R | _Raised],
) -> None:
    while (item := given.get()) is not None:
        try:
            made.put(function(*item))
        except BaseException as error:  # raised again where the item is taken
            made.put(_Raised(error))


def _made(found: R | _Raised) -> R:
    if isinstance(found, _Raised):
        raise found.error
    return found
