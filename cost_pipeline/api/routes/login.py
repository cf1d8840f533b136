"""Logging in, out, and changing one's password."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field, SecretStr

from cost_pipeline.access.passwords import WeakPasswordError
from cost_pipeline.access.provider import LocalProvider, LoginError
from cost_pipeline.access.sessions import Sessions
from cost_pipeline.access.tokens import Session, TokenError
from cost_pipeline.api.problems import ProblemError, responses
from cost_pipeline.api.security import Caller, client_of, needs, token_of
from cost_pipeline.store.users import Role

router = APIRouter(prefix="/v1", tags=["login"])


class Credentials(BaseModel):
    """An address and its password."""

    email: str = Field(min_length=1, max_length=320, examples=["ada@example.com"])
    password: SecretStr = Field(min_length=1, max_length=1024)


class PasswordChange(BaseModel):
    """The password so far, and the one from now on."""

    old: SecretStr = Field(min_length=1, max_length=1024)
    new: SecretStr = Field(min_length=10, max_length=1024)


class StartedSession(BaseModel):
    """What to send from now on, and until when."""

    token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of a scheme
    expires_at: datetime
    email: str
    tenant_id: str
    role: Role


@router.post("/login", responses=responses(400, 401, 413, 422, 429, 503))
def log_in(request: Request, credentials: Credentials, response: Response) -> StartedSession:
    """Start a session with e-mail and password."""
    provider: LocalProvider = request.app.state.provider
    presented = {
        "email": credentials.email,
        "password": credentials.password.get_secret_value(),
    }
    now = datetime.now(UTC)
    try:
        session = provider.log_in(presented, client=client_of(request), now=now)
    except LoginError as error:
        raise _refused(error) from None
    return _started(request, session, response, now)


@router.post("/logout", status_code=204, responses=responses(400, 401, 403, 413, 422, 503))
def log_out(request: Request, _: Annotated[Caller, Depends(needs("read"))]) -> Response:
    """End the session of this token; an API token stays as it is (revoke it instead)."""
    sessions: Sessions = request.app.state.sessions
    sessions.end(token_of(request), now=datetime.now(UTC))
    return Response(status_code=204)


@router.post("/password", responses=responses(400, 401, 403, 413, 422, 429, 503))
def change_password(
    request: Request,
    change: PasswordChange,
    response: Response,
    _: Annotated[Caller, Depends(needs("read"))],
) -> StartedSession:
    """Change one's own password; all sessions end, and a new one starts."""
    sessions: Sessions = request.app.state.sessions
    provider: LocalProvider = request.app.state.provider
    now = datetime.now(UTC)
    try:
        session = provider.change_password(
            sessions.check(token_of(request), now=now),
            old=change.old.get_secret_value(),
            new=change.new.get_secret_value(),
            client=client_of(request),
            now=now,
        )
    except TokenError:
        raise ProblemError(403, "Only somebody who logged in has a password to change.") from None
    except LoginError as error:
        raise _refused(error) from None
    except WeakPasswordError as error:
        raise ProblemError(422, str(error)) from None
    return _started(request, session, response, now)


def _refused(error: LoginError) -> ProblemError:
    if error.wait is None:
        return ProblemError(401, str(error), {"WWW-Authenticate": 'Bearer realm="dd0c/cost"'})
    seconds = math.ceil(error.wait.total_seconds())
    return ProblemError(429, str(error), {"Retry-After": str(seconds)})


def _started(
    request: Request, session: Session, response: Response, now: datetime
) -> StartedSession:
    sessions: Sessions = request.app.state.sessions
    response.headers["Cache-Control"] = "no-store"
    return StartedSession(
        token=sessions.start(session, now=now),
        expires_at=now + sessions.lifetime,
        email=session.email,
        tenant_id=session.tenant_id,
        role=session.role,
    )
