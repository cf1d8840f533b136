"""What a tick of the sensor lists: often what is hot, now and then the whole look-back.

Keys of late files sort before those that were read, so what is unread is never decided here:
a listing may only leave out what the next whole one will see.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cost_pipeline.aws.trails import ObjectInfo, TrailSource

WHOLE_EVERY = timedelta(minutes=5)
_HOT = timedelta(minutes=45)
_EARLY = timedelta(minutes=15)


def whole_is_due(url: str, last_whole: datetime | None, now: datetime) -> bool:
    """Whether all of the look-back is to be listed: always in a folder, where it costs nothing.

    >>> from datetime import UTC
    >>> now = datetime(2026, 3, 1, tzinfo=UTC)
    >>> whole_is_due("/trail", now, now)
    True
    >>> whole_is_due("s3://trail", now - timedelta(minutes=1), now)
    False
    """
    if not url.startswith("s3://"):
        return True
    return last_whole is None or now - last_whole >= WHOLE_EVERY


def listed(
    source: TrailSource, now: datetime, *, whole: bool, look_back: timedelta
) -> Iterator[ObjectInfo]:
    """The files of the look-back, or only those whose names say that they are new."""
    if whole:
        source.places(refresh=True)
        yield from source.list_recent(now, look_back)
        return
    since = now - _HOT
    after = {place: place.key_at(since) for place in source.places()}
    days: list[date] = sorted({since.date(), (now + _EARLY).date()})
    yield from source.list_days(days, start_after=after)
