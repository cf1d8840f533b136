"""The record behind a call, from the log file that it was read from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from cost_pipeline.aws.trails import TrailError
from cost_pipeline.core.raw_records import as_text, find
from cost_pipeline.core.splitting import UnreadableFileError
from cost_pipeline.orchestration.outbound import Files, Permit, Permitted
from cost_pipeline.orchestration.resources import TrailReader, closing_all
from cost_pipeline.store import events, objects

if TYPE_CHECKING:
    from cost_pipeline.store.database import Database
    from cost_pipeline.store.events import Origin
    from cost_pipeline.store.objects import Trail

MOST_BYTES = 1 << 26
"""Compressed bytes of a file that is looked through for one record; CloudTrail's have far fewer."""


def raw_record(database: Database, tenant_id: str, call: UUID) -> str:
    """The record of a call as text.

    Raises:
        TrailError: its file is not known, gone, too large, or cannot be read; it says which.
        OutboundStoppedError: reading it would call AWS, and panic is on.
    """
    with database.transaction(tenant_id) as conn:
        origin = events.origin(conn, tenant_id=tenant_id, call=call)
        if origin is None:
            raise TrailError(
                "This call is not kept any more: its day was read again, or is past the retention.",
                "gone",
            )
        trail = None
        if origin.trail_id is not None:
            trail = objects.trail(conn, tenant_id=tenant_id, trail_id=origin.trail_id)
    if trail is None or origin.key is None:
        raise TrailError(
            "Which file this call came from is not known any more: files are remembered for as"
            " long as `cost-pipeline retention` says.",
            "gone",
        )
    if origin.size > MOST_BYTES:
        raise TrailError(f"{_where(trail, origin.key)} is too large to look through here.", "other")
    return _looked_up(database, trail, origin, origin.key)


def _looked_up(database: Database, trail: Trail, origin: Origin, key: str) -> str:
    source = TrailReader().open(trail)
    files: Files = source
    if trail.calls_aws:
        files = Permitted(source, Permit(database, trail.tenant_id))
    with closing_all([source]):
        content = files.read(key)
    try:
        found = find(content, origin.event_id)
    except UnreadableFileError as error:
        raise TrailError(f"{_where(trail, key)} cannot be read: {error}.", "other") from error
    if found is None:
        raise TrailError(
            f"{_where(trail, key)} no longer holds this call: it was written anew.", "gone"
        )
    return as_text(found)


def _where(trail: Trail, key: str) -> str:
    return f"{trail.url.rstrip('/')}/{key}"
