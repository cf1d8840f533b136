"""Handing in CloudTrail log files over HTTP.

A body waits on disk until it is its turn to be unpacked, so that neither many senders nor slow
ones take memory or threads from the others.
"""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from cost_pipeline.api.problems import ProblemError, responses
from cost_pipeline.api.security import Caller, needs
from cost_pipeline.aws.trails import TrailError
from cost_pipeline.core.splitting import TooLargeError, UnreadableFileError
from cost_pipeline.intake.archiving import MOST_UNPACKED, Archiving, Stored

router = APIRouter(prefix="/v1", tags=["push"])
MOST_AT_ONCE = 32
"""Bodies that may be on their way in at once: they take 2 GiB of disk at most."""
MOST_SECONDS = 120.0
"""How long one body may be on its way: whoever sends nothing more gives its place to another."""
_IN_MEMORY = 1 << 20
_coming = asyncio.BoundedSemaphore(MOST_AT_ONCE)
_unpacked = CapacityLimiter(2)

_BODY = {
    "requestBody": {
        "required": True,
        "description": "A CloudTrail log file as it is: gzipped, or plain JSON.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"Records": {"type": "array", "items": {"type": "object"}}},
                }
            },
            "application/gzip": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class StoredFile(BaseModel):
    """A file that the body became in the archive."""

    key: str = Field(description="CloudTrail's layout, named by content.")
    new: bool = Field(description="False where the same content was handed in before.")


class Pushed(BaseModel):
    """What was stored: one file for each account and region among the records."""

    files: list[StoredFile]


@router.post(
    "/push",
    status_code=202,
    responses=responses(400, 401, 403, 408, 413, 415, 422, 503),
    openapi_extra=_BODY,
)
async def push(request: Request, caller: Annotated[Caller, Depends(needs("push"))]) -> Pushed:
    """Hand in a log file: `{"Records": […]}` or an EventBridge event, plain or gzipped.

    Stored when this answers, read within seconds. The same content again changes nothing.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise ProblemError(415, "Send the body plain or gzipped.")
    if _coming.locked():
        detail = "Too many files are being handed in at once: send this one again."
        raise ProblemError(503, detail, {"Retry-After": "5"})
    archiving: Archiving = request.app.state.archiving
    async with _coming:
        with SpooledTemporaryFile(_IN_MEMORY) as body:
            await _spool(request, body)
            stored = await run_sync(_keep, archiving, caller.tenant_id, body, limiter=_unpacked)
    return Pushed(files=[StoredFile(key=one.key, new=one.new) for one in stored])


async def _spool(request: Request, body: IO[bytes]) -> None:
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for piece in request.stream():
                body.write(piece)
    except TimeoutError:
        detail = f"The body did not arrive within {MOST_SECONDS:g} seconds: send it again."
        raise ProblemError(408, detail, {"Connection": "close"}) from None
    body.seek(0)


def _keep(archiving: Archiving, tenant_id: str, content: IO[bytes]) -> list[Stored]:
    try:
        return archiving.keep(tenant_id, content)
    except TooLargeError:
        detail = f"The body may have at most {MOST_UNPACKED:,} bytes when it is unpacked."
        raise ProblemError(413, detail) from None
    except UnreadableFileError as error:
        raise ProblemError(422, f"This is no CloudTrail log file: {error}.") from None
    except TrailError as error:
        raise ProblemError(503, str(error), {"Retry-After": "30"}) from None
