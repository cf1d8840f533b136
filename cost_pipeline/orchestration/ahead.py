"""Work that goes on in a thread while what it yielded before is worked on here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T], most: int = 1) -> Iterator[T]:
    """The same items, each made while those before it are in use: so many wait at most.

    What making one raises is raised in its place.

    >>> list(ahead(iter("abc"), 2))
    ['a', 'b', 'c']
    """
    context = copy_context()
    waiting: deque[Future[tuple[T] | None]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        for _ in range(most):
            waiting.append(pool.submit(context.run, _next_of, items))
        while found := waiting.popleft().result():
            waiting.append(pool.submit(context.run, _next_of, items))
            yield found[0]


def _next_of(items: Iterator[T]) -> tuple[T] | None:
    for item in items:
        return (item,)
    return None
