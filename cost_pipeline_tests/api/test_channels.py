"""Channels over HTTP: set, shown without what is secret, tested, removed; within the tenant."""

from collections.abc import Callable
from typing import Any

import pytest

from cost_pipeline.store import requests
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.conftest import Client

Bearer = Callable[..., dict[str, str]]
HOOK: dict[str, Any] = {
    "kind": "webhook",
    "fields": {"url": "https://siem.example.com/costs/s3cr3t"},
}


def test_a_channel_is_set_changed_and_removed_and_its_secrets_are_shown_once(
    client: Client, bearer: Bearer
) -> None:
    header = bearer("read", "govern")
    made = client.put("/v1/channels/siem", json=HOOK, headers=header)
    assert made.status_code == 200, made.text
    signing = made.json()["made"]["secret"]
    rules: dict[str, Any] = {
        "wants": ["alerts", "daily"], "min_severity": "high", "accounts": ["1111*"],
        "types": ["ec2", "rds_*"], "quiet_from": "22:00", "quiet_until": "07:00",
        "critical_breaks_quiet": False, "hourly_limit": 5,
    }  # fmt: skip
    changed = client.put("/v1/channels/siem", json={"kind": "webhook", **rules}, headers=header)
    assert changed.json()["made"] == {}
    listed = client.get("/v1/channels", headers=header)
    (shown,) = listed.json()["items"]
    assert {name: shown[name] for name in rules} == rules
    assert shown["config"] == {"where": "https://siem.example.com"}
    audit = client.get("/v1/audit", headers=header)
    for answer in (changed, listed, audit):
        assert "s3cr3t" not in answer.text
        assert signing not in answer.text
    assert client.delete("/v1/channels/siem", headers=header).status_code == 204
    assert client.delete("/v1/channels/siem", headers=header).status_code == 404
    said = [line["action"] for line in client.get("/v1/audit", headers=header).json()["items"]]
    assert said[:3] == ["removed channel siem", "set channel siem", "set channel siem"]


@pytest.mark.parametrize(
    ("wanted", "mend"),
    [
        ({"kind": "slack"}, "slack needs url"),
        ({"kind": "slack", "fields": {"url": "https://x.test", "colour": "red"}}, "not colour"),
        (
            {"kind": "email", "fields": {"to": "a@x.test", "host": "m"}, "quiet_from": "22:00"},
            "end",
        ),
        ({"kind": "pigeon"}, "does not fit"),
    ],
)
def test_what_makes_no_channel_is_explained(
    client: Client, bearer: Bearer, wanted: dict[str, Any], mend: str
) -> None:
    answer = client.put("/v1/channels/ops", json=wanted, headers=bearer("govern"))
    assert answer.status_code == 422
    assert mend in answer.json()["detail"]


def test_a_test_is_asked_for_and_its_answer_is_shown(
    client: Client, bearer: Bearer, database: Database
) -> None:
    header = bearer("read", "govern")
    client.put("/v1/channels/siem", json=HOOK, headers=header)
    asked = client.post("/v1/channels/siem/test", headers=header)
    assert asked.status_code == 202
    assert asked.json()["answered_at"] is None
    with database.transaction("default") as conn:
        (waiting,) = requests.waiting(conn, tenant_id="default")
        requests.answer(
            conn,
            tenant_id="default",
            request_id=waiting["request_id"],
            ok=False,
            answer="it said 404",
        )
    (shown,) = client.get("/v1/channels", headers=header).json()["items"]
    assert (shown["tested"]["ok"], shown["tested"]["answer"]) == (False, "it said 404")
    assert client.post("/v1/channels/console/test", headers=header).status_code == 202
    assert client.post("/v1/channels/nobody/test", headers=header).status_code == 404


def test_looking_takes_read_and_changing_takes_govern(client: Client, bearer: Bearer) -> None:
    looks = bearer("read", "decide")
    assert client.get("/v1/channels", headers=looks).status_code == 200
    assert client.put("/v1/channels/siem", json=HOOK, headers=looks).status_code == 403
    assert client.delete("/v1/channels/siem", headers=looks).status_code == 403
    assert client.post("/v1/channels/siem/test", headers=looks).status_code == 403
