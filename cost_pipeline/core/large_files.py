"""A log file of any size, record by record, in the memory of a few records."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.cloudtrail import Quarantined, Record, read_record, unpack
from cost_pipeline.core.splitting import split

LARGE_BYTES = 1 << 26
_MOST_BYTES = 1 << 33


def stream_records(
    content: bytes, *, max_bytes: int = _MOST_BYTES, max_raw: int = 65_536
) -> Iterator[Record | Quarantined]:
    """Each record of a file in order, or why it cannot be read.

    Raises `UnreadableFileError` as `read_log_file` does, if need be after some records.
    """
    for offset, raw in enumerate(split(unpack(content, max_bytes=max_bytes))):
        yield read_record(offset, raw, max_raw=max_raw)
