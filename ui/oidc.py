"""Login through an identity provider: Streamlit's own OIDC, exchanged for a session of ours.

Streamlit talks to the provider (authorization code, PKCE, state, nonce, RS256) as `[auth]` in
its secrets says. Once it has set its cookie, the claims in it are mapped to a user, a session of
ours starts, and Streamlit's cookies go: there is one kind of session, which can be ended.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from anyio import to_thread
from starlette.responses import RedirectResponse, Response
from streamlit.auth_util import (
    encode_provider_token,
    get_cookie_with_chunks,
)
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_auth_routes import create_auth_routes
from streamlit.web.server.starlette.starlette_server_config import (
    TOKENS_COOKIE_NAME,
    USER_COOKIE_NAME,
)

from cost_pipeline.access.oidc import OidcProvider
from cost_pipeline.access.provider import LoginError
from cost_pipeline.access.tokens import Session
from ui import login

if TYPE_CHECKING:
    from starlette.requests import Request

_STARTED_SECONDS = 600


async def show_or_forward(request: Request) -> Response:
    """The form; or, with Streamlit's provider token, its own way to the identity provider."""
    if "provider" in request.query_params and login.identity_provider():
        return await _streamlit_login(request)
    return await login.show_login(request)


async def start(request: Request) -> Response:
    """Sends the browser to the identity provider, and remembers that it was this browser."""
    if not login.identity_provider():
        return RedirectResponse("/auth/login", status_code=303)
    token = encode_provider_token("default")
    answer = RedirectResponse(f"/auth/login?provider={token}", status_code=303)
    target = login.local(request.query_params.get("next", "/"))
    answer.set_cookie(
        login.OIDC_STARTED,
        f"{secrets.token_urlsafe(16)}|{quote(target, safe='')}",
        max_age=_STARTED_SECONDS,
        httponly=True,
        samesite="lax",
        secure=login.encrypted(request),
        path="/",
    )
    return answer


async def finish(request: Request) -> Response:
    """Exchanges Streamlit's cookie for a session of ours, only where that login began here."""
    begun = request.cookies.get(login.OIDC_STARTED)
    claims = _claims(request) if login.identity_provider() and begun else None
    if claims is None or begun is None:
        return _forgetting(RedirectResponse("/auth/login", status_code=303), request)
    try:
        session = await to_thread.run_sync(_session, claims, request)
    except LoginError as error:
        return _forgetting(login.show_error(request, str(error), 403), request)
    target = unquote(begun.partition("|")[2])
    return _forgetting(login.enter(request, session, target), request)


def _session(claims: Mapping[str, Any], request: Request) -> Session:
    client = request.client.host if request.client else "unknown"
    provider = OidcProvider(login.database(), login.settings())
    return provider.log_in(claims, client=client, now=datetime.now(UTC))


def _claims(request: Request) -> dict[str, Any] | None:
    """The claims that Streamlit verified and signed into its cookie."""

    def part(name: str) -> bytes | None:
        value = request.cookies.get(name)
        if value is None:
            return None
        return decode_signed_value(get_cookie_secret(), name, value.encode("latin-1"))

    whole = get_cookie_with_chunks(part, USER_COOKIE_NAME)
    if not whole:
        return None
    claims = json.loads(whole)
    return claims if claims.get("is_logged_in") else None


async def _streamlit_login(request: Request) -> Response:
    route = next(one for one in create_auth_routes("") if one.path == "/auth/login")
    answer: Response = await route.endpoint(request)
    return answer


def _forgetting(answer: Response, request: Request) -> Response:
    for name in request.cookies:
        if name.startswith((USER_COOKIE_NAME, TOKENS_COOKIE_NAME)) or name == login.OIDC_STARTED:
            answer.delete_cookie(name, path="/")
    return answer
