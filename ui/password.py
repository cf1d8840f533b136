"""A new password for whoever is logged in: a form beside the login's, with the same care."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.responses import RedirectResponse, Response

from cost_pipeline.access.passwords import WeakPasswordError
from cost_pipeline.access.provider import LocalProvider, LoginError
from cost_pipeline.access.tokens import Session
from ui import login

if TYPE_CHECKING:
    from starlette.requests import Request

_FORM = "password.html"


async def ask(request: Request) -> Response:
    """The form, for somebody with a session."""
    session = await _whose(request)
    return login.show_form(request, name=_FORM, email=session.email) if session else _to_login()


async def change(request: Request) -> Response:
    """Changes it and starts a session in place of all others; or says why not."""
    session = await _whose(request)
    if session is None:
        return _to_login()
    fields = await login.fields_of(request)
    if fields is None or not login.is_own_form(request, fields):
        return _again(request, session, "The form was too old. Please try again.", 400)
    old, new = fields.get("old", ""), fields.get("new", "")
    if new != fields.get("again", ""):
        return _again(request, session, "The new password was not typed the same twice.", 422)
    try:
        renewed = await to_thread.run_sync(_change, request, session, old, new)
    except WeakPasswordError as error:
        return _again(request, session, str(error), 422)
    except LoginError as error:
        why = str(error) if error.wait is not None else "The password so far is not this one."
        answer = _again(request, session, why, login.status_of(error))
        return login.with_wait(answer, error)
    return login.enter(request, renewed, "/")


def _change(request: Request, session: Session, old: str, new: str) -> Session:
    provider = LocalProvider(login.database(), login.settings().tenant_id)
    client = request.client.host if request.client else "unknown"
    return provider.change_password(session, old=old, new=new, client=client, now=datetime.now(UTC))


async def _whose(request: Request) -> Session | None:
    return await to_thread.run_sync(login.session_of, request.cookies.get(login.COOKIE))


def _again(request: Request, session: Session, error: str, status: int) -> Response:
    return login.show_form(request, name=_FORM, email=session.email, error=error, status=status)


def _to_login() -> Response:
    return RedirectResponse("/auth/login?next=/auth/password", status_code=303)
