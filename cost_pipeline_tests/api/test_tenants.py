"""Nobody crosses to another tenant, and no name is more than text: over every address there is."""

from collections.abc import Callable
from typing import Any

from cost_pipeline.store import requests
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.conftest import Client
from cost_pipeline_tests.api.rows import fill
from cost_pipeline_tests.fixtures.hostile import KEPT

Bearer = Callable[..., dict[str, str]]
MARKS = ("default-ada", "of default", "i-default", "eip-default", "siem", "raw of default")


def _paths(client: Client, method: str) -> list[str]:
    described = client.get("/openapi.json").json()["paths"]
    return [path for path, operations in described.items() if method in operations]


def test_no_address_shows_or_changes_anything_of_another_tenant(
    client: Client, bearer: Bearer, database: Database
) -> None:
    ids = fill(database, "default")
    ours, theirs = bearer(), bearer(tenant="other")
    hook: dict[str, Any] = {"kind": "webhook", "fields": {"url": "https://siem.example.com/x"}}
    assert client.put("/v1/channels/siem", json=hook, headers=ours).status_code == 200
    event = client.get("/v1/events", headers=ours).json()["items"][0]["id"]
    _record(client, database, ours, event)
    before = _everything(client, ours, ids, event)
    assert all(mark in before for mark in MARKS)
    seen = _everything(client, theirs, ids, event)
    assert [mark for mark in MARKS if mark in seen] == []
    for method, path, body in (
        ("POST", f"/v1/anomalies/{ids[0]}/feedback", {"decision": "expected"}),
        ("DELETE", "/v1/channels/siem", None),
        ("POST", "/v1/channels/siem/test", None),
        ("DELETE", "/v1/governance/flags/siem", None),
        ("POST", f"/v1/events/{event}/record", None),
    ):
        answer = client.request(method, path, json=body, headers=theirs)
        assert answer.status_code == 404, path
    other: dict[str, Any] = {"kind": "webhook", "fields": {"url": "https://evil.example/x"}}
    assert client.put("/v1/channels/siem", json=other, headers=theirs).status_code == 200
    assert "evil.example" not in client.get("/v1/channels", headers=ours).text


def _record(client: Client, database: Database, header: dict[str, str], event: str) -> None:
    """Asks for the record of an event, and answers as the pipeline would."""
    asked = client.post(f"/v1/events/{event}/record", headers=header)
    assert asked.status_code == 202
    with database.transaction("default") as conn:
        (row,) = requests.waiting(conn, tenant_id="default")
        number: int = row["request_id"]
        requests.answer(
            conn, tenant_id="default", request_id=number, ok=True, answer="raw of default"
        )


def _everything(client: Client, header: dict[str, str], ids: list[Any], event: str) -> str:
    """All that can be got, with the ids that a link would give away."""
    known = {"{anomaly_id}": str(ids[0]), "{event_id}": event}
    paths = _paths(client, "get")
    for name, value in known.items():
        paths = [path.replace(name, value) for path in paths]
    assert not [path for path in paths if "{" in path], "an address that nobody tries"
    return "\n".join(client.get(path, headers=header).text for path in paths)


def test_names_are_answered_as_they_are_and_do_nothing(
    client: Client, bearer: Bearer, database: Database
) -> None:
    for number, name in enumerate(KEPT.values()):
        fill(database, f"t{number}", 1, named=name)
        header = bearer("read", tenant=f"t{number}")
        for listed, field in (("anomalies", "title"), ("events", "actor"), ("zombies", "title")):
            answer = client.get(f"/v1/{listed}", headers=header)
            assert answer.headers["content-type"] == "application/json"
            assert [one[field] for one in answer.json()["items"]] == [name]
        found = client.get("/v1/events", params={"actor": name}, headers=header)
        assert len(found.json()["items"]) == 1
        nobody = client.get("/v1/anomalies", params={"q": f"{name}!"}, headers=header)
        assert nobody.json()["items"] == []
