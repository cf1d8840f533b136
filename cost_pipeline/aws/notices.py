"""A message about new objects in S3 → which objects, whatever it is wrapped in.

S3's own notice (S3 User Guide, "Event message structure"), EventBridge's "Object Created",
CloudTrail's notice of a delivery, and each of them inside an SNS envelope.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

_DEEPEST = 3


class NotANoticeError(Exception):
    """A message that names no object; the sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """An object that a message names. `etag` is None and `size` 0 where it does not say."""

    bucket: str
    key: str
    etag: str | None
    size: int
    at: datetime | None


def noticed(body: str) -> list[Noticed]:
    """The objects that a message tells of; none where it tells of a deletion or is S3's test.

    >>> noticed('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "logs"}')
    []
    >>> noticed('{"s3Bucket": "logs", "s3ObjectKey": ["AWSLogs/a.json.gz"]}')[0].key
    'AWSLogs/a.json.gz'

    Raises:
        NotANoticeError: it is nothing of the kind.
    """
    try:
        return list(_objects(_unwrapped(body)))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise NotANoticeError(f"not a notice of S3 that can be understood: {error!r}") from error


def _unwrapped(body: str) -> Mapping[str, Any]:
    """The notice inside SNS envelopes."""
    message: Any = body
    for _ in range(_DEEPEST):
        try:
            message = json.loads(message)
        except (ValueError, TypeError, RecursionError) as error:
            raise NotANoticeError("not JSON") from error
        if not isinstance(message, dict):
            raise NotANoticeError("not a JSON object")
        if message.get("Type") != "Notification" or "Message" not in message:
            return message
        message = message["Message"]
    raise NotANoticeError("wrapped too often")


def _objects(message: Mapping[str, Any]) -> Iterator[Noticed]:
    if message.get("Event") == "s3:TestEvent":
        return
    if "s3Bucket" in message:
        for key in message["s3ObjectKey"]:
            yield _noticed(str(message["s3Bucket"]), str(key), None, 0, None)
    elif message.get("source") == "aws.s3":
        if str(message["detail-type"]) == "Object Created":
            detail = message["detail"]
            yield _object(detail, message.get("time"), str(detail["object"]["key"]))
    elif isinstance(message.get("Records"), list):
        for record in message["Records"]:
            if str(record["eventName"]).startswith("ObjectCreated:"):
                key = unquote_plus(str(record["s3"]["object"]["key"]))
                yield _object(record["s3"], record.get("eventTime"), key)
    else:
        raise NotANoticeError("neither a notice of S3, of EventBridge, nor of CloudTrail")


def _storable(text: str, most: int = 2048) -> str:
    """A name as S3 allows it; raises `ValueError` for one that Postgres could not keep."""
    text.encode()  # a lone surrogate is no text
    if "\x00" in text or len(text) > most:
        raise ValueError("a name with a zero byte, or a very long one")
    return text


def _size(given: Any) -> int:
    size = int(given or 0)
    if not 0 <= size < 2**63:
        raise ValueError("no size of an object")
    return size


def _object(detail: Mapping[str, Any], at: str | None, key: str) -> Noticed:
    found = detail["object"]
    etag = found.get("eTag") or found.get("etag")
    time = datetime.fromisoformat(at).astimezone(UTC) if at else None
    return _noticed(str(detail["bucket"]["name"]), key, etag, _size(found.get("size")), time)


def _noticed(bucket: str, key: str, etag: Any, size: int, at: datetime | None) -> Noticed:
    named = None if etag is None else _storable(str(etag))
    return Noticed(_storable(bucket), _storable(key), named, size, at)
