"""Work that goes on in a thread while what it yielded before is worked on here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


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
