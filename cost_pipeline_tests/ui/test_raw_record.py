"""The raw record on the page of an anomaly: asked for, awaited, shown, and kept from viewers."""

from typing import Any
from uuid import uuid4

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


def test_it_is_looked_up_once_whether_it_waits_or_not(
    page: Any,
    use_database: Any,
    database: Database,
    anomaly: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_database(database.url)
    looked_up: list[str] = []
    latest = requests.latest

    def counted(*given: Any, **scope: Any) -> Any:
        looked_up.append(scope["kind"])
        return latest(*given, **scope)

    monkeypatch.setattr(requests, "latest", counted)
    shown = page("anomalies", anomaly=anomaly)
    assert looked_up == ["record"]
    press(shown, "Show the raw record")
    looked_up.clear()
    shown.run()
    assert looked_up == ["record"], "while it waits"
    _answer(database, RECORD, ok=True)
    looked_up.clear()
    assert RECORD in _codes(shown.run())
    assert looked_up == ["record"]


def test_a_warning_about_refused_calls_shows_them_and_their_records(
    page: Any, use_database: Any, database: Database, anomaly: str
) -> None:
    with database.admin() as conn:
        conn.execute("DELETE FROM cost_events")
        conn.execute(
            'UPDATE anomalies SET reasons = \'[{"signal": "refused_calls",'
            ' "sentence": "Refused.", "value": 2, "usual": 0, "unit": "calls"}]\''
        )
        for number in range(2):
            conn.execute(
                "INSERT INTO refused_calls (id, tenant_id, event_id, event_time, partition_day,"
                " account_id, region, event_source, event_name, actor, actor_kind, error_code)"
                " SELECT %s, tenant_id, %s, trigger_event_time, day, account_id, region,"
                " 'ec2.amazonaws.com', 'RunInstances', actor, 'user', 'UnauthorizedOperation'"
                " FROM anomalies",
                [uuid4(), f"r-{number}"],
            )
    use_database(database.url)
    shown = page("anomalies", anomaly=anomaly)
    assert any(
        "made 2 calls" in text.value
        and "AWS refused" in text.value
        and "Nothing was started" in text.value
        for text in shown.markdown
    )
    assert "Refused (2)" in [tab.label for tab in shown.tabs]
    press(shown, "Show the raw record")
    _answer(database, RECORD, ok=True)
    assert RECORD in _codes(shown.run())


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
