"""What assets work with: the settings, Postgres, and the trails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from dagster import ConfigurableResource
from pydantic import PrivateAttr

from cost_pipeline.aws.sessions import Access
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database

if TYPE_CHECKING:
    from cost_pipeline.aws.queue_trail import Queue
    from cost_pipeline.aws.trails import TrailSource
    from cost_pipeline.store.objects import Trail


@contextmanager
def closing_all(sources: Iterable[TrailSource]) -> Iterator[None]:
    """Closes trails at the end, whatever happens in between."""
    with ExitStack() as stack:
        for source in sources:
            stack.callback(source.close)
        yield


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()


_migrated: set[str] = set()
"""The databases that this process has brought up to date."""


class PostgresDatabase(ConfigurableResource):  # type: ignore[type-arg]
    """The database of `DATABASE_URL`, or of `url` where it is given; migrated when first used."""

    url: str = ""
    _database: Database | None = PrivateAttr(default=None)

    def open(self) -> Database:
        """The database, which this resource closes at the end of its run."""
        if self._database is None:
            url = self.url or settings().require_database_url()
            self._database = Database(url)
            if url not in _migrated:
                self._database.migrate()
                _migrated.add(url)
        return self._database

    @contextmanager
    def yield_for_execution(self, context: object) -> Iterator[PostgresDatabase]:
        """Closes the connections when the run, tick or step ends."""
        try:
            yield self
        finally:
            self.close()

    def close(self) -> None:
        """Closes the connections; `open` makes new ones."""
        if self._database is not None:
            self._database.close()
            self._database = None


_kept: dict[Trail, TrailSource] = {}
_queues: dict[tuple[Trail, str], Queue] = {}
"""The trails and queues that this process keeps open."""


class TrailReader(ConfigurableResource):  # type: ignore[type-arg]
    """Opens trails: a bucket through dagster-aws's S3 client, or a folder."""

    max_attempts: int = 5

    def open(self, trail: Trail) -> TrailSource:
        """The files of a registered trail."""
        from cost_pipeline.aws.trails import open_trail

        client = None
        if trail.role_arn or trail.keys_cipher or trail.url.startswith("lookup://"):
            return open_trail(
                trail.url, trail.endpoint_url, _region(trail), access=access_of(trail)
            )
        if trail.url.startswith(("s3://", "sqs://")):
            from dagster_aws.s3 import S3Resource  # takes a second to load

            client = S3Resource(
                endpoint_url=trail.endpoint_url,
                region_name=_region(trail) or "us-east-1",
                max_attempts=self.max_attempts,
            ).get_client()
        return open_trail(trail.url, client=client)

    def kept(self, trail: Trail) -> TrailSource:
        """The same, kept open for as long as the process lives: for a sensor, which asks often."""
        source = _kept.get(trail)
        if source is None:
            source = _kept[trail] = self.open(trail)
        return source

    def forget(self, trail: Trail) -> None:
        """Opens the trail anew the next time, with the credentials that there are then."""
        source = _kept.pop(trail, None)
        if source is not None:
            source.close()
        for key in [key for key in _queues if key[0] == trail]:
            _queues.pop(key)

    def queue(self, trail: Trail, url: str) -> Queue:
        """The queue of a trail's notices, kept open likewise."""
        from cost_pipeline.aws.queue_trail import open_queue

        queue = _queues.get((trail, url))
        if queue is None:
            queue = _queues[trail, url] = open_queue(
                url,
                endpoint_url=trail.endpoint_url,
                region=_region(trail),
                access=access_of(trail),
            )
        return queue


def _region(trail: Trail) -> str | None:
    return trail.region or settings().aws_region


def access_of(trail: Trail) -> Access:
    """What the row of the trail's account says, a role before keys, or else boto3's own search.

    Raises:
        TrailError: it has keys that cannot be decrypted.
    """
    if trail.keys_cipher and trail.account_id and not trail.role_arn:
        return _by_keys(trail, trail.keys_cipher, trail.account_id)
    return Access(role_arn=trail.role_arn, external_id=trail.external_id)


def _by_keys(trail: Trail, sealed: str, account_id: str) -> Access:
    from cost_pipeline.access.keyring import keyring
    from cost_pipeline.access.vault import VaultError, unseal
    from cost_pipeline.aws.trails import TrailError

    try:
        keys = unseal(keyring(settings()), sealed, tenant_id=trail.tenant_id, account_id=account_id)
    except VaultError as error:
        raise TrailError(f"{trail.url} is read with keys, but {error}.", "credentials") from error
    return Access(
        access_key_id=keys.access_key_id,
        secret_access_key=keys.secret_access_key,
        session_token=keys.session_token,
    )
