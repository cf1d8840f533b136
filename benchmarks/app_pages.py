"""How long each page of the app takes in a browser at a million cost events; `--events N`.

Starts the app over made-up rows on an embedded server, opens every page from the list at the side
in Chromium, and prints the time from the click until the page is drawn and its script has ended:
the first visit, and the median of the ones after it. Ends with 1 if a first visit takes over 1 s.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app_queries import TENANT, load

from cost_pipeline.access.passwords import hash_password
from cost_pipeline.local import services
from cost_pipeline.local.home import owning
from cost_pipeline.local.ports import Ports
from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.local.processes import Processes
from cost_pipeline.store import users
from cost_pipeline.store.database import Database

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
PAGES = (
    *("Overview", "Anomalies", "Zombies", "Explore", "Actors", "Resources", "Baselines"),
    *("Digests", "Accounts", "Health", "Settings"),
)
VISITS = 5
MOST_SECONDS = 1.0
_DRAWN = """
name => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
  && [...document.querySelectorAll('h1')].some(e => e.innerText.trim() === name)
  && !document.querySelector('[data-stale="true"]')
"""


@contextmanager
def served(folder: Path, events: int) -> Iterator[str]:
    """The app over so many made-up cost events; its address."""
    with (
        EmbeddedPostgres(folder / "postgres", {"fsync": "off"}).running() as url,
        owning(folder) as token,
        Ports.claimed(8501, 3000) as ports,
    ):
        furnish(url, events)
        environment = services.environment(folder, url, ports)
        with Processes(folder, token, environment, services.ROOT) as processes:
            processes.start(services.app(ports))
            yield ports.app_url


def furnish(url: str, events: int) -> None:
    """Loads the events, and lets somebody in."""
    with Database(url) as db:
        db.migrate()
        load(url, events, datetime.now(UTC).date())
        with db.admin() as conn:
            hashed = hash_password(PASSWORD)
            users.put(conn, tenant_id=TENANT, email=EMAIL, role="admin", password_hash=hashed)


def visited(page: Any, name: str) -> float:
    """Seconds from the click on a page's name until it is drawn."""
    began = time.perf_counter()
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_function(_DRAWN, arg=name, polling=10)
    return time.perf_counter() - began


def measured(address: str) -> dict[str, list[float]]:
    """Seconds of every visit to each page; the rounds go through all pages."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.get_by_label("E-mail").fill(EMAIL)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_function(_DRAWN, arg=PAGES[0], polling=10)
        for _ in range(VISITS):
            for name in (*PAGES[1:], PAGES[0]):
                found[name].append(visited(page, name))
        browser.close()
    return found


def main() -> None:
    """Prints a row for each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="cost events of 35 days")
    events = parser.parse_args().events
    folder = Path(tempfile.mkdtemp(prefix="app-pages-"))
    folder.chmod(0o755)
    try:
        with served(folder, events) as address:
            found = measured(address)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{events:,} cost events\n\n| page | first visit | later |\n|---|--:|--:|")
    for name, seconds in found.items():
        print(f"| {name} | {seconds[0]:.2f} s | {statistics.median(seconds[1:]):.2f} s |")
    if max(seconds[0] for seconds in found.values()) > MOST_SECONDS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
