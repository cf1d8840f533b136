"""Bytes of a CloudTrail log file → its records, with what could not be read named.

A log file is one JSON object `{"Records": [...]}`, usually gzipped and possibly in several
gzip members. Records are decoded one by one, so that a bad one is quarantined and its
neighbours are read (CloudTrail User Guide, "CloudTrail log file examples").
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import deflate
import msgspec

from cost_pipeline.core.splitting import TooLargeError, UnreadableFileError, split

_GZIP_MAGIC = b"\x1f\x8b"
_SHORTEST_GZIP = 18
_LARGEST_AT_ONCE = 1 << 28
_PIECE = 1 << 22
_VERSION_SUFFIX = re.compile(r"(\d{8}|\d{4}_\d{2}_\d{2})(v\d+)?$")


@lru_cache(maxsize=4096)
def without_version(name: str) -> str:
    """An eventName without the API version that some services append.

    >>> without_version("CreateFunction20150331"), without_version("UpdateFunction2020_05_31v2")
    ('CreateFunction', 'UpdateFunction')
    """
    return _VERSION_SUFFIX.sub("", name)


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
        return self.event_source, without_version(self.event_name)


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
    records: list[Record] = msgspec.field(name="Records")


class _LooseEnvelope(msgspec.Struct):
    records: list[msgspec.Raw] = msgspec.field(name="Records")


_envelope = msgspec.json.Decoder(_Envelope)
_loose_envelope = msgspec.json.Decoder(_LooseEnvelope)
_record = msgspec.json.Decoder(Record)
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_log_file(content: bytes, *, max_bytes: int = 1 << 30, max_raw: int = 65_536) -> LogFile:
    """Read a whole log file, plain or gzipped.

    `max_bytes` bounds the decompressed size, `max_raw` the bytes kept of a quarantined record.
    Raises `UnreadableFileError` for an empty, truncated, oversized or foreign file.
    """
    return read_text(decompress(content, max_bytes=max_bytes), max_raw=max_raw)


def read_text(text: bytes | bytearray, *, max_raw: int = 65_536) -> LogFile:
    """Read the decompressed text of a log file; raises as `read_log_file` does."""
    try:
        return LogFile(_envelope.decode(text).records)
    except _UNDECODABLE:
        return _record_by_record(bytes(text), max_raw)


def _record_by_record(text: bytes, max_raw: int) -> LogFile:
    """The records of a file of which not every one is sound."""
    if not text.strip():
        raise UnreadableFileError("the file is empty")
    raws: Iterable[msgspec.Raw | bytes]
    try:
        raws = _loose_envelope.decode(text).records
    except msgspec.ValidationError as error:
        raise UnreadableFileError(f"not a CloudTrail log file: {error}") from error
    except _UNDECODABLE:
        raws = split(iter([text]))
    log_file = LogFile()
    for offset, raw in enumerate(raws):
        found = read_record(offset, raw, max_raw=max_raw)
        if isinstance(found, Quarantined):
            log_file.quarantined.append(found)
        else:
            log_file.records.append(found)
    return log_file


def read_record(
    offset: int, raw: bytes | msgspec.Raw, *, max_raw: int = 65_536
) -> Record | Quarantined:
    """One record of a file, or why it cannot be read."""
    try:
        return _record.decode(raw)
    except _UNDECODABLE as error:
        return Quarantined(offset, str(error), bytes(raw)[:max_raw])


def unpacked_size(content: bytes) -> int:
    """The decompressed size in bytes that a file states: of gzip, of its last member."""
    if not content.startswith(_GZIP_MAGIC) or len(content) < _SHORTEST_GZIP:
        return len(content)
    return int.from_bytes(content[-4:], "little")


def decompress(content: bytes, *, max_bytes: int) -> bytes | bytearray:
    """Undo gzip, over all members; plain content is returned as it is.

    Raises `UnreadableFileError` when a member is damaged or cut short, or when the result
    would be longer than `max_bytes`.
    """
    size = unpacked_size(content)
    if size <= min(max_bytes, _LARGEST_AT_ONCE) and content.startswith(_GZIP_MAGIC):
        try:
            whole: bytearray = deflate.gzip_decompress(content, size)
        except (deflate.DeflateError, ValueError):
            whole = bytearray()
        if len(whole) == size and size > 0 and _ends_like_json(whole):
            return whole
    return b"".join(unpack(content, max_bytes=max_bytes))


def unpack(content: bytes, *, max_bytes: int) -> Iterator[bytes]:
    """The decompressed content in pieces of at most 4 MiB; raises as `decompress` does."""
    if not content.startswith(_GZIP_MAGIC):
        if len(content) > max_bytes:
            raise TooLargeError(f"larger than {max_bytes} bytes")
        yield content
        return
    room = max_bytes
    while content.startswith(_GZIP_MAGIC):
        inflate = zlib.decompressobj(wbits=31)
        while not inflate.eof:
            try:
                piece = inflate.decompress(content, min(_PIECE, room + 1))
            except zlib.error as error:
                raise UnreadableFileError(f"damaged gzip: {error}") from error
            content = inflate.unconsumed_tail
            room -= len(piece)
            if room < 0:
                raise TooLargeError(f"larger than {max_bytes} bytes when decompressed")
            if not piece and not content and not inflate.eof:
                raise UnreadableFileError("truncated gzip: the file ends before its data does")
            yield piece
        content = inflate.unused_data


def _ends_like_json(text: bytearray) -> bool:
    """Whether a single member held the whole file: further members leave it cut off."""
    return text[-64:].rstrip()[-1:] == b"}"
