"""Work that goes on in a thread while what it yielded before is worked on here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made while the one before it is in use.

    What making one raises is raised in its place.

    >>> list(one_ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    context = copy_context()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        following = pool.submit(context.run, _next_of, items)
        while found := following.result():
            following = pool.submit(context.run, _next_of, items)
            yield found[0]


def _next_of(items: Iterator[T]) -> tuple[T] | None:
    for item in items:
        return (item,)
    return None


def mapped_ahead(function: Callable[[T], R], items: Iterable[T], most: int) -> Iterator[R]:
    """What a function makes of the items, so many of which are worked on or wait at most.

    Worth it for what leaves the interpreter to other threads. What the function raises for an
    item is raised in its place.

    >>> list(mapped_ahead(str.upper, "abc", 2))
    ['A', 'B', 'C']
    """
    context = copy_context()
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="mapped") as pool:
        for item in items:
            waiting.append(pool.submit(context.run, function, item))
            if len(waiting) > most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
