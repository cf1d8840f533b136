"""Instance classes taken apart: the family, and how many units of size the class has.

A class is a family and a size with whatever a service puts around them: `m5.xlarge`,
`cache.m5.xlarge`, `m5.xlarge.search`. Within a family prices mostly follow the size.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_NAMED = {"nano": 1, "micro": 2, "small": 4, "medium": 8, "large": 16, "xlarge": 32}
_MULTIPLE = re.compile(r"(?:metal-)?(\d+)xl(?:arge)?")


class Sized(NamedTuple):
    """A class without its size (`cache.m5.*`), the family alone (`m5`), and units of size."""

    pattern: str
    family: str
    units: int | None


@lru_cache(maxsize=65_536)
def sized(name: str) -> Sized | None:
    """A class taken apart; None for what has no size. `large` is 16 units, `metal` unknown.

    >>> sized("cache.m5.2xlarge")
    Sized(pattern='cache.m5.*', family='m5', units=64)
    >>> sized("r6g.large.search").family, sized("m7i.metal-24xl").units, sized("gp3")
    ('r6g', 768, None)
    """
    words = name.split(".")
    for place in range(len(words) - 1, 0, -1):
        found = _units(words[place])
        if found != 0:
            pattern = ".".join([*words[:place], "*", *words[place + 1 :]])
            return Sized(pattern, words[place - 1], found)
    return None


def _units(word: str) -> int | None:
    """Units of size; None where the size is not told by the word, 0 where it is no size."""
    if word in _NAMED:
        return _NAMED[word]
    if word.startswith("metal") and not _MULTIPLE.fullmatch(word):
        return None
    match = _MULTIPLE.fullmatch(word)
    return 32 * int(match.group(1)) if match else 0


def series(family: str) -> str:
    """What a family is for, from its name: `m` of `m6gd`, `c` of `c7gn`, `p` of `p4d`.

    >>> series("m6gd"), series("inf2"), series("u-6tb1")
    ('m', 'inf', 'u')
    """
    match = re.match(r"[a-z]+", family)
    return match.group() if match else family


def generation(family: str) -> str:
    """The series with its generation, without options.

    >>> generation("m6gd"), generation("u-6tb1")
    ('m6', 'u')
    """
    match = re.match(r"[a-z]+\d*", family)
    return match.group() if match else family
