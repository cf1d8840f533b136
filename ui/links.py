"""The page behind "mine / expected / not mine" in messages: no login, and only a POST decides.

Mail scanners and chats open every address that they see, so opening one changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from anyio import to_thread
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cost_pipeline.access import alert_links
from cost_pipeline.access.alert_links import Link, LinkError
from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.money import usd
from cost_pipeline.store import answers
from cost_pipeline.store.database import DatabaseUnavailableError
from ui import login

_ASKS = {
    "mine": ("Say that this is yours", "It is told no more. Others like it still are."),
    "expected": (
        "Say that this is expected",
        "Others like it (same account, who, type and region) are quiet for 30 days, and it counts"
        " as usual from now on.",
    ),
    "not-mine": (
        "Say that this is not yours",
        "It stays open, and whoever looks at it sees what you said.",
    ),
}
_THANKS = {
    "mine": "Noted: it is yours.",
    "expected": "Noted: it is expected, for 30 days.",
    "not-mine": "Noted: it is not yours. It stays open.",
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


async def ask(request: Request) -> Response:
    """Shows what a link is about, and asks; changes nothing."""
    return await to_thread.run_sync(_answered, request.path_params["token"], False)


async def decide(request: Request) -> Response:
    """Takes the answer, once; opened again, it says so."""
    return await to_thread.run_sync(_answered, request.path_params["token"], True)


def _answered(token: str, decides: bool) -> Response:
    now = datetime.now(UTC)
    try:
        link = alert_links.read(login.keys(), token, now=now)
        with login.database().transaction(link.tenant_id) as conn:
            scope: dict[str, Any] = {"tenant_id": link.tenant_id, "anomaly_id": link.anomaly_id}
            found = answers.shown(conn, **scope, link=link.fingerprint)
            if found is None:
                return _page("This anomaly is not there any more. Nothing is left to do.", 404)
            if decides:
                answers.answer(
                    conn, **scope, said=link.answer, link=link.fingerprint, by=who(link), now=now
                )
        return _asked(link, found, token, done=decides)
    except LinkError as error:
        return _page(str(error), 410 if "seven days" in str(error) else 400)
    except DatabaseUnavailableError:
        return _page("The database does not answer. Nothing was changed; try again soon.", 503)


def who(link: Link) -> str:
    """As whom a link decides: nobody logged in, so it is whoever the message was sent to.

    >>> from uuid import UUID
    >>> who(Link("acme", UUID(int=1), "mine", "ops", "ada@example.com"))
    'link sent to ada@example.com by ops'
    """
    if link.sent_to == link.channel:
        return f"link sent to {one_line(link.channel)}"
    return f"link sent to {one_line(link.sent_to)} by {one_line(link.channel)}"


def _asked(link: Link, found: dict[str, Any], token: str, *, done: bool) -> Response:
    title, effect = _ASKS[link.answer]
    again = found["used_at"] is not None
    notice = ""
    if again:
        notice = f"This link was used on {found['used_at'].astimezone(UTC):%Y-%m-%d at %H:%M} UTC."
    elif done:
        notice = _THANKS[link.answer]
    return _page(
        notice,
        found=found,
        title=title,
        effect=effect,
        form="" if again or done else alert_links.PATH + token,
        app=f"{login.settings().dashboard_url.rstrip('/')}/anomalies?anomaly={link.anomaly_id}",
    )


def _page(
    notice: str,
    status: int = 200,
    *,
    found: dict[str, Any] | None = None,
    title: str = "",
    effect: str = "",
    form: str = "",
    app: str = "",
) -> Response:
    page = _templates().get_template("decide.html")
    said = {"found": found, "title": title, "effect": effect, "form": form, "app": app}
    return HTMLResponse(page.render(notice=notice, **said), status, headers=_HEADERS)


@cache
def _templates() -> Environment:
    folder = Path(__file__).with_name("templates")
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=select_autoescape(["html"])
    )
    environment.filters["usd"] = usd
    return environment
