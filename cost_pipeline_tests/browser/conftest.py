"""The app as it is started for people, over weeks of a made-up organisation, in Chromium.

Set SCREENSHOTS to a folder to keep the pictures that README and docs show.
"""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cost_pipeline.access.passwords import hash_password
from cost_pipeline.local import demo_sweep
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.store import users
from cost_pipeline.store.database import Database
from cost_pipeline_tests.browser.driving import CHROMIUM, PASSWORD
from cost_pipeline_tests.fixtures.databases import copied
from cost_pipeline_tests.fixtures.organisation import DAYS
from cost_pipeline_tests.fixtures.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = {"ada@example.com": "admin", "vic@example.com": "viewer"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]


class Running(NamedTuple):
    """Where the app answers, and its database."""

    address: str
    database_url: str


@pytest.fixture(scope="session")
def running(
    postgres_url: str, _organisation: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The app's own process, over what weeks of calls and some sweeps found."""
    folder = tmp_path_factory.mktemp("browser")
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "ui/asgi.py"]
    options = ["--server.port", str(port), "--server.headless", "true"]
    with copied(postgres_url, _organisation) as url, (folder / "app.log").open("w") as log:
        env = os.environ | {"DATABASE_URL": url, "COST_PIPELINE_HOME": str(folder)}
        app = subprocess.Popen([*command, *options], env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            _furnish(url)
            _wait(f"http://127.0.0.1:{port}/auth/health")
            yield Running(f"http://127.0.0.1:{port}", url)
        finally:
            app.terminate()
            app.wait(30)


def _furnish(url: str) -> None:
    """Sweeps for what is idle, and lets two people in."""
    first = datetime.now(UTC).date() - timedelta(days=DAYS - 1)
    with Database(url) as db:
        demo_sweep.sweep(db, Organisation(5, first_day=first, reads=3), datetime.now(UTC))
        hashed = hash_password(PASSWORD)
        with db.admin() as conn:
            for email, role in PEOPLE.items():
                person: dict[str, Any] = {"email": email, "role": role}
                users.put(conn, tenant_id="default", password_hash=hashed, **person)


def _wait(url: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


@pytest.fixture
def address(running: Running) -> str:
    """Where the app answers."""
    return running.address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests; each gets a window of its own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(address: str, chromium: Any) -> Iterator[Any]:
    """A browser window at the app's door."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    window = context.new_page()
    window.set_default_timeout(60_000)
    window.goto(address)
    yield window
    context.close()
