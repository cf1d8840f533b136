"""Links in messages that decide without a login: only on POST, once, for one tenant and anomaly."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from starlette.applications import Starlette
from starlette.middleware import Middleware

from cost_pipeline.access.alert_links import AlertLinks, Link, sign
from cost_pipeline.access.keyring import Keyring
from cost_pipeline.settings import Settings
from cost_pipeline.store import feedback, governance
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.conftest import served_at
from cost_pipeline_tests.notify.conftest import TENANT
from ui import login
from ui.asgi import ROUTES

OLD, NEW = Keyring.of("o" * 40), Keyring.of("n" * 40, "o" * 40)
Put = Callable[..., UUID]


@pytest.fixture
def app_url(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(login, "database", lambda: database)
    monkeypatch.setattr(login, "settings", lambda: Settings(home=tmp_path))
    monkeypatch.setattr(login, "keys", lambda: NEW)
    app = Starlette(routes=ROUTES, middleware=[Middleware(login.RequireLogin)])
    with served_at(app) as address:
        yield address


def _links(app_url: str, anomaly_id: UUID, ring: Keyring = OLD, days_ago: float = 0) -> Any:
    return AlertLinks(ring, app_url, TENANT)(
        anomaly_id,
        channel="ops",
        sent_to="ada@example.com",
        issued_at=datetime.now(UTC) - timedelta(days=days_ago),
    )


def _said(database: Database, anomaly_id: UUID) -> list[tuple[str, str]]:
    with database.transaction(TENANT) as conn:
        rows = feedback.history(conn, tenant_id=TENANT, anomaly_id=anomaly_id)
    return [(row["decision"], row["decided_by"]) for row in rows]


def test_looking_changes_nothing_and_answering_decides_once(
    app_url: str, database: Database, anomaly: Put
) -> None:
    one = anomaly(title="<script>alert(1)</script> started 3 × p4d")
    links = _links(app_url, one)
    assert list(links) == ["Mine", "Expected", "Not mine"]
    for _ in range(3):  # a scanner, a preview, a person
        shown = requests.get(links["Mine"], headers={"Accept": "text/html"}, timeout=10)
        assert "Say that this is yours" in shown.text
        assert "<script>" not in shown.text
        assert shown.headers["Referrer-Policy"] == "no-referrer"
    requests.head(links["Mine"], timeout=10)
    assert _said(database, one) == []
    assert "Noted" in requests.post(links["Mine"], timeout=10).text
    by = "link sent to ada@example.com by ops"
    assert _said(database, one) == [("mine", by)]
    assert "was used on" in requests.post(links["Mine"], timeout=10).text
    assert "was used on" in requests.get(links["Mine"], timeout=10).text
    requests.post(links["Not mine"], timeout=10)
    requests.post(links["Mine"], timeout=10)
    assert _said(database, one) == [("reopened", by), ("mine", by)]
    with database.transaction(TENANT) as conn:
        lines = governance.recent(conn, tenant_id=TENANT)
    assert {line["who"] for line in lines} == {by}
    assert "answered 'not-mine' by a link" in {line["action"] for line in lines}


def test_a_link_follows_an_anomaly_to_its_new_id(
    app_url: str, database: Database, anomaly: Put
) -> None:
    one, told = anomaly(), UUID(int=1)
    with database.transaction(TENANT) as conn:
        conn.execute(
            "INSERT INTO anomaly_aliases (alias_id, tenant_id, anomaly_id) VALUES (%s, %s, %s)",
            [told, TENANT, one],
        )
    link = _links(app_url, told)["Mine"]
    assert "Say that this is yours" in requests.get(link, timeout=10).text
    assert "Noted" in requests.post(link, timeout=10).text
    assert [decision for decision, _ in _said(database, one)] == ["mine"]


def test_expected_is_for_thirty_days_and_not_mine_leaves_it_open(
    app_url: str, database: Database, anomaly: Put
) -> None:
    one, other = anomaly(), anomaly()
    requests.post(_links(app_url, one)["Expected"], timeout=10)
    requests.post(_links(app_url, other)["Not mine"], timeout=10)
    with database.transaction(TENANT) as conn:
        said = feedback.history(conn, tenant_id=TENANT, anomaly_id=one)[0]
    assert said["until"] - datetime.now(UTC) > timedelta(days=29)
    assert [decision for decision, _ in _said(database, other)] == ["comment"]


def test_what_is_old_forged_or_of_another_tenant_decides_nothing(
    app_url: str, database: Database, anomaly: Put
) -> None:
    one = anomaly()
    fine = _links(app_url, one)["Mine"]
    now = datetime.now(UTC)
    elsewhere = sign(OLD, Link("other", one, "mine", "ops", "ops"), issued_at=now)
    for address, status in (
        (_links(app_url, one, days_ago=8)["Mine"], 410),
        (fine[:-6] + "AAAAAA", 400),
        (f"{app_url}/decide/{'x' * 3000}", 400),
        (_links(app_url, one, Keyring.of("z" * 40))["Mine"], 400),
        (f"{app_url}/decide/{elsewhere}", 404),
        (_links(app_url, uuid4())["Mine"], 404),
    ):
        assert requests.post(address, timeout=10).status_code == status, address
    assert _said(database, one) == []
