"""Names that would be commands, in a real browser: they are read, and nothing comes of them."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from cost_pipeline.access.passwords import hash_password
from cost_pipeline.core.raw_records import as_text
from cost_pipeline.store import requests, users
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.rows import fill
from cost_pipeline_tests.browser.driving import PASSWORD, log_in
from cost_pipeline_tests.fixtures.hostile import KEPT, NAMES

Running = Any
EVE = "eve@example.com"
NAME = " ".join(text for name, text in KEPT.items() if name not in ("ansi", "direction", "lines"))
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

_MADE_OF_IT = """
() => [...document.querySelectorAll('[data-testid="stMain"] :is(img, script, a, b, .katex, code)')]
  .filter(e => !(e.getAttribute('href') || '').startsWith('#'))
  .filter(e => !e.dataset.testid?.startsWith('stPageLink'))
  .filter(e => /evil|onerror|^b$|^c$|^x$/.test((e.href || '') + (e.src || '') + e.textContent))
  .map(e => e.outerHTML.slice(0, 200))
"""


def test_a_name_is_text_on_every_page(page: Any, address: str, running: Running) -> None:
    with Database(running.database_url) as db:
        (anomaly,) = fill(db, "elsewhere", 1, named=NAME)
        with db.admin() as conn:
            users.put(
                conn,
                tenant_id="elsewhere",
                email=EVE,
                password_hash=hash_password(PASSWORD),
                role="operator",
            )
    done = _watched(page, address)
    log_in(page, email=EVE)
    page.get_by_role("heading", name="Pipeline").wait_for()
    for link in (
        f"anomalies?anomaly={anomaly}",
        f"actors?actor={quote(NAME)}",
        f"resources?resource={quote(NAME)}-0",
    ):
        page.goto(f"{address}/{link}")
        title = page.get_by_role("heading", level=1)
        title.filter(has_text="DROP TABLE cost_events").wait_for()
        shown = title.inner_text().replace("\N{WORD JOINER}", "")
        assert NAME in shown, link
        page.get_by_role("button", name="Download CSV").first.wait_for()
        assert page.evaluate(_MADE_OF_IT) == [], link
    with Database(running.database_url) as db:
        _read_a_record(db)
    page.goto(f"{address}/anomalies?anomaly={anomaly}")
    page.get_by_role("tab", name="Raw record").click()
    page.get_by_text('"userAgent"').wait_for()
    record = page.get_by_test_id("stCode").filter(has_text="userAgent")
    assert "onerror=alert(1)" in record.inner_text()
    assert "\\u202e" in record.inner_text()
    assert record.locator("img, script, a, iframe").count() == 0
    assert done == []


def _read_a_record(db: Database) -> None:
    """The pipeline has answered what somebody asked for, and every name is in it."""
    tenant: dict[str, Any] = {"tenant_id": "elsewhere"}
    text = as_text(json.dumps({"userAgent": list(NAMES.values())}).encode())
    with db.transaction("elsewhere") as conn:
        row = conn.execute("SELECT id FROM cost_events").fetchone() or {}
        requests.ask(conn, kind="record", subject=str(row["id"]), by=EVE, **tenant)
        (asked,) = requests.waiting(conn, **tenant)
        number: int = asked["request_id"]
        requests.answer(conn, request_id=number, ok=True, answer=text, most=10**6, **tenant)


def _watched(page: Any, address: str) -> list[str]:
    """What the page does that no name may make it do: asks, or calls elsewhere."""
    done: list[str] = []
    ours = (address, address.replace("http", "ws"), "data:", "blob:")

    def asks(dialog: Any) -> None:
        done.append(dialog.message)
        dialog.dismiss()

    def calls(request: Any) -> None:
        if not request.url.startswith(ours):
            done.append(request.url)

    page.on("dialog", asks)
    page.on("request", calls)
    return done
