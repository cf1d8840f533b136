"""Login and logout: a form, a check that counts failures, and a cookie that scripts cannot read."""

from __future__ import annotations

import hmac
import math
import secrets
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from anyio import to_thread
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from streamlit.auth_util import get_secrets_auth_section

from cost_pipeline.access.keyring import Keyring, keyring
from cost_pipeline.access.provider import LocalProvider, LoginError
from cost_pipeline.access.sessions import Sessions
from cost_pipeline.access.tokens import Session, TokenError
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database, DatabaseUnavailableError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "dd0c_session"
_CSRF_COOKIE = "dd0c_csrf"
OIDC_STARTED, OIDC_USER = "dd0c_oidc", "_streamlit_user"
_OPEN = ("/auth/", "/decide/", "/oauth2callback", "/_stcore/", "/static/", "/vendor/", "/favicon")
_MOST_FORM_BYTES = 16 * 1024


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()


@cache
def database() -> Database:
    """The database, shared by logins and pages."""
    return Database(settings().require_database_url(), max_connections=16)


def keys() -> Keyring:
    """The keys that sign cookies, as they are now."""
    return keyring(settings())


def sessions() -> Sessions:
    """The sessions of this installation."""
    return Sessions(database(), lambda: keys(), Sessions.of(database(), settings()).lifetime)


def session_of(cookie: str | None) -> Session | None:
    """Who a cookie is for; None where it is missing, forged, expired or ended."""
    try:
        return sessions().check(cookie, now=datetime.now(UTC))
    except TokenError:
        return None


class RequireLogin:
    """Sends whoever is not logged in to the form; pages check the cookie again themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it with a redirect."""
        if scope["type"] == "http" and not scope["path"].startswith(_OPEN):
            request = Request(scope)
            if "text/html" in request.headers.get("accept", ""):
                answer = await _turned_away(request)
                if answer is not None:
                    await answer(scope, receive, send)
                    return
        await self._app(scope, receive, send)


async def _turned_away(request: Request) -> Response | None:
    if OIDC_STARTED in request.cookies and OIDC_USER in request.cookies:
        return RedirectResponse("/auth/oidc/finish", status_code=303)
    try:
        found = await to_thread.run_sync(session_of, request.cookies.get(COOKIE))
    except DatabaseUnavailableError as error:
        return HTMLResponse(_templates().get_template("down.html").render(error=error), 503)
    if found is not None:
        return None
    target = quote(request.url.path + f"?{request.url.query}".rstrip("?"), safe="")
    return RedirectResponse(f"/auth/login?next={target}", status_code=303)


async def show_login(request: Request) -> Response:
    """The form."""
    return show_form(request)


def show_error(request: Request, text: str, status: int) -> Response:
    """The form with the reason why somebody did not get in."""
    return show_form(request, error=text, status=status)


async def health(_: Request) -> Response:
    """Whether the app and its database answer."""
    try:
        await to_thread.run_sync(_ping)
    except DatabaseUnavailableError as error:
        return JSONResponse({"ok": False, "error": str(error)}, status_code=503)
    return JSONResponse({"ok": True})


def _ping() -> None:
    with database().admin() as conn:
        conn.execute("SELECT 1")


async def log_in(request: Request) -> Response:
    """Checks e-mail and password; sets the cookie, or shows the form again with the reason."""
    fields = await fields_of(request)
    if fields is None or not is_own_form(request, fields):
        return show_form(request, error="The form was too old. Please try again.", status=400)
    email, target = fields.get("email", "").strip().lower(), fields.get("next", "/")
    try:
        session = await to_thread.run_sync(_check, email, fields.get("password", ""), request)
    except DatabaseUnavailableError as error:
        return show_form(request, email=email, error=str(error), status=503, target=target)
    except LoginError as error:
        answer = show_form(
            request, email=email, error=str(error), status=status_of(error), target=target
        )
        return with_wait(answer, error)
    return enter(request, session, target)


def status_of(error: LoginError) -> int:
    """How a form answers a wrong password, and a guess too many."""
    return 401 if error.wait is None else 429


