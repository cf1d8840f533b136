"""A queue of notices → registered files; a message goes only after the commit that used it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cost_pipeline.aws.notices import NotANoticeError, Noticed, noticed
from cost_pipeline.aws.queue_trail import log_files
from cost_pipeline.store import objects, queues
from cost_pipeline.store.queues import Reject

if TYPE_CHECKING:
    from cost_pipeline.aws.queue_trail import Message, Queue
    from cost_pipeline.aws.trails import ObjectInfo
    from cost_pipeline.store.database import Database

_BATCH = 100
_MOST_BATCHES = 20


@dataclass(slots=True)
class Drained:
    """What one tick took off a queue."""

    messages: int = 0
    new_files: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        kept = f", {self.rejected} kept aside" if self.rejected else ""
        return f"{self.messages} messages, {self.new_files} new files{kept}"


def drain(
    db: Database,
    tenant_id: str,
    trail_id: int,
    queue: Queue,
    info: Callable[[Noticed], ObjectInfo | None],
) -> Drained:
    """Takes what is in the queue, up to two thousand messages, a hundred a transaction.

    Where this ends between commit and delete, the messages come again and change nothing.

    Raises:
        TrailError: the queue cannot be read.
    """
    done = Drained()
    for _ in range(_MOST_BATCHES):
        messages = queue.receive(_BATCH)
        if not messages:
            break
        files, rejects = _sorted(messages, info)
        with db.transaction(tenant_id) as conn:
            done.new_files += objects.register(
                conn, tenant_id=tenant_id, trail_id=trail_id, objects=files
            )
            queues.keep_rejects(conn, tenant_id=tenant_id, trail_id=trail_id, rejects=rejects)
        queue.delete(messages)
        done.messages += len(messages)
        done.rejected += len(rejects)
    return done


def _sorted(
    messages: Sequence[Message], info: Callable[[Noticed], ObjectInfo | None]
) -> tuple[list[ObjectInfo], list[Reject]]:
    """The log files that messages tell of, and the messages that nothing can be made of."""
    files: list[ObjectInfo] = []
    rejects: list[Reject] = []
    for message in messages:
        try:
            files += log_files(noticed(message.body), info)
        except (NotANoticeError, ValueError) as error:
            rejects.append(Reject(message.message_id, str(error), message.body))
    return files, rejects
