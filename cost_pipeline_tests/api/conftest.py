"""The API in this process, over a real database, and callers of two tenants."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from fastapi import FastAPI

from cost_pipeline.access import api_tokens
from cost_pipeline.access.passwords import hash_password
from cost_pipeline.access.scopes import SCOPES, Scope
from cost_pipeline.api.app import create_app
from cost_pipeline.settings import Settings
from cost_pipeline.store import users
from cost_pipeline.store.database import Database

PASSWORD = "correct horse battery"
_HASH = hash_password(PASSWORD)
SECRET = "a signing key of the tests that is long enough"


@pytest.fixture
def application(database: Database, tmp_path: Path) -> FastAPI:
    """The API."""
    settings = Settings(home=tmp_path, secret_key=SECRET)  # type: ignore[arg-type]
    return create_app(database, settings)


class Client(requests.Session):
    """Calls the API over HTTP, at paths."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.trust_env = False

    def request(self, method: str, url: str, *args: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """One call; redirects are shown, not followed."""
        options.setdefault("timeout", 60)
        options["allow_redirects"] = False
        return super().request(method, self.address + url, *args, **options)


@contextmanager
def served_at(application: FastAPI) -> Iterator[str]:
    """Serves an API by uvicorn; its address."""
    config = uvicorn.Config(application, port=0, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def served(application: FastAPI) -> Iterator[str]:
    """The address at which uvicorn serves it."""
    with served_at(application) as address:
        yield address


@pytest.fixture
def client(served: str) -> Iterator[Client]:
    """Calls it."""
    with Client(served) as client:
        yield client


@pytest.fixture
def bearer(database: Database) -> Callable[..., dict[str, str]]:
    """The header of a token with some scopes (all of them by default) for a tenant."""
    numbers = iter(range(1000))

    def header(*scopes: Scope, tenant: str = "default") -> dict[str, str]:
        with database.admin() as conn:
            conn.execute(
                "INSERT INTO tenants (tenant_id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [tenant, tenant],
            )
        token = api_tokens.create(
            database,
            tenant_id=tenant,
            name=f"test {next(numbers)}",
            scopes=scopes or SCOPES,
            by="test",
        )
        return {"Authorization": f"Bearer {token}"}

    return header


@pytest.fixture
def ada(database: Database) -> str:
    """Somebody with a password, an operator of the tenant `default`; her address."""
    email = "ada@example.com"
    with database.admin() as conn:
        users.put(conn, tenant_id="default", email=email, password_hash=_HASH, role="operator")
    return email


@pytest.fixture
def log_in(client: Client, ada: str) -> Callable[[], dict[str, Any]]:
    """Starts a session of hers; what the API answers."""

    def start() -> dict[str, Any]:
        answer = client.post("/v1/login", json={"email": ada, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return start
