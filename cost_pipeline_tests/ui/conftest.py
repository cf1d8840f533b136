"""Pages run against a database, logged in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cost_pipeline.access.keyring import Keyring
from cost_pipeline.access.tokens import Session, issue
from cost_pipeline.store import users
from cost_pipeline.store.database import Database

SECRET = "k" * 48
ADA = "ada@example.com"
PAGES = Path(__file__).resolve().parents[2] / "ui" / "views"


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """No page remembers what it read for another test."""
    st.cache_data.clear()


@pytest.fixture
def use_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Points the pages at a database, logged in with a role of a tenant."""
    from ui import login

    opened: list[Database] = []

    def use(url: str, role: str = "operator", tenant: str = "default") -> None:
        opened.append(Database(url))
        email = ADA if tenant == "default" else f"eve@{tenant}.example.com"
        with opened[-1].admin() as conn:
            users.put(conn, tenant_id=tenant, email=email, password_hash="-", role=role)  # type: ignore[arg-type]
            user = users.find(conn, email=email) or {}
        token = issue(
            Session(email, tenant, role, user["session_epoch"]),  # type: ignore[arg-type]
            Keyring.of(SECRET),
            lifetime=timedelta(hours=1),
            now=datetime.now(UTC),
        )
        monkeypatch.setattr(login, "database", lambda: opened[-1])
        monkeypatch.setattr(login, "keys", lambda: Keyring.of(SECRET))
        monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {login.COOKIE: token})

    yield use
    for database in opened:
        database.close()


def _page(name: str, **query: str) -> AppTest:
    page = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=120)
    for key, value in query.items():
        page.query_params[key] = value
    return page.run()


@pytest.fixture
def page() -> Any:
    """Runs a page by its name, with query parameters."""
    return _page


@pytest.fixture
def today() -> date:
    """The last day with data."""
    return datetime.now(UTC).date()
