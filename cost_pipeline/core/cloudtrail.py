"""Bytes of a CloudTrail log file → its records, with what could not be read named.

A log file is one JSON object `{"Records": [...]}`, usually gzipped and possibly in several
gzip members. Records are decoded one by one, so that a bad one is quarantined and its
neighbours are read (CloudTrail User Guide, "CloudTrail log file examples").
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field

import msgspec

_GZIP_MAGIC = b"\x1f\x8b"
_VERSION_SUFFIX = re.compile(r"(\d{8}|\d{4}_\d{2}_\d{2})(v\d+)?$")


class UnreadableFileError(Exception):
    """The whole file cannot be read; the message says why, in words for a person."""


class Record(msgspec.Struct, rename="camel", frozen=True):
    """The fields of a CloudTrail record that pricing needs; the parameters stay raw JSON."""

    event_id: str = msgspec.field(name="eventID")
    event_time: str
    event_source: str
    event_name: str
    aws_region: str | None = None
    recipient_account_id: str | None = None
    error_code: str | None = None
    user_agent: str | None = None
    source_ip_address: str | None = msgspec.field(name="sourceIPAddress", default=None)
    user_identity: msgspec.Raw = msgspec.Raw(b"null")
    request_parameters: msgspec.Raw = msgspec.Raw(b"null")
    response_elements: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def call(self) -> tuple[str, str]:
        """`(eventSource, eventName)` without the API version that some services append.

        Lambda writes CreateFunction20150331, later CreateFunction2020_05_31.
        """
        return self.event_source, _VERSION_SUFFIX.sub("", self.event_name)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that could not be read: its position in the file, why, and what it was."""

    offset: int
    reason: str
    raw: bytes


@dataclass(slots=True)
class LogFile:
    """What a log file held: every record is in exactly one of the two lists."""

    records: list[Record] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)


class _Envelope(msgspec.Struct):
    records: list[msgspec.Raw] = msgspec.field(name="Records")


_envelope = msgspec.json.Decoder(_Envelope)
_record = msgspec.json.Decoder(Record)


def read_log_file(content: bytes, *, max_bytes: int = 1 << 30, max_raw: int = 65_536) -> LogFile:
    """Read a whole log file, plain or gzipped.

    `max_bytes` bounds the decompressed size, `max_raw` the bytes kept of a quarantined record.
    Raises `UnreadableFileError` for an empty, truncated, oversized or foreign file.
    """
    text = decompress(content, max_bytes=max_bytes)
    if not text.strip():
        raise UnreadableFileError("the file is empty")
    try:
        envelope = _envelope.decode(text)
    except msgspec.ValidationError as error:
        raise UnreadableFileError(f"not a CloudTrail log file: {error}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableFileError(f"not complete JSON: {error}") from error
    log_file = LogFile()
    for offset, raw in enumerate(envelope.records):
        try:
            log_file.records.append(_record.decode(raw))
        except (msgspec.DecodeError, RecursionError) as error:
            log_file.quarantined.append(Quarantined(offset, str(error), bytes(raw)[:max_raw]))
    return log_file


def decompress(content: bytes, *, max_bytes: int) -> bytes:
    """Undo gzip, over all members; plain content is returned as it is.

    Raises `UnreadableFileError` when a member is damaged or cut short, or when the result
    would be longer than `max_bytes`.
    """
    if not content.startswith(_GZIP_MAGIC):
        if len(content) > max_bytes:
            raise UnreadableFileError(f"larger than {max_bytes} bytes")
        return content
    members: list[bytes] = []
    room = max_bytes
    while content.startswith(_GZIP_MAGIC):
        inflate = zlib.decompressobj(wbits=31)
        try:
            member = inflate.decompress(content, room + 1)
        except zlib.error as error:
            raise UnreadableFileError(f"damaged gzip: {error}") from error
        room -= len(member)
        if room < 0:
            raise UnreadableFileError(f"larger than {max_bytes} bytes when decompressed")
        if not inflate.eof:
            raise UnreadableFileError("truncated gzip: the file ends before its data does")
        members.append(member)
        content = inflate.unused_data
    return b"".join(members)
