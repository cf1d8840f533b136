"""The raw record on the page of an anomaly: asked for, awaited, shown, and kept from viewers."""

from typing import Any

import pytest

from cost_pipeline.store import requests
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.rows import fill
from cost_pipeline_tests.ui.driving import press

RECORD = '{\n  "eventID": "e-0",\n  "userAgent": "<script>"\n}'


@pytest.fixture
def anomaly(database: Database) -> str:
    """An anomaly of one call."""
    return str(fill(database, "default", 1)[0])


def _answer(database: Database, answer: str, *, ok: bool) -> None:
    with database.transaction("default") as conn:
        (row,) = requests.waiting(conn, tenant_id="default")
        number: int = row["request_id"]
        requests.answer(conn, tenant_id="default", request_id=number, ok=ok, answer=answer)


def _codes(shown: Any) -> list[str]:
    return [code.value for code in shown.code]


def test_it_is_fetched_on_request_and_stays(
    page: Any, use_database: Any, database: Database, anomaly: str
) -> None:
    use_database(database.url)
    shown = press(page("anomalies", anomaly=anomaly), "Show the raw record")
    assert any("fetches the record" in text.value for text in shown.info)
    _answer(database, "Failed reading s3://logs/a: the file is gone.", ok=False)
    shown.run()
    assert any("file is gone" in text.value for text in shown.error)
    press(shown, "Try again")
    _answer(database, RECORD, ok=True)
    assert RECORD in _codes(shown.run())
    again = page("anomalies", anomaly=anomaly)
    assert RECORD in _codes(again)
    assert "Show the raw record" not in [button.label for button in again.button]


def test_a_viewer_is_told_who_can_read_it(
    page: Any, use_database: Any, database: Database, anomaly: str
) -> None:
    use_database(database.url)
    press(page("anomalies", anomaly=anomaly), "Show the raw record")
    _answer(database, RECORD, ok=True)
    use_database(database.url, "viewer")
    shown = page("anomalies", anomaly=anomaly)
    assert RECORD not in _codes(shown)
    assert any("Operators can read" in text.value for text in shown.caption)
