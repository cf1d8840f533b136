"""Who calls: a bearer token of ours, or the session that `POST /v1/login` gave out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import psycopg
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cost_pipeline.access import api_tokens
from cost_pipeline.access.scopes import OF_ROLE, Scope
from cost_pipeline.access.sessions import Sessions
from cost_pipeline.access.tokens import TokenError
from cost_pipeline.api.problems import ProblemError
from cost_pipeline.store import governance
from cost_pipeline.store.database import Database

_bearer = HTTPBearer(
    auto_error=False,
    description="An API token (`cost-pipeline token add`), or the token that /v1/login answers.",
)
_QUIET_SECONDS = 60.0
_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever made a request: their name, tenant, and what they may do."""

    name: str
    tenant_id: str
    scopes: frozenset[Scope]
    database: Database

    @contextmanager
    def rows(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A transaction that sees the caller's tenant alone."""
        with self.database.transaction(self.tenant_id) as conn:
            yield conn


def needs(scope: Scope) -> Callable[..., Caller]:
    """A dependency: the caller, who must have a scope; 401 or 403 otherwise."""

    def caller(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Caller:
        token = credentials.credentials if credentials else None
        try:
            found = _caller(request, token)
        except TokenError as error:
            _refusals(request).note(request, error)
            raise ProblemError(
                401,
                "Send a valid token: Authorization: Bearer …",
                {"WWW-Authenticate": 'Bearer realm="dd0c/cost"'},
            ) from None
        if scope not in found.scopes:
            raise ProblemError(403, f"This needs the scope '{scope}'.")
        return found

    return caller


def token_of(request: Request) -> str | None:
    """The bearer token of a request."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def client_of(request: Request) -> str:
    """Where a request comes from; behind a proxy, uvicorn has put the right address there."""
    return request.client.host if request.client else "unknown"


def _caller(request: Request, token: str | None) -> Caller:
    database: Database = request.app.state.database
    now = datetime.now(UTC)
    if token is not None and token.startswith(api_tokens.PREFIX):
        holder = api_tokens.check(database, token, now=now)
        return Caller(holder.name, holder.tenant_id, holder.scopes, database)
    sessions: Sessions = request.app.state.sessions
    session = sessions.check(token, now=now)
    return Caller(session.email, session.tenant_id, OF_ROLE[session.role], database)


def _refusals(request: Request) -> Refusals:
    found: Refusals = request.app.state.refusals
    return found


class Refusals:
    """Writes refused tokens into the audit log, once a minute for each reason and client.

    What is repeated within the minute is counted and told with the next line, so that a flood
    of bad tokens does not become a flood of rows.
    """

    def __init__(self, database: Database, home_tenant: str) -> None:
        self._database = database
        self._home_tenant = home_tenant
        self._seen: dict[tuple[str, ...], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def note(self, request: Request, error: TokenError) -> None:
        """Takes down one refusal, under the tenant that it concerns where that is certain."""
        tenant_id = error.tenant_id or self._home_tenant
        key = (error.reason, client_of(request), tenant_id, error.who)
        now = time.monotonic()
        with self._lock:
            since, unsaid = self._seen.get(key, (-_QUIET_SECONDS, 0))
            quiet = now - since < _QUIET_SECONDS
            if len(self._seen) >= _MOST_REMEMBERED:
                self._seen.clear()
            self._seen[key] = (since, unsaid + 1) if quiet else (now, 0)
        if quiet:
            return
        details = {"reason": error.reason, "from": key[1], "path": request.url.path[:200]}
        with self._database.transaction(tenant_id) as conn:
            governance.audit(
                conn,
                tenant_id=tenant_id,
                who=error.who or "unknown",
                action="token refused",
                details=details | ({"before": unsaid} if unsaid else {}),
            )
