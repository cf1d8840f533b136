"""The login form over HTTP: forged forms, chosen sessions, failures, TLS, and an end that lasts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cost_pipeline.access import provider
from cost_pipeline.access.keyring import Keyring
from cost_pipeline.access.passwords import hash_password
from cost_pipeline.access.tokens import Session, issue
from cost_pipeline.settings import Settings
from cost_pipeline.store import users
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.conftest import served_at
from ui import login
from ui.asgi import ROUTES

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
_HASH = hash_password(PASSWORD)


@pytest.fixture
def app_url(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The app's logins, over a page that says whose session it sees."""
    monkeypatch.setattr(login, "database", lambda: database)
    monkeypatch.setattr(login, "settings", lambda: Settings(home=tmp_path))
    monkeypatch.setattr(login, "keys", lambda: Keyring.of("k" * 48))
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'Other')")
        users.put(conn, tenant_id="other", email=EMAIL, password_hash=_HASH, role="viewer")

    def whose(request: Any) -> PlainTextResponse:
        session = login.session_of(request.cookies.get(login.COOKIE))
        return PlainTextResponse(session.tenant_id if session else "nobody's")

    app = Starlette(
        routes=[*ROUTES, Route("/", whose)], middleware=[Middleware(login.RequireLogin)]
    )
    with served_at(app) as address:
        yield address


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    """Follows redirects, keeps cookies, asks for pages."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept"] = "text/html"
        yield session


def _log_in(
    browser: requests.Session, url: str, password: str = PASSWORD, email: str = EMAIL, **more: Any
) -> requests.Response:
    form = browser.get(f"{url}/auth/login", **more)
    found = re.search(r'name="csrf" value="([^"]+)"', form.text)
    fields = {"csrf": found[1] if found else "", "email": email, "password": password, "next": "/"}
    return browser.post(f"{url}/auth/login", data=fields, **more)


def test_a_login_lasts_until_the_logout_and_its_cookie_not_longer(
    app_url: str, browser: requests.Session
) -> None:
    assert browser.get(app_url).url.startswith(f"{app_url}/auth/login?next=")
    assert _log_in(browser, app_url).text == "other"
    stolen = dict(browser.cookies)
    browser.get(f"{app_url}/auth/logout", headers={"Sec-Fetch-Site": "same-origin"})
    assert login.COOKIE not in browser.cookies
    replayed = requests.get(app_url, cookies=stolen, headers=browser.headers, timeout=60)
    assert "/auth/login" in replayed.url


def test_a_session_never_reaches_another_tenant(app_url: str) -> None:
    forged = Session(EMAIL, "default", "admin", epoch=0)
    keys, hour = Keyring.of("k" * 48), timedelta(hours=1)
    token = issue(forged, keys, lifetime=hour, now=datetime.now(UTC))
    cookies = {login.COOKIE: token}
    page = requests.get(app_url, cookies=cookies, headers={"Accept": "text/html"}, timeout=60)
    assert "/auth/login" in page.url


def test_another_sites_forms_and_links_do_nothing(app_url: str, browser: requests.Session) -> None:
    forged = {"csrf": "guessed", "email": EMAIL, "password": PASSWORD}
    assert browser.post(f"{app_url}/auth/login", data=forged).status_code == 400
    _log_in(browser, app_url)
    asked = browser.get(f"{app_url}/auth/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert "Log out of this session?" in asked.text
    assert browser.get(app_url).text == "other"
    elsewhere = f"{app_url}/auth/login?next=//evil.example"
    assert 'name="next" value="/"' in browser.get(elsewhere).text


def test_a_session_that_somebody_else_chose_is_replaced(
    app_url: str, browser: requests.Session
) -> None:
    _log_in(browser, app_url)
    chosen = browser.cookies[login.COOKIE]
    with requests.Session() as victim:
        victim.trust_env = False
        victim.cookies.set(login.COOKIE, chosen)
        _log_in(victim, app_url)
        ours = [one.value for one in victim.cookies if one.name == login.COOKIE]
    assert any(value != chosen for value in ours)


def test_the_cookie_is_hidden_from_scripts_and_bound_to_tls(
    app_url: str, browser: requests.Session
) -> None:
    form = browser.get(f"{app_url}/auth/login", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in form.headers["Set-Cookie"]
    browser.cookies.clear()
    plain = _log_in(browser, app_url).history[0].headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "Secure" not in plain
    assert "SameSite=lax" in plain


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
def test_failures_are_counted_in_postgres_for_everybody(
    app_url: str, browser: requests.Session, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "FREE_FAILURES", 2)
    statuses = [_log_in(browser, app_url, "wrong", email).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
    assert _log_in(browser, app_url, PASSWORD, email).status_code == 429


def test_a_flooded_or_garbled_form_is_refused(app_url: str, browser: requests.Session) -> None:
    browser.get(f"{app_url}/auth/login")
    for body in (b"a" * 20_000, b"\xff\xfe", b"&".join([b"a=1"] * 50)):
        assert browser.post(f"{app_url}/auth/login", data=body).status_code == 400


def _change(
    browser: requests.Session, url: str, old: str, new: str, again: str | None = None
) -> requests.Response:
    form = browser.get(f"{url}/auth/password")
    found = re.search(r'name="csrf" value="([^"]+)"', form.text)
    fields = {"csrf": found[1] if found else "", "old": old, "new": new, "again": again or new}
    return browser.post(f"{url}/auth/password", data=fields)


def test_a_new_password_ends_every_session_but_the_one_that_set_it(
    app_url: str, browser: requests.Session
) -> None:
    new = "a better battery"
    assert "/auth/login?next=/auth/password" in browser.get(f"{app_url}/auth/password").url
    _log_in(browser, app_url)
    elsewhere = dict(browser.cookies)
    for old, wanted, again, status in (
        ("not it", new, new, 401),
        (PASSWORD, "short", "short", 422),
        (PASSWORD, new, "another one", 422),
    ):
        refused = _change(browser, app_url, old, wanted, again)
        assert (refused.status_code, 'role="alert"' in refused.text) == (status, True)
        assert wanted not in refused.text
    forged = browser.post(f"{app_url}/auth/password", data={"old": PASSWORD, "new": new})
    assert forged.status_code == 400
    assert _change(browser, app_url, PASSWORD, new).text == "other"
    left = requests.get(app_url, cookies=elsewhere, headers=browser.headers, timeout=60)
    assert "/auth/login" in left.url
    assert _log_in(browser, app_url, new).text == "other"
