"""A trail in an S3 bucket, or in anything that speaks S3's protocol (MinIO, moto)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, Protocol, TypeVar

from cost_pipeline.aws.bodies import again_if_cut_short, whole_body
from cost_pipeline.aws.errors import (
    AWS_FAILURES,
    Fault,
    code_of,
    fault_of,
    told,
)
from cost_pipeline.aws.sessions import Access, call_settings, open_session
from cost_pipeline.aws.trail_layout import AccountFiles, Place, discover_accounts, parse_key
from cost_pipeline.aws.trails import LISTING_THREADS, ObjectInfo, TrailError, TrailSource

T = TypeVar("T")


class S3Client(Protocol):
    """The two calls of a boto3 S3 client that reading a trail takes."""

    def list_objects_v2(self, **request: Any) -> Mapping[str, Any]:
        """One page of a listing."""

    def get_object(self, **request: Any) -> Mapping[str, Any]:
        """One object."""


def s3_client(
    access: Access | None = None, *, endpoint_url: str | None = None, region: str | None = None
) -> S3Client:
    """A client with as many connections as the listing has threads."""
    session = open_session(access or Access())
    settings = call_settings(connections=2 * LISTING_THREADS, endpoint_url=endpoint_url)
    client: S3Client = session.client(
        "s3",
        region_name=region or session.region_name or "us-east-1",
        endpoint_url=endpoint_url,
        config=settings,
    )
    return client


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a LIST call; `last` is its last key, `more` whether others follow."""

    files: list[ObjectInfo]
    last: str
    more: bool


class S3Trail(TrailSource):
    """Log files of a bucket, under an optional prefix; needs s3:ListBucket and s3:GetObject.

    `calls` counts the LIST calls made so far.
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str = "") -> None:
        super().__init__()
        self.calls = 0
        self._counting = Lock()
        self._client = client
        self._bucket = bucket
        inner = prefix.strip("/")
        self._prefix = f"{inner}/" if inner else ""
        self.url = f"s3://{bucket}/{inner}".rstrip("/")

    @property
    def _start(self) -> str:
        return self._prefix

    def _children(self, prefix: str) -> list[str]:
        names: list[str] = []
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            common = (entry["Prefix"] for entry in page.get("CommonPrefixes", ()))
            names.extend(path[len(prefix) : -1] for path in common)
        return [name for name in names if name]

    def _list(self, place: Place, day: date, start_after: str | None) -> list[ObjectInfo]:
        request = {"Prefix": place.day_prefix(day)}
        if start_after:
            request["StartAfter"] = start_after
        return [
            _info(entry, place, day)
            for page in self._pages(**request)
            for entry in page.get("Contents", ())
            if parse_key(entry["Key"]) is not None
        ]

    def page_after(self, place: Place, after: str) -> Page:
        """Up to a thousand files of a place with keys behind `after`, over days, by one call."""
        answer = self._page(Prefix=place.prefix, StartAfter=after)
        entries = answer.get("Contents", [])
        named = ((entry, parse_key(entry["Key"])) for entry in entries)
        return Page(
            [_info(entry, place, name.day) for entry, name in named if name is not None],
            entries[-1]["Key"] if entries else after,
            bool(answer.get("IsTruncated")),
        )

    def accounts(self) -> list[AccountFiles]:
        """The accounts that have files, without asking for their regions."""
        with self._told_if_too_broad():
            return discover_accounts(self._start, self._children, self._pool)

    def regions(self, accounts: Iterable[AccountFiles]) -> list[list[Place]]:
        """The regions of each account: one call for each."""
        return list(self._pool.map(lambda account: account.places(self._children), accounts))

    def pages(self, wanted: Iterable[tuple[Place, str]]) -> list[Page]:
        """`page_after` for several places at once."""
        return list(self._pool.map(lambda one: self.page_after(*one), wanted))

    def _page(self, **request: Any) -> Mapping[str, Any]:
        with self._counting:
            self.calls += 1
        return self._call(
            f"listing s3://{self._bucket}/{request['Prefix']}",
            lambda: self._client.list_objects_v2(Bucket=self._bucket, **request),
        )

    def _pages(self, **request: Any) -> Iterator[Mapping[str, Any]]:
        while True:
            page = self._page(**request)
            yield page
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def read(self, key: str) -> bytes:
        """The bytes of an object, as stored."""
        return self._fetch(key)[1]

    def read_signed(self, key: str) -> tuple[bytes, str | None]:
        """The bytes of a digest file, and the signature in its metadata."""
        found, content = self._fetch(key)
        return content, found.get("Metadata", {}).get("signature")

    def _fetch(self, key: str) -> tuple[Mapping[str, Any], bytes]:
        def fetch() -> tuple[Mapping[str, Any], bytes]:
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            return found, whole_body(found["Body"])

        doing = f"reading s3://{self._bucket}/{key}"
        return self._call(doing, lambda: again_if_cut_short(fetch))

    def keys(self, prefix: str) -> list[str]:
        """The keys of all that lies under a prefix."""
        pages = self._pages(Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def _call(self, doing: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except AWS_FAILURES as error:
            fault = fault_of(error)
            sentence = told(error, fault, _MENDING, bucket=self._bucket)
            raise TrailError(f"Failed {doing}: {sentence}", fault, code_of(error)) from error


_MENDING: dict[Fault, str] = {
    "denied": "access was denied ({code}). Allow s3:ListBucket on arn:aws:s3:::{bucket} and "
    "s3:GetObject on arn:aws:s3:::{bucket}/*, and kms:Decrypt if the trail uses its own key.",
    "no_bucket": "there is no bucket {bucket} here ({code}). Check its name, region and endpoint.",
    "gone": "the file was listed but is no longer there; a lifecycle rule may have removed it.",
    "credentials": "AWS does not accept the credentials ({code}). Sign in again, renew the keys, "
    "or check the role and its external id.",
    "unreachable": "the endpoint does not answer ({code}). Check the address and the network.",
    "throttled": "AWS asks to slow down ({code}). It will be tried again.",
}


def _info(entry: Mapping[str, Any], place: Place, day: date) -> ObjectInfo:
    return ObjectInfo(
        key=entry["Key"],
        etag=entry["ETag"].strip('"'),
        size=entry["Size"],
        last_modified=entry["LastModified"],
        account_id=place.account_id,
        region=place.region,
        day=day,
    )
