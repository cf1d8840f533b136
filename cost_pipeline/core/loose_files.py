"""Records of a file that a person hands over, in any of the shapes that logs are passed on in.

A log file as CloudTrail delivers it, JSON lines, a list, a single record, what LookupEvents
answers or EventBridge sends; plain or gzipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cost_pipeline.core.cloudtrail import decompress
from cost_pipeline.core.splitting import UnreadableFileError

_MOST_BYTES = 1 << 31


def loose_records(content: bytes) -> Iterator[dict[str, Any]]:
    """The records of a file, in order.

    Raises `UnreadableFileError` when it is neither JSON nor JSON lines, or no records are in it.
    """
    text = bytes(decompress(content, max_bytes=_MOST_BYTES))
    found = False
    for value in _values(text):
        for record in _records(value):
            found = True
            yield record
    if not found:
        raise UnreadableFileError("no CloudTrail records in it")


def _values(text: bytes) -> Iterator[object]:
    try:
        yield msgspec.json.decode(text)
        return
    except (msgspec.DecodeError, RecursionError):
        pass
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield msgspec.json.decode(line)
            except (msgspec.DecodeError, RecursionError) as error:
                raise UnreadableFileError(f"line {number} is not JSON: {error}") from error


def _records(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _records(item)
    elif isinstance(value, dict):
        if "eventName" in value:
            yield value
        elif isinstance(event := value.get("CloudTrailEvent"), str):
            yield from _records(msgspec.json.decode(event))
        else:
            for wrapper in ("Records", "Events", "detail"):
                if isinstance(inner := value.get(wrapper), list | dict):
                    yield from _records(inner)