def with_wait(answer: Response, error: LoginError) -> Response:
    """The answer, which says when the next guess may come where that is not at once."""
    if error.wait is not None:
        answer.headers["Retry-After"] = str(math.ceil(error.wait.total_seconds()))
    return answer


def enter(request: Request, session: Session, target: str) -> Response:
    """Sends somebody who has proved who they are to a page of ours, with a session of their own.

    Whatever cookie the browser brought is replaced: nobody can choose another's session for them.
    """
    started = sessions()
    answer = RedirectResponse(local(target), status_code=303)
    answer.set_cookie(
        COOKIE,
        started.start(session, now=datetime.now(UTC)),
        max_age=int(started.lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=encrypted(request),
        path="/",
    )
    answer.delete_cookie(_CSRF_COOKIE, path="/auth")
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def log_out(request: Request) -> Response:
    """Ends the session everywhere, and forgets the cookie; another site's link only asks."""
    if request.method == "POST":
        fields = await fields_of(request)
        allowed = fields is not None and is_own_form(request, fields)
    else:
        allowed = _from_here(request)
    if not allowed:
        return show_form(request, name="logout.html")
    await to_thread.run_sync(_end, request.cookies.get(COOKIE))
    answer = RedirectResponse("/auth/login", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _end(cookie: str | None) -> None:
    sessions().end(cookie, now=datetime.now(UTC))


def _check(email: str, password: str, request: Request) -> Session:
    client = request.client.host if request.client else "unknown"
    provider = LocalProvider(database(), settings().tenant_id)
    return provider.log_in(
        {"email": email, "password": password}, client=client, now=datetime.now(UTC)
    )


async def fields_of(request: Request) -> dict[str, str] | None:
    """The form's fields; None where it is too large or is no text."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_FORM_BYTES:
            return None
    try:
        read = parse_qs(body.decode(), max_num_fields=20)
    except ValueError:
        return None
    return {name: values[0].replace("\x00", "") for name, values in read.items()}


def is_own_form(request: Request, fields: dict[str, str]) -> bool:
    """Whether a form of ours, in this browser, sent these fields."""
    sent, kept = fields.get("csrf", ""), request.cookies.get(_CSRF_COOKIE, "")
    return bool(sent) and hmac.compare_digest(sent.encode(), kept.encode())


def _from_here(request: Request) -> bool:
    """Whether a page of ours, or the person themselves, opened this address."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    return urlsplit(request.headers.get("referer", "")).netloc == request.headers.get("host")


def local(target: str) -> str:
    r"""Only a path of our own: nobody is sent elsewhere by a crafted link.

    >>> local("/anomalies?anomaly=1"), local("//evil.example"), local("/\\evil.example")
    ('/anomalies?anomaly=1', '/', '/')
    """
    plain = all(" " <= one <= "~" and one != "\\" for one in target)
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"


def encrypted(request: Request) -> bool:
    """Whether the browser speaks TLS, to us or to the proxy before us."""
    return request.headers.get("x-forwarded-proto", request.url.scheme) == "https"


def show_form(
    request: Request,
    *,
    name: str = "login.html",
    email: str = "",
    error: str = "",
    status: int = 200,
    target: str | None = None,
) -> Response:
    """A form of ours, with a token that only this browser has."""
    csrf = request.cookies.get(_CSRF_COOKIE) or secrets.token_urlsafe(24)
    page = _templates().get_template(name)
    answer = HTMLResponse(
        page.render(
            csrf=csrf,
            email=email,
            error=error,
            provider=settings().oidc_label if identity_provider() else "",
            target=local(target or request.query_params.get("next", "/")),
        ),
        status_code=status,
    )
    answer.set_cookie(
        _CSRF_COOKIE,
        csrf,
        httponly=True,
        samesite="strict",
        secure=encrypted(request),
        path="/auth",
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Frame-Options"] = "DENY"
    return answer


def identity_provider() -> bool:
    """Whether Streamlit's secrets name an identity provider."""
    return bool(get_secrets_auth_section().get("client_id"))


@cache
def _templates() -> Environment:
    folder = Path(__file__).with_name("templates")
    return Environment(loader=FileSystemLoader(folder), autoescape=select_autoescape(["html"]))
