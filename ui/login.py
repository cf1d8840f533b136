"""Login and logout: a plain form, an argon2 check, and a signed cookie that scripts cannot read."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from anyio import to_thread
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from cost_pipeline.access.passwords import matches
from cost_pipeline.access.tokens import Session, issue, secret_key, verify
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, users
from cost_pipeline.store.database import Database, DatabaseUnavailableError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "dd0c_session"
_CSRF_COOKIE = "dd0c_csrf"
_OPEN = ("/auth/", "/_stcore/", "/static/", "/vendor/", "/favicon")
_MOST_FAILURES = 5
_FORGET_SECONDS = 300.0
_failures: dict[str, list[float]] = defaultdict(list)


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()


@cache
def database() -> Database:
    """The database, shared by logins and pages."""
    return Database(settings().require_database_url(), max_connections=16)


@cache
def secret() -> str:
    """The key that signs cookies."""
    return secret_key(settings())


class RequireLogin:
    """Sends whoever is not logged in to the form; pages check the cookie again themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it with a redirect."""
        if scope["type"] == "http" and not scope["path"].startswith(_OPEN):
            request = Request(scope)
            wants_page = "text/html" in request.headers.get("accept", "")
            if wants_page and verify(request.cookies.get(COOKIE), secret()) is None:
                target = quote(request.url.path + f"?{request.url.query}".rstrip("?"), safe="")
                answer = RedirectResponse(f"/auth/login?next={target}", status_code=303)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def show_login(request: Request) -> Response:
    """The form."""
    return _form(request)


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
    fields = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    sent, kept = fields.get("csrf", ""), request.cookies.get(_CSRF_COOKIE, "")
    if not sent or not hmac.compare_digest(sent, kept):
        return _form(request, error="The form was too old. Please try again.", status=400)
    email = fields.get("email", "").strip().lower()
    if _blocked(email):
        text = "Too many failed logins. Wait five minutes and try again."
        return _form(request, email=email, error=text, status=429)
    try:
        session = await to_thread.run_sync(_check, email, fields.get("password", ""))
    except DatabaseUnavailableError as error:
        return _form(request, email=email, error=str(error), status=503)
    if session is None:
        _failures[email].append(time.monotonic())
        return _form(request, email=email, error="E-mail or password is wrong.", status=401)
    _failures.pop(email, None)
    return _enter(request, session, fields.get("next", "/"))


async def log_out(_: Request) -> Response:
    """Forgets the cookie."""
    answer = RedirectResponse("/auth/login", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _enter(request: Request, session: Session, target: str) -> Response:
    lifetime = timedelta(hours=settings().session_hours)
    token = issue(session, secret(), lifetime=lifetime, now=datetime.now(UTC))
    answer = RedirectResponse(_local(target), status_code=303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=_encrypted(request),
        path="/",
    )
    return answer


def _check(email: str, password: str) -> Session | None:
    with database().admin() as conn:
        user = users.find(conn, email=email)
        right = matches(password, user["password_hash"] if user else None)
        if user is None or not right:
            return None
        governance.audit(conn, tenant_id=user["tenant_id"], who=email, action="logged in")
    return Session(user["email"], user["tenant_id"], user["role"])


def _blocked(email: str) -> bool:
    now = time.monotonic()
    _failures[email] = [at for at in _failures[email] if now - at < _FORGET_SECONDS]
    return len(_failures[email]) >= _MOST_FAILURES


def _local(target: str) -> str:
    """Only a path of our own: nobody is sent elsewhere by a crafted link."""
    parts = urlsplit(target)
    safe = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if safe and not parts.netloc else "/"


def _encrypted(request: Request) -> bool:
    return request.headers.get("x-forwarded-proto", request.url.scheme) == "https"


def _form(request: Request, *, email: str = "", error: str = "", status: int = 200) -> Response:
    csrf = request.cookies.get(_CSRF_COOKIE) or secrets.token_urlsafe(24)
    target = _local(request.query_params.get("next", "/"))
    page = _templates().get_template("login.html")
    answer = HTMLResponse(
        page.render(csrf=csrf, email=email, error=error, target=target), status_code=status
    )
    answer.set_cookie(
        _CSRF_COOKIE,
        csrf,
        httponly=True,
        samesite="strict",
        secure=_encrypted(request),
        path="/auth",
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Frame-Options"] = "DENY"
    return answer


@cache
def _templates() -> Environment:
    from pathlib import Path

    folder = Path(__file__).with_name("templates")
    return Environment(loader=FileSystemLoader(folder), autoescape=select_autoescape(["html"]))
