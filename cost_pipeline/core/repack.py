"""What was pushed → log files as CloudTrail lays them out: one account and region each.

A part's content, place and time follow from what was pushed alone, so that the same content,
gzipped or plain, today or tomorrow, always makes the same files.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from cost_pipeline.core.cloudtrail import decompress
from cost_pipeline.core.splitting import UnreadableFileError

_UNKNOWN_ACCOUNT = "0" * 12
_UNKNOWN_REGION = "us-east-1"
_DIGITS = 12
_LONGEST_REGION = 40
_EARLIEST = datetime(2013, 1, 1, tzinfo=UTC)
"""CloudTrail began in November 2013: what says to be older does not know its time."""


@dataclass(frozen=True, slots=True)
class Part:
    """A log file to be: whose it is, the time of its newest record, and its JSON."""

    account_id: str
    region: str
    newest: datetime
    content: bytes

    @property
    def digest(self) -> str:
        """Names the content."""
        return content_digest(self.content)


def content_digest(content: bytes) -> str:
    """The SHA-256 of some bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


class _Identity(msgspec.Struct, rename="camel"):
    account_id: str | None = None


class _Head(msgspec.Struct, rename="camel"):
    event_time: datetime | None = None
    recipient_account_id: str | None = None
    aws_region: str | None = None
    user_identity: _Identity | None = None


class _Pushed(msgspec.Struct):
    """A log file, or the event of an EventBridge rule, whose `detail` is one record."""

    records: list[msgspec.Raw] | None = msgspec.field(name="Records", default=None)
    detail: msgspec.Raw = msgspec.Raw()


_pushed = msgspec.json.Decoder(_Pushed)
_head = msgspec.json.Decoder(_Head)


def repack(content: bytes, *, max_bytes: int) -> list[Part]:
    """The parts of a pushed body: `{"Records": [...]}` or an EventBridge event, plain or gzipped.

    A record that says neither account nor region is kept under account 000000000000, where
    reading the file tells what is wrong with it.

    Raises:
        UnreadableFileError: the body is not complete, or holds no dated record; of these,
            TooLargeError: it is larger than `max_bytes` when it is unpacked.
    """
    records = _records(decompress(content, max_bytes=max_bytes))
    groups: dict[tuple[str, str], list[msgspec.Raw]] = defaultdict(list)
    newest: dict[tuple[str, str], datetime] = {}
    for record in records:
        account, region, at = _place(record)
        groups[account, region].append(record)
        if at is not None:
            newest[account, region] = max(at, newest.get((account, region), at))
    if not newest:
        raise UnreadableFileError("no record in it says its eventTime")
    latest = max(newest.values())
    return [
        Part(*place, newest.get(place, latest), _file(group))
        for place, group in sorted(groups.items())
    ]


def _records(text: bytes | bytearray) -> list[msgspec.Raw]:
    try:
        pushed = _pushed.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableFileError(f"not a CloudTrail log file: {error}") from error
    if pushed.records is not None:
        return pushed.records
    if bytes(pushed.detail):
        return [pushed.detail]
    raise UnreadableFileError('not a CloudTrail log file: neither "Records" nor "detail"')


def _place(record: msgspec.Raw) -> tuple[str, str, datetime | None]:
    try:
        head = _head.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _UNKNOWN_ACCOUNT, _UNKNOWN_REGION, None
    identity = head.user_identity.account_id if head.user_identity else None
    account = head.recipient_account_id or identity or ""
    known = len(account) == _DIGITS and account.isdecimal() and account.isascii()
    region = head.aws_region or ""
    sound = (
        region.isascii()
        and region.replace("-", "").isalnum()
        and region == region.lower()
        and len(region) <= _LONGEST_REGION
    )
    place = account if known else _UNKNOWN_ACCOUNT, region if sound else _UNKNOWN_REGION
    return *place, _moment(head.event_time)


def _moment(at: datetime | None) -> datetime | None:
    """A time in UTC; None for one that no call can have."""
    if at is None:
        return None
    try:
        moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None
    return moment if moment >= _EARLIEST else None


def _file(records: list[msgspec.Raw]) -> bytes:
    return b'{"Records":[' + b",".join(bytes(record) for record in records) + b"]}"
