"""Login through an identity provider: a real one in miniature, over HTTP, signing with RS256."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit import config as streamlit_config
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_auth_routes import create_auth_routes

from cost_pipeline.access.keyring import Keyring
from cost_pipeline.settings import Settings
from cost_pipeline.store import users
from cost_pipeline.store.database import Database
from ui import login
from ui.asgi import ROUTES

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = Keyring.of("k" * 48)


class IdentityProvider(ThreadingHTTPServer):
    """Says who somebody is: `claims`, signed with `key`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.claims: dict[str, Any] = {}
        self.key = _KEY
        self.nonces: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Its issuer."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def token(self, code: str) -> str:
        """The identity token for a code."""
        now = datetime.now(UTC)
        said = {"iss": self.url, "aud": "dd0c", "sub": "u1", "nonce": self.nonces.pop(code)}
        claims = said | {"iat": now, "exp": now + timedelta(minutes=5)} | self.claims
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})


class _Answers(BaseHTTPRequestHandler):
    server: IdentityProvider

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            code = secrets.token_hex(8)
            self.server.nonces[code] = asked["nonce"]
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        elif url.path == "/jwks":
            key = jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key(), as_dict=True)
            self._say({"keys": [key | {"kid": "one", "use": "sig", "alg": "RS256"}]})
        else:
            issuer = self.server.url
            self._say(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "jwks_uri": f"{issuer}/jwks",
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                }
            )

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        token = self.server.token(form["code"][0])
        self._say({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def _say(self, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    """A running identity provider."""
    server = IdentityProvider()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def app_url(
    provider: IdentityProvider, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The app's logins, served as Streamlit serves them, over a page that says hello."""
    settings = Settings(home=tmp_path, oidc_roles="cost-admins=admin,sre=operator")
    monkeypatch.setattr(login, "database", lambda: database)
    monkeypatch.setattr(login, "settings", lambda: settings)
    monkeypatch.setattr(login, "keys", lambda: KEYS)

    async def hello(_: Any) -> PlainTextResponse:
        return PlainTextResponse("hello")

    app = Starlette(
        routes=[*ROUTES, *create_auth_routes(""), Route("/", hello), Route("/anomalies", hello)],
        middleware=[
            Middleware(SessionMiddleware, secret_key="s" * 32),
            Middleware(login.RequireLogin),
        ],
    )
    config = uvicorn.Config(app, port=0, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    file = tmp_path / "secrets.toml"
    file.write_text(
        f'[auth]\nredirect_uri = "{address}/oauth2callback"\ncookie_secret = "{"c" * 48}"\n'
        f'client_id = "dd0c"\nclient_secret = "hush"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
    before = streamlit_config.get_option("secrets.files")
    streamlit_config.set_option("secrets.files", [str(file)])
    secrets_singleton._reset()
    yield address
    streamlit_config.set_option("secrets.files", before)
    secrets_singleton._reset()
    server.should_exit = True
    thread.join()


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    """Follows redirects, keeps cookies, asks for pages."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept"] = "text/html"
        yield session


def _claims(**changes: Any) -> dict[str, Any]:
    return {"email": "Ada@example.com", "email_verified": True, "groups": ["sre"]} | changes


def test_who_is_vouched_for_gets_a_session_of_ours(
    app_url: str, provider: IdentityProvider, browser: requests.Session, database: Database
) -> None:
    provider.claims = _claims()
    form = browser.get(f"{app_url}/anomalies?anomaly=1")
    assert "Log in with single sign-on" in form.text
    page = browser.get(f"{app_url}/auth/oidc?next=/anomalies?anomaly=1")
    assert (page.url, page.text) == (f"{app_url}/anomalies?anomaly=1", "hello")
    session = login.session_of(browser.cookies[login.COOKIE])
    assert session is not None
    assert (session.email, session.tenant_id, session.role) == (
        "ada@example.com",
        "default",
        "operator",
    )
    assert set(browser.cookies.keys()) <= {login.COOKIE, "session"}
    provider.claims = _claims(groups=["sre", "cost-admins"])
    browser.get(f"{app_url}/auth/oidc")
    again = login.session_of(browser.cookies[login.COOKIE])
    assert again is not None
    assert again.role == "admin"


@pytest.mark.parametrize(
    "changes", [{"email_verified": False}, {"groups": ["strangers"]}, {"email": None}]
)
def test_who_is_not_verified_or_has_no_role_stays_out(
    app_url: str,
    provider: IdentityProvider,
    browser: requests.Session,
    database: Database,
    changes: dict[str, Any],
) -> None:
    provider.claims = _claims(**changes)
    page = browser.get(f"{app_url}/auth/oidc")
    assert page.status_code == 403
    assert login.COOKIE not in browser.cookies
    with database.admin() as conn:
        assert users.standing(conn, email="ada@example.com") is None
        assert conn.execute("SELECT action FROM audit_log").fetchone() == {
            "action": "login refused"
        }


def test_a_disabled_user_a_forged_token_and_a_foreign_callback_stay_out(
    app_url: str, provider: IdentityProvider, browser: requests.Session, database: Database
) -> None:
    provider.claims = _claims()
    with database.admin() as conn:
        users.put(
            conn, tenant_id="default", email="ada@example.com", password_hash="-", role="admin"
        )
        users.disable(conn, email="ada@example.com")
    assert browser.get(f"{app_url}/auth/oidc").status_code == 403
    provider.claims, provider.key = _claims(email="bo@example.com"), _OTHER_KEY
    assert browser.get(f"{app_url}/auth/oidc").url.startswith(f"{app_url}/auth/login")
    assert browser.get(f"{app_url}/auth/oidc/finish").url.startswith(f"{app_url}/auth/login")
    assert login.COOKIE not in browser.cookies
