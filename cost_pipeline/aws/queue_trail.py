"""A queue of notices about new log files, and a trail that is known by its queue alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from cost_pipeline.aws.errors import AWS_FAILURES, Fault, code_of, fault_of, told
from cost_pipeline.aws.notices import Noticed
from cost_pipeline.aws.s3_trail import S3Client, S3Trail
from cost_pipeline.aws.sessions import Access, call_settings, open_session
from cost_pipeline.aws.trail_layout import parse_key
from cost_pipeline.aws.trails import ObjectInfo, TrailError, UnlistedTrail

T = TypeVar("T")
HIDDEN_SECONDS = 300
"""How long a message stays hidden from others, until it is deleted or comes again."""
_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was received and not yet deleted."""

    message_id: str
    receipt: str
    body: str


class SqsClient(Protocol):
    """The two calls of a boto3 SQS client that draining takes."""

    def receive_message(self, **request: Any) -> Mapping[str, Any]:
        """Up to ten messages."""

    def delete_message_batch(self, **request: Any) -> Mapping[str, Any]:
        """Takes up to ten messages off the queue."""


class Queue:
    """An SQS queue; needs sqs:ReceiveMessage and sqs:DeleteMessage."""

    def __init__(self, client: SqsClient, url: str) -> None:
        self._client = client
        self.url = url

    def receive(self, most: int) -> list[Message]:
        """Up to `most` messages, as many as are there now."""
        messages: list[Message] = []
        while len(messages) < most:
            answer = self._call(
                "reading",
                lambda: self._client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=_AT_ONCE,
                    VisibilityTimeout=HIDDEN_SECONDS,
                    WaitTimeSeconds=0,
                ),
            )
            found = answer.get("Messages", [])
            if not found:
                break
            messages += [Message(m["MessageId"], m["ReceiptHandle"], m["Body"]) for m in found]
        return messages

    def delete(self, messages: Sequence[Message]) -> None:
        """Takes messages off the queue; one that will not go comes again, which does no harm."""
        for start in range(0, len(messages), _AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.receipt}
                for number, message in enumerate(messages[start : start + _AT_ONCE])
            ]
            self._delete(entries)

    def _delete(self, entries: list[dict[str, str]]) -> None:
        self._call(
            "deleting from",
            lambda: self._client.delete_message_batch(QueueUrl=self.url, Entries=entries),
        )

    def _call(self, doing: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except AWS_FAILURES as error:
            fault = _fault(error)
            sentence = told(error, fault, _MENDING)
            raise TrailError(f"Failed {doing} {self.url}: {sentence}", fault, code_of(error)) from (
                error
            )


def _fault(error: Exception) -> Fault:
    return "no_bucket" if "NonExistentQueue" in code_of(error) else fault_of(error)


_MENDING: dict[Fault, str] = {
    "denied": "access was denied ({code}). Allow sqs:ReceiveMessage and sqs:DeleteMessage on it, "
    "and kms:Decrypt if the queue uses its own key.",
    "no_bucket": "there is no such queue here ({code}). Check its address and region.",
    "credentials": "AWS does not accept the credentials ({code}). Sign in again, renew the keys, "
    "or check the role and its external id.",
    "unreachable": "the endpoint does not answer ({code}). Check the address and the network.",
    "throttled": "AWS asks to slow down ({code}). It will be tried again.",
}


def open_queue(
    url: str,
    *,
    endpoint_url: str | None = None,
    region: str | None = None,
    access: Access | None = None,
) -> Queue:
    """The queue at `sqs://host/account/name`, or at the https:// address that AWS shows.

    Raises:
        TrailError: the address names no queue.
    """
    parts = urlsplit(url)
    if parts.path.count("/") < 2 or not parts.netloc:
        raise TrailError(
            f"{url} names no queue: write sqs://sqs.eu-west-1.amazonaws.com/111122223333/name.",
            "invalid",
        )
    host = parts.netloc.split(".")
    there = host[1] if parts.netloc.endswith(".amazonaws.com") and len(host) == 4 else None
    scheme = "https" if parts.scheme == "sqs" else parts.scheme
    base = endpoint_url or f"{scheme}://{parts.netloc}"
    session = open_session(access or Access())
    client = session.client(
        "sqs",
        region_name=there or region or session.region_name or "us-east-1",
        endpoint_url=None if there and not endpoint_url else base,
        config=call_settings(),
    )
    return Queue(client, f"{base}{parts.path}")


class QueueTrail(UnlistedTrail):
    """Files that a queue tells of, in whichever buckets: a key begins with its bucket's name.

    There is nothing to list: what is known is what the queue told.
    `?bucket=one&bucket=two` in the address lets no other bucket in.
    """

    def __init__(self, client: S3Client, url: str) -> None:
        super().__init__()
        self.url = url
        self._client = client
        self._buckets = frozenset(parse_qs(urlsplit(url).query).get("bucket", ()))

    def info(self, notice: Noticed) -> ObjectInfo | None:
        """The log file of a notice; None where it is something else of CloudTrail's."""
        if self._buckets and notice.bucket not in self._buckets:
            raise ValueError(f"names the bucket {notice.bucket}, which the trail does not allow")
        return object_info(notice, f"{notice.bucket}/{notice.key}")

    def read(self, key: str) -> bytes:
        """The bytes of an object, from the bucket that begins its key."""
        bucket, _, name = key.partition("/")
        trail = S3Trail(self._client, bucket)
        try:
            return trail.read(name)
        finally:
            trail.close()


def beside_bucket(trail_url: str, notice: Noticed) -> ObjectInfo | None:
    """The log file of a notice from a queue beside the trail `s3://bucket/prefix`.

    Raises:
        ValueError: it lies elsewhere.
    """
    parts = urlsplit(trail_url)
    if notice.bucket != parts.netloc:
        raise ValueError(f"names the bucket {notice.bucket}, not {parts.netloc}")
    prefix = unquote(parts.path).strip("/")
    if prefix and not notice.key.startswith(f"{prefix}/"):
        return None
    return object_info(notice, notice.key)


def object_info(notice: Noticed, key: str) -> ObjectInfo | None:
    """What a notice says of a log file; None for other keys."""
    named = parse_key(key)
    if named is None:
        return None
    return ObjectInfo(
        key=key,
        etag=notice.etag,
        size=notice.size,
        last_modified=notice.at,
        account_id=named.place.account_id,
        region=named.place.region,
        day=named.day,
    )


def log_files(
    notices: Sequence[Noticed], info: Callable[[Noticed], ObjectInfo | None]
) -> Iterator[ObjectInfo]:
    """The log files among what a message tells of."""
    for notice in notices:
        found = info(notice)
        if found is not None:
            yield found
