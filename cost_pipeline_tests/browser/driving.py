"""What every walk through the app does: log in, go to a page, save a list, keep a picture."""

import os
import shutil
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"


def log_in(page: Any, password: str = PASSWORD, email: str = EMAIL) -> None:
    """Fills the form that a page without a session leads to."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def open_page(page: Any, name: str) -> None:
    """Goes to a page as people do, by the list at the side."""
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()


def saved(page: Any) -> str:
    """What the page's first list is saved as."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").first.click()
    return Path(download.value.path()).read_text()


def picture(page: Any, name: str) -> None:
    """Keeps a picture for README and docs, where SCREENSHOTS names a folder for them."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.mouse.move(340, 450)
        page.mouse.wheel(0, -9000)
        page.mouse.move(0, 0)
        page.wait_for_timeout(3500)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
