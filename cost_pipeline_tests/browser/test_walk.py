"""The whole walk in a real browser: login, look, decide, score again, export, panic, log out."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cost_pipeline.core.detection_model import DetectionSettings
from cost_pipeline.orchestration import answering
from cost_pipeline.orchestration.folding import score
from cost_pipeline.store.database import Database
from cost_pipeline_tests.browser.contrast import faint
from cost_pipeline_tests.browser.driving import PASSWORD, log_in, open_page, picture, saved

Running = Any
NOBODY = "00000000-0000-0000-0000-000000000000"

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_the_whole_walk(page: Any, address: str, running: Running) -> None:
    page.goto(f"{address}/anomalies?anomaly={NOBODY}")
    assert "/auth/login" in page.url
    log_in(page, "wrong password")
    assert "wrong" in page.get_by_role("alert").inner_text()
    log_in(page)
    page.get_by_text("This anomaly is gone.").wait_for()

    open_page(page, "Overview")
    page.get_by_role("heading", name="Pipeline").wait_for()
    page.get_by_text("List prices of").wait_for()
    picture(page, "overview")

    open_page(page, "Anomalies")
    search = page.get_by_role("textbox", name="Search")
    search.fill("no such thing")
    search.press("Enter")
    page.get_by_text("No anomaly matches.").wait_for()
    search.fill("")
    search.press("Enter")
    assert "severity" in saved(page).splitlines()[0]
    picture(page, "anomalies")

    anomaly = _unexpected(running)
    page.goto(f"{address}/anomalies?anomaly={anomaly['id']}")
    page.get_by_role("heading", name="Why it is unusual").wait_for()
    picture(page, "anomaly")
    page.get_by_label("Comment").first.fill("The load test of March.")
    page.get_by_label("Comment").first.press("Enter")
    page.get_by_role("button", name="Expected").click()
    page.get_by_role("button", name="Reopen").wait_for()
    page.get_by_text("The load test of March").wait_for()
    page.get_by_role("tab", name="Raw record").click()
    page.get_by_role("button", name="Show the raw record").click()
    page.get_by_text("The pipeline fetches the record").wait_for()
    with Database(running.database_url) as db:
        assert answering.answer_waiting(db, "default") == 1
    page.get_by_text('"eventVersion"').wait_for()  # nobody reloads the page
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the record").click()
    assert "userIdentity" in json.loads(Path(download.value.path()).read_text())
    _stays_quiet(running, anomaly)

    page.goto(f"{address}/zombies?zombie={_a_zombie(running)}")
    page.get_by_role("button", name="Ignore 1 until then").click()
    page.get_by_role("button", name="Count again").wait_for()
    page.get_by_role("link", name="All zombies").click()
    page.get_by_text("Show what is ignored").wait_for()
    picture(page, "zombies")

    open_page(page, "Explore")
    page.get_by_text("Choose a row above").wait_for()
    assert "added" in saved(page).splitlines()[0]
    picture(page, "explore")

    open_page(page, "Settings")
    least = page.get_by_role(
        "spinbutton", name="Tell nothing that projects to less than (USD/month)"
    )
    least.fill("1000000")
    least.press("Enter")
    page.get_by_text("Changed, not kept yet").wait_for()
    page.get_by_role("button", name="Preview the last 30 days").click()
    page.get_by_text("Not raised any more").wait_for()
    picture(page, "settings")

    page.get_by_role("radio", name="Governance").click()
    page.get_by_role("button", name="Stop all outbound calls").click()
    page.get_by_text("Panic is on: all outbound calls").wait_for()
    page.get_by_role("button", name="Let calls go out again").click()
    page.get_by_role("button", name="Stop all outbound calls").wait_for()

    page.get_by_role("link", name="Log out").click()
    page.goto(f"{address}/anomalies")
    assert "/auth/login" in page.url


def test_a_viewer_on_a_phone_reads_and_decides_nothing(
    page: Any, address: str, running: Running
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, email="vic@example.com")
    page.get_by_role("heading", name="Pipeline").wait_for()
    picture(page, "phone")
    assert not page.evaluate(_WIDER)
    page.goto(f"{address}/anomalies?anomaly={_unexpected(running)['id']}")
    page.get_by_role("heading", name="Why it is").wait_for()
    assert not page.evaluate(_WIDER)
    assert page.get_by_role("button", name="Expected").count() == 0


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_an_anomaly_can_be_read_in_the_dark_and_in_the_light(
    page: Any, address: str, running: Running, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    log_in(page)
    page.get_by_role("heading", name="Pipeline").wait_for()
    page.goto(f"{address}/anomalies")
    page.get_by_role("radio", name="newest", checked=True).wait_for()
    page.get_by_role("button", name="Download CSV").wait_for()
    assert faint(page) == []
    page.goto(f"{address}/anomalies?anomaly={_unexpected(running)['id']}")
    page.get_by_role("tab", name="Events", selected=True).wait_for()
    page.get_by_role("button", name="Download CSV").first.wait_for()
    assert faint(page) == []


_WIDER = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.mark.soak
def test_every_page_opens_in_the_dark_and_names_its_controls(page: Any, address: str) -> None:
    page.emulate_media(color_scheme="dark")
    log_in(page)
    page.get_by_role("heading", name="Pipeline").wait_for()
    picture(page, "dark")
    for name in (
        *("anomalies", "zombies", "explore", "actors", "resources", "baselines", "digests"),
        *("accounts", "health", "settings"),
    ):
        page.goto(f"{address}/{name}")
        page.get_by_role("heading", name=name.capitalize(), exact=True).wait_for()
        page.wait_for_timeout(700)
        assert page.get_by_text("Traceback").count() == 0, name
        nameless = page.evaluate(_NAMELESS)
        assert nameless == [], f"{name}: {nameless}"
        assert faint(page) == [], name


@pytest.mark.soak
def test_the_keyboard_alone_logs_in_and_decides(page: Any, address: str, running: Running) -> None:
    page.get_by_label("E-mail").focus()
    page.keyboard.type("ada@example.com")
    _tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Pipeline").wait_for()
    _tab_to(page, "Anomalies")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Search").wait_for()
    page.goto(f"{address}/anomalies?anomaly={_unexpected(running)['id']}")
    page.get_by_role("heading", name="Why it is unusual").wait_for()
    page.get_by_role("button", name="Acknowledge").wait_for()
    page.wait_for_timeout(700)  # what is drawn anew under the focus sends it back to the start
    _tab_to(page, "Acknowledge")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Reopen").wait_for()


def _tab_to(page: Any, name: str) -> None:
    """Presses Tab until what has the focus is called so; fifty times reach any control."""
    for _ in range(50):
        page.keyboard.press("Tab")
        if name in page.evaluate(_FOCUSED):
            return
    raise AssertionError(f"Tab never came to {name}")


_FOCUSED = """
() => {
  const e = document.activeElement
  if (!e.matches('a, button, input, textarea')) return ''
  const labels = [...(e.labels || [])].map(one => one.innerText)
  return [e.innerText, e.getAttribute('aria-label'), e.title, ...labels].join(' ')
}
"""


@pytest.mark.soak
def test_nothing_jumps_while_the_overview_refreshes(page: Any) -> None:
    log_in(page)
    page.get_by_role("heading", name="Pipeline").wait_for()
    page.wait_for_timeout(4_000)
    page.evaluate(_WATCH_SHIFTS)
    page.wait_for_timeout(17_000)  # it refreshes every 15 s
    assert page.evaluate("window.shifted") < 0.001


_WATCH_SHIFTS = """
() => {
  window.shifted = 0
  new PerformanceObserver(list => list.getEntries().forEach(e => { window.shifted += e.value }))
    .observe({ type: 'layout-shift' })
}
"""
_NAMELESS = """
() => [...document.querySelectorAll('button, input, textarea, select, a[href]')]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.matches('input[tabindex="-1"]')
    && !e.closest('[data-testid="stToolbar"]'))
  .filter(e => !(e.innerText || '').trim() && !e.getAttribute('aria-label') && !e.title
    && !e.getAttribute('aria-labelledby') && !(e.labels && e.labels.length)
    && !e.getAttribute('placeholder') && !e.closest('label'))
  .map(e => e.outerHTML.slice(0, 160))
