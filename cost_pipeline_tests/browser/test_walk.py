"""The whole walk in a real browser: login, look, decide, export, log out.

Set SCREENSHOTS to a folder to keep the pictures that README and docs show.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cost_pipeline.access.passwords import hash_password
from cost_pipeline.store import users
from cost_pipeline.store.database import Database

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ROOT = Path(__file__).resolve().parents[2]
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt install chromium)"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def address(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as it is started for people, over weeks of a made-up organisation."""
    folder = tmp_path_factory.mktemp("browser")
    with Database(filled_url) as db, db.admin() as conn:
        users.put(
            conn,
            tenant_id="default",
            email=EMAIL,
            password_hash=hash_password(PASSWORD),
            role="admin",
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"DATABASE_URL": filled_url, "COST_PIPELINE_HOME": str(folder)}
    command = [sys.executable, "-m", "streamlit", "run", "ui/asgi.py"]
    options = ["--server.port", str(port), "--server.headless", "true"]
    with (folder / "app.log").open("w") as log:
        app = subprocess.Popen([*command, *options], env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/auth/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            app.terminate()
            app.wait(20)


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


@pytest.fixture
def page(address: str) -> Iterator["playwright.Page"]:
    """A browser window at the app's door."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        window = context.new_page()
        window.set_default_timeout(30_000)
        window.goto(address)
        yield window
        browser.close()


def _log_in(page: "playwright.Page", password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def _picture(page: "playwright.Page", name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.wait_for_timeout(2500)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_a_deep_link_survives_the_login(page: "playwright.Page", address: str) -> None:
    page.goto(f"{address}/anomalies?anomaly=00000000-0000-0000-0000-000000000000")
    _log_in(page)
    page.get_by_text("This anomaly is gone.").wait_for()
    page.get_by_role("link", name="Settings").wait_for()
    page.get_by_role("link", name="Log out").wait_for()


def test_the_whole_walk(page: "playwright.Page", address: str) -> None:
    assert "/auth/login" in page.url
    _log_in(page, "wrong password")
    assert "wrong" in page.get_by_role("alert").inner_text()

    _log_in(page)
    page.get_by_role("heading", name="Overview").wait_for()
    page.get_by_role("heading", name="Newest anomalies").wait_for()
    page.get_by_role("heading", name="Pipeline").wait_for()
    _picture(page, "overview")

    page.goto(f"{address}/anomalies")
    page.get_by_role("heading", name="Anomalies").wait_for()
    search = page.get_by_role("textbox", name="Search")
    search.fill("no such thing")
    search.press("Enter")
    page.get_by_text("No anomaly matches.").wait_for()
    search.fill("")
    search.press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert "severity" in Path(download.value.path()).read_text().splitlines()[0]
    _picture(page, "anomalies")

    page.goto(address)
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open", exact=True).first.click()
    detail = popup.value
    detail.get_by_role("heading", name="Why it is unusual").wait_for()
    _picture(detail, "anomaly")
    detail.get_by_role("button", name="Expected").click()
    detail.get_by_text("ada").first.wait_for()
    detail.get_by_role("button", name="Reopen").wait_for()

    page.goto(f"{address}/auth/logout")
    page.goto(f"{address}/anomalies")
    assert "/auth/login" in page.url


def test_a_phone_can_read_it(page: "playwright.Page") -> None:
    _log_in(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("heading", name="Overview").wait_for()
    wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wider
