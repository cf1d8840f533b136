"""Handing in CloudTrail log files over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cost_pipeline.api.problems import ProblemError, responses
from cost_pipeline.api.security import Caller, needs
from cost_pipeline.aws.trails import TrailError
from cost_pipeline.core.splitting import TooLargeError, UnreadableFileError
from cost_pipeline.intake.archiving import MOST_UNPACKED, Archiving, Stored

router = APIRouter(prefix="/v1", tags=["push"])

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
    responses=responses(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=_BODY,
)
async def push(request: Request, caller: Annotated[Caller, Depends(needs("push"))]) -> Pushed:
    """Hand in a log file: `{"Records": […]}` or an EventBridge event, plain or gzipped.

    Stored when this answers, read within seconds. The same content again changes nothing.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise ProblemError(415, "Send the body plain or gzipped.")
    archiving: Archiving = request.app.state.archiving
    content = await request.body()
    stored = await run_in_threadpool(_keep, archiving, caller.tenant_id, content)
    return Pushed(files=[StoredFile(key=one.key, new=one.new) for one in stored])


def _keep(archiving: Archiving, tenant_id: str, content: bytes) -> list[Stored]:
    try:
        return archiving.keep(tenant_id, content)
    except TooLargeError:
        detail = f"The body may have at most {MOST_UNPACKED:,} bytes when it is unpacked."
        raise ProblemError(413, detail) from None
    except UnreadableFileError as error:
        raise ProblemError(422, f"This is no CloudTrail log file: {error}.") from None
    except TrailError as error:
        raise ProblemError(503, str(error), {"Retry-After": "30"}) from None
