"""Log files that no digest names: put there by somebody else, or under another name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from cost_pipeline.aws.trail_layout import days_between, parse_key
from cost_pipeline.core.integrity import Digest, Finding, local_key

if TYPE_CHECKING:
    from cost_pipeline.aws.trails import TrailSource

_WRITTEN = re.compile(r"_(\d{8}T\d{4})Z_")
_LATEST = timedelta(hours=2)
"""How long after the time in its name a file may be delivered, and be named by a digest."""


def unexpected(
    source: TrailSource,
    prefix: str,
    since: date,
    until: date,
    chains: Sequence[Sequence[Digest]],
) -> Iterator[Finding]:
    """The files of a region that none of its trails' digests names, of `since` to `until`.

    Only where the digests of every trail are there without a gap: a missing one, or one that
    was altered and is not given here, may have named the file. A name that no trail gives is
    held against it anywhere. `prefix` is that of the digests.
    """
    named = {
        local_key(file.s3_object, digest.key)
        for digests in chains
        for digest in digests
        for file in digest.body.log_files
    }
    covered = [_covered(digests) for digests in chains]
    if not covered:
        return
    logs = prefix.replace("/CloudTrail-Digest/", "/CloudTrail/")
    for day in days_between(since, until):
        for key in source.keys(f"{logs}{day:%Y/%m/%d}/"):
            if key in named or parse_key(key) is None:
                continue  # what is no log file's name is never read
            at = _written_at(key)
            if at is None:
                yield Finding("unexpected file", key, "CloudTrail gives no file such a name.")
            elif all(_within(at, spans) for spans in covered):
                yield Finding("unexpected file", key, "No digest of its time names it.")


def _covered(digests: Sequence[Digest]) -> list[tuple[datetime, datetime]]:
    """The times without a gap between digests."""
    spans: list[tuple[datetime, datetime]] = []
    for body in sorted((one.body for one in digests), key=lambda body: body.digest_end_time):
        start, end = body.digest_start_time, body.digest_end_time
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _within(at: datetime, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(start <= at and at + _LATEST <= end for start, end in spans)


def _written_at(key: str) -> datetime | None:
    found = _WRITTEN.search(key.rpartition("/")[2])
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%M").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None
