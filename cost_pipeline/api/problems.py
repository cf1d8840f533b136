"""Every error as `application/problem+json` (RFC 9457): what is wrong, and how to mend it.

Nothing that was sent in is repeated in an answer: it may be a password.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from cost_pipeline.store.database import DatabaseUnavailableError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class WrongField(BaseModel):
    """One thing that was sent and does not fit."""

    where: str = Field(description="Such as `body.email` or `query.limit`.")
    detail: str


class ProblemDocument(BaseModel):
    """An error, for programs and for people."""

    type: str = Field(default="about:blank", description="What kind of problem, as a URI.")
    title: str = Field(description="The kind in words.")
    status: int
    detail: str = Field(default="", description="What is wrong, and how to mend it.")
    errors: list[WrongField] = Field(default=[], description="What did not fit, for a 422.")


class ProblemError(Exception):
    """An answer that is an error; `headers` go with it."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


def answer(
    status: int,
    detail: str = "",
    *,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """The response that tells of a problem."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": errors or [],
    }
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(document, status, headers, media_type=MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the problems that a route may answer with."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Answers every error of the application as a problem."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(DatabaseUnavailableError, _unavailable)
    app.add_exception_handler(psycopg.OperationalError, _unavailable)
    app.add_exception_handler(Exception, _unexpected)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, ProblemError):
        raise error
    return answer(error.status, error.detail, headers=error.headers)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    details = {
        404: "There is nothing at this address; /openapi.json says what there is.",
        405: "This address takes other methods.",
    }
    detail = details.get(error.status_code, str(error.detail))
    return answer(error.status_code, detail, headers=dict(error.headers or {}))


async def _unfit(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [
        {"where": ".".join(map(str, one["loc"])), "detail": str(one["msg"])}
        for one in error.errors()
    ]
    return answer(422, "Something in the request does not fit; see errors.", errors=errors)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    _log.error("the database does not answer: %s", type(error).__name__)
    detail = "The database does not answer. Try again shortly."
    return answer(503, detail, headers={"Retry-After": "5"})


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error(
        "%s %s failed: %s", request.method, request.url.path, type(error).__name__, exc_info=error
    )
    return answer(500, "Something went wrong here; the log of the API says what.")
