"""Types that several threads may be the first to read."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T", bound=type[msgspec.Struct])


def ready(kind: T) -> T:
    """A class decorator: makes what msgspec knows of a type while its module is imported.

    Otherwise msgspec does so when the type is first read, and a second thread that reads it
    meanwhile finds it half made and takes the process down (seen with 0.22). Types that it
    consists of are made with it.

    >>> @ready
    ... class Size(msgspec.Struct):
    ...     gigabytes: int
    >>> msgspec.convert({"gigabytes": 3}, Size).gigabytes
    3
    """
    msgspec.json.Decoder(kind)
    return kind
