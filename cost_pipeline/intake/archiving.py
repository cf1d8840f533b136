"""What comes by push or by an agent → the archive → registered as files of its trail.

The order makes it safe: stored first, registered in one transaction, acknowledged last. Whoever
sends something again, because no answer came, finds it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from threading import BoundedSemaphore
from typing import IO, TYPE_CHECKING

from cost_pipeline.aws.archive import Archive, ArchiveName, open_archive, tenant_url
from cost_pipeline.aws.trail_layout import Named, parse_key
from cost_pipeline.aws.trails import TrailError
from cost_pipeline.core.repack import content_digest, repack
from cost_pipeline.store import governance, objects

if TYPE_CHECKING:
    from cost_pipeline.aws.trails import ObjectInfo
    from cost_pipeline.settings import Settings
    from cost_pipeline.store.database import Database

MOST_UNPACKED = 256 << 20
"""Bytes that a pushed body may come to when decompressed."""
_unpacking = BoundedSemaphore(2)
"""Bounds memory: of those who push or send at once, two are unpacked and the others wait."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the archive, and whether it was not there before."""

    key: str
    new: bool


class UnknownTenantError(LookupError):
    """Whoever sends is a tenant that the database does not know."""


class Archiving:
    """Keeps what is sent for a tenant in the archive that the settings name."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._open: dict[str, Archive] = {}

    def keep(
        self, tenant_id: str, content: bytes | IO[bytes], key: str | None = None
    ) -> list[Stored]:
        """Stores a log file, plain or gzipped, and registers it; returns what it became.

        Args:
            tenant_id: whose it is.
            content: the bytes, or where they are read from once it is their turn.
            key: CloudTrail's own key, where it is known: then the file is kept as it is.

        Raises:
            UnreadableFileError: it has no key, and is no log file.
            TrailError: the archive cannot be written.
            UnknownTenantError: there is no such tenant.
        """
        named = parse_key(key) if key else None
        if named is not None:
            whole = _whole(content)
            return self.register(tenant_id, [(_name(named, whole), whole)])
        with _unpacking:
            return self.register(tenant_id, _repacked(_whole(content)))

    def register(self, tenant_id: str, files: Sequence[tuple[ArchiveName, bytes]]) -> list[Stored]:
        """Stores named files and registers them in one transaction; raises as `keep`."""
        with self._db.transaction(tenant_id) as conn:
            if not objects.tenant_exists(conn, tenant_id=tenant_id):
                raise UnknownTenantError(f"there is no tenant {tenant_id}")
            stopped = governance.panicking(conn, tenant_id=tenant_id)
        url = tenant_url(self._settings.archive, tenant_id)
        if stopped and url.startswith("s3://"):
            raise TrailError("Panic is on, so nothing is written to S3.", "throttled")
        archive = self._archive(url)
        put = [archive.put(name, content) for name, content in files]
        self._register(tenant_id, url, [info for info, _ in put])
        return [Stored(info.key, new) for info, new in put]

    def _archive(self, url: str) -> Archive:
        if url not in self._open:
            settings = self._settings
            self._open[url] = open_archive(
                url, endpoint_url=settings.endpoint_url, region=settings.aws_region
            )
        return self._open[url]

    def _register(self, tenant_id: str, url: str, files: Sequence[ObjectInfo]) -> None:
        bucket = url.startswith("s3://")
        with self._db.transaction(tenant_id) as conn:
            trail = objects.ensure_trail(
                conn,
                tenant_id=tenant_id,
                url=url,
                endpoint_url=self._settings.endpoint_url if bucket else None,
                region=self._settings.aws_region if bucket else None,
            )
            objects.register(conn, tenant_id=tenant_id, trail_id=trail.trail_id, objects=files)


def _whole(content: bytes | IO[bytes]) -> bytes:
    return content if isinstance(content, bytes) else content.read()


def _name(named: Named, content: bytes) -> ArchiveName:
    midnight = datetime.combine(named.day, time(), UTC)
    place = named.place
    return ArchiveName(place.account_id, place.region, named.day, midnight, content_digest(content))


def _repacked(content: bytes) -> list[tuple[ArchiveName, bytes]]:
    return [
        (
            ArchiveName(part.account_id, part.region, part.newest.date(), part.newest, part.digest),
            part.content,
        )
        for part in repack(content, max_bytes=MOST_UNPACKED)
    ]
