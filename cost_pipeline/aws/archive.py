"""The raw archive: log files that came by push or by an agent, laid out as CloudTrail does.

Names follow from content, so that putting the same file twice leaves one. A file is there whole
or not at all, and once `put` returns it stays there.
"""

from __future__ import annotations

import gzip
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

from cost_pipeline.aws.errors import AWS_FAILURES, code_of, fault_of
from cost_pipeline.aws.folder_trail import FolderTrail
from cost_pipeline.aws.s3_trail import s3_client
from cost_pipeline.aws.trails import ObjectInfo, TrailError

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class ArchiveName:
    """What a file of the archive is named by."""

    account_id: str
    region: str
    day: date
    at: datetime
    digest: str

    @property
    def key(self) -> str:
        """Its key, in CloudTrail's own layout.

        >>> from datetime import UTC
        >>> at = datetime(2026, 3, 1, 9, tzinfo=UTC)
        >>> ArchiveName("1" * 12, "eu-west-1", at.date(), at, "ab" * 32).key.rpartition("/")[2]
        '111111111111_CloudTrail_eu-west-1_20260301T0900Z_abababababababababababababababab.json.gz'
        """
        folder = f"AWSLogs/{self.account_id}/CloudTrail/{self.region}/{self.day:%Y/%m/%d}"
        name = f"{self.account_id}_CloudTrail_{self.region}_{self.at:%Y%m%dT%H%MZ}"
        return f"{folder}/{name}_{self.digest[:32]}.json.gz"


def tenant_url(archive_url: str, tenant_id: str) -> str:
    """The part of an archive that is one tenant's.

    >>> tenant_url("s3://raw/archive/", "a/../b")
    's3://raw/archive/a%2F..%2Fb'
    """
    name = quote(tenant_id, safe="")
    return (
        f"{archive_url.rstrip('/')}/{name.replace('.', '%2E') if name.strip('.') == '' else name}"
    )


class Archive(ABC):
    """A place that log files are put into, and that is read as a trail afterwards."""

    @abstractmethod
    def put(self, name: ArchiveName, content: bytes) -> tuple[ObjectInfo, bool]:
        """Stores a log file, plain or gzipped; says how it is listed, and whether it is new.

        Raises:
            TrailError: it could not be stored.
        """


def open_archive(
    url: str, *, endpoint_url: str | None = None, region: str | None = None, client: Any = None
) -> Archive:
    """The archive at `s3://bucket/prefix` or in a folder."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        s3: Any = client or s3_client(endpoint_url=endpoint_url, region=region)
        return S3Archive(s3, parts.netloc, unquote(parts.path).strip("/"))
    return FolderArchive(Path(unquote(parts.netloc + parts.path) if parts.scheme else url))


def _gzipped(content: bytes) -> bytes:
    return content if content.startswith(_GZIP_MAGIC) else gzip.compress(content, 6, mtime=0)


class FolderArchive(Archive):
    """An archive in a folder: written under another name, synced to disk, renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root.expanduser().absolute()

    def put(self, name: ArchiveName, content: bytes) -> tuple[ObjectInfo, bool]:
        """Stores a log file; it is on disk when this returns."""
        path = self._root / name.key
        try:
            new = not path.exists()
            if new:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_through(path, _gzipped(content))
        except OSError as error:
            raise TrailError(
                f"The archive cannot write {path}: {error.strerror}. Make room, or let this user "
                "write there.",
                "other",
            ) from error
        return FolderTrail.info(self._root, name.key), new


def _write_through(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class WritingS3Client(Protocol):
    """The two calls of a boto3 S3 client that an archive takes."""

    def head_object(self, **request: Any) -> Mapping[str, Any]:
        """What is known of an object."""

    def put_object(self, **request: Any) -> Mapping[str, Any]:
        """Stores an object."""


class S3Archive(Archive):
    """An archive in a bucket of yours; needs s3:PutObject, s3:GetObject and s3:ListBucket.

    Without the last, S3 says of what is not there yet that it may not be seen.
    """

    def __init__(self, client: WritingS3Client, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def put(self, name: ArchiveName, content: bytes) -> tuple[ObjectInfo, bool]:
        """Stores a log file, unless it is there."""
        where = {"Bucket": self._bucket, "Key": self._prefix + name.key}
        try:
            found = self._head(where)
            new = found is None
            if found is None:
                self._client.put_object(**where, Body=_gzipped(content))
                found = self._client.head_object(**where)
        except AWS_FAILURES as error:
            raise TrailError(
                f"The archive s3://{self._bucket}/{self._prefix} cannot be written: {error}. "
                "Check that the bucket is there, and allow s3:PutObject and s3:GetObject on "
                f"arn:aws:s3:::{self._bucket}/* and s3:ListBucket on arn:aws:s3:::{self._bucket}.",
                fault_of(error),
                code_of(error),
            ) from error
        return _listed(where["Key"], found, name), new

    def _head(self, where: dict[str, str]) -> Mapping[str, Any] | None:
        try:
            return self._client.head_object(**where)
        except AWS_FAILURES as error:
            if fault_of(error) == "gone":
                return None
            raise


def _listed(key: str, found: Mapping[str, Any], name: ArchiveName) -> ObjectInfo:
    return ObjectInfo(
        key=key,
        etag=str(found["ETag"]).strip('"'),
        size=int(found["ContentLength"]),
        last_modified=found["LastModified"],
        account_id=name.account_id,
        region=name.region,
        day=name.day,
    )
