"""One record of a log file, whole and as CloudTrail wrote it, for people to read."""

from __future__ import annotations

import re

import msgspec

from cost_pipeline.core.cloudtrail import unpack
from cost_pipeline.core.plain_text import STEERING
from cost_pipeline.core.splitting import split

_MOST_BYTES = 1 << 33


class _Named(msgspec.Struct):
    """A record as far as its name; one without a name is nobody's."""

    event_id: str = msgspec.field(name="eventID", default="")


_named = msgspec.json.Decoder(_Named)


def find(content: bytes, event_id: str, *, max_bytes: int = _MOST_BYTES) -> bytes | None:
    """The bytes of the record of that eventID, in the memory of a few records; None without one.

    Raises:
        UnreadableFileError: the file is damaged before the record.
    """
    for raw in split(unpack(content, max_bytes=max_bytes)):
        try:
            name = _named.decode(raw).event_id
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if event_id in (name, name.replace("\x00", "\ufffd")):  # as events are kept
            return raw
    return None


def as_text(raw: bytes) -> str:
    r"""A record indented: every number, key and their order as they stand in the file.

    What would steer a screen or turn a text around is written as JSON writes it.

    >>> print(as_text('{"rate":1.10,"by":"ada\u202e"}'.encode()))
    {
      "rate": 1.10,
      "by": "ada\u202e"
    }
    """
    try:
        text = msgspec.json.format(raw, indent=2)
    except (msgspec.DecodeError, RecursionError):
        text = raw  # no JSON that can be indented, and worth reading all the same
    return STEERING.sub(_escaped, text.decode("utf-8", "replace"))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
