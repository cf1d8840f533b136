"""The digest as mail programs show it: on a phone and on a desk, nothing sticks out."""

from pathlib import Path
from typing import Any

import pytest

from cost_pipeline.notify.digest import write_digest
from cost_pipeline.store import anomalies
from cost_pipeline.store.database import Database
from cost_pipeline_tests.browser.driving import picture

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_a_digest_fits_a_phone_and_a_desk(chromium: Any, running: Any, tmp_path: Path) -> None:
    with Database(running.database_url) as db:
        with db.transaction("default") as conn:
            newest = anomalies.listing(conn, tenant_id="default", sort="newest", limit=1)[0]
        folder = write_digest(
            db,
            tenant_id="default",
            day=newest["day"],
            folder=tmp_path,
            dashboard_url="https://cost.example.com",
        ).folder
    page = chromium.new_page()
    for width, name in ((320, "digest-phone"), (600, "digest")):
        page.set_viewport_size({"width": width, "height": 1100})
        page.goto((folder / "digest.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.images].every(one => one.naturalWidth > 0)")
        assert ", 1 call\n" in page.locator("body").inner_text()
        picture(page, name)
    page.close()