"""


def _unexpected(running: Running) -> dict[str, Any]:
    """The newest anomaly whose resources bill by the hour."""
    with Database(running.database_url) as db, db.transaction("default") as conn:
        row = conn.execute(
            "SELECT a.id, a.day, a.title, a.trigger_event_time FROM anomalies a"
            " WHERE a.hourly_cost > 0"
            " ORDER BY a.trigger_event_time DESC, a.id LIMIT 1"
        ).fetchone()
    assert row is not None
    return row


def _a_zombie(running: Running) -> str:
    with Database(running.database_url) as db, db.transaction("default") as conn:
        row = conn.execute(
            "SELECT resource_id FROM zombies"
            " ORDER BY day DESC, monthly_cost DESC NULLS LAST LIMIT 1"
        ).fetchone()
    assert row is not None
    return str(row["resource_id"])


def _stays_quiet(running: Running, anomaly: dict[str, Any]) -> None:
    """Had it been decided before the call, the same day would not raise it again."""
    called = anomaly["trigger_event_time"]  # of today, maybe later than now
    with Database(running.database_url) as db:
        after_the_call = _scored(db, anomaly, decided_at=called + timedelta(hours=1))
        before_it = _scored(db, anomaly, decided_at=called - timedelta(days=60))
    assert anomaly["id"] in after_the_call
    assert anomaly["id"] not in before_it


def _scored(db: Database, anomaly: dict[str, Any], *, decided_at: datetime) -> set[UUID]:
    """What the day raises, where the anomaly was decided then."""
    with db.admin() as conn:
        conn.execute(
            "UPDATE feedback SET decided_at = %s WHERE anomaly_id = %s",
            [decided_at, anomaly["id"]],
        )
    day = score(db, "default", anomaly["day"], DetectionSettings(), backfilled=True)
    return {one.id for one in day.anomalies}
