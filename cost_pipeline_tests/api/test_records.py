"""The record behind an event: asked for, fetched by the pipeline, answered as it stands."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cost_pipeline.orchestration import answering
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.conftest import Client
from cost_pipeline_tests.api.rows import fill

Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def path(client: Client, bearer: Bearer, database: Database) -> str:
    """Where the record of an event is asked for."""
    fill(database, "default", 1)
    (event,) = client.get("/v1/events", headers=bearer("read")).json()["items"]
    return f"/v1/events/{event['id']}/record"


def test_it_is_asked_for_once_and_answered(
    client: Client, bearer: Bearer, database: Database, path: str, tmp_path: Path
) -> None:
    decider = bearer("decide")
    assert client.get(path, headers=decider).status_code == 404
    first = client.post(path, headers=decider)
    assert first.status_code == 202
    assert client.post(path, headers=decider).json() == first.json()
    assert client.get(path, headers=decider).json()["answered_at"] is None
    answering.answer_waiting(database, "default")
    lost = client.get(path, headers=decider).json()
    assert "is not known any more" in lost["error"]
    _give_it_a_file(database, tmp_path)
    client.post(path, headers=decider)
    answering.answer_waiting(database, "default")
    found = client.get(path, headers=decider).json()
    assert (json.loads(found["record"]), found["error"]) == ({"eventID": "e-0"}, None)
    assert client.post(path, headers=decider).json() == found, "it is not fetched again"


def _give_it_a_file(database: Database, folder: Path) -> None:
    (folder / "a.json").write_text('{"Records": [{"eventID": "e-0"}]}')
    with database.admin() as conn:
        conn.execute(
            "WITH trail AS (INSERT INTO trails (tenant_id, url) VALUES ('default', %s)"
            " RETURNING trail_id), object AS (INSERT INTO trail_objects"
            " (trail_id, tenant_id, key, account_id, region, day, size) SELECT trail_id, 'default',"
            " 'a.json', '111122223333', 'eu-west-1', %s, 40 FROM trail RETURNING object_id)"
            " UPDATE cost_events SET object_id = (SELECT object_id FROM object)",
            [str(folder), datetime(2026, 3, 10, tzinfo=UTC).date()],
        )


def test_who_may_only_look_does_not_read_it(client: Client, bearer: Bearer, path: str) -> None:
    for method in ("GET", "POST"):
        assert client.request(method, path, headers=bearer("read")).status_code == 403
