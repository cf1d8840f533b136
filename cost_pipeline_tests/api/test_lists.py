"""Lists in pages, one thing in full, decisions; and never a row of another tenant."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import get_args
from uuid import UUID

import pytest

from cost_pipeline.store.database import Database
from cost_pipeline.store.feedback import Kind
from cost_pipeline_tests.api.conftest import Client
from cost_pipeline_tests.api.rows import NOW, fill

Bearer = Callable[..., dict[str, str]]
LISTS = ["anomalies", "events", "resources", "zombies", "baselines", "accounts"]


@pytest.fixture
def anomalies(database: Database) -> list[UUID]:
    """Three rows of everything for `default`, and three for `other`."""
    fill(database, "other")
    return fill(database, "default")


@pytest.mark.usefixtures("anomalies")
def test_pages_hold_every_row_once_and_no_other_tenants(client: Client, bearer: Bearer) -> None:
    for tenant in ("default", "other"):
        header = bearer("read", tenant=tenant)
        for name in LISTS:
            seen, cursor = [], ""
            while cursor is not None:
                query = f"?limit=2{f'&cursor={cursor}' if cursor else ''}"
                page = client.get(f"/v1/{name}{query}", headers=header)
                assert page.status_code == 200, page.text
                assert ({"default": "other", "other": "default"}[tenant]) not in page.text
                seen += page.json()["items"]
                cursor = page.json()["next"]
            assert len(seen) == len({str(one) for one in seen}) == 3, name


def test_anomalies_are_filtered(client: Client, bearer: Bearer, anomalies: list[UUID]) -> None:
    header = bearer("read")

    def found(query: str) -> list[str]:
        page = client.get(f"/v1/anomalies?{query}", headers=header)
        return [one["id"] for one in page.json()["items"]]

    everything = [str(one) for one in anomalies]
    assert found("severity=high&state=open&q=default&actor=default-ada") == everything
    assert found("severity=low&severity=critical") == []
    assert found(f"since={NOW.date()}&limit=1") == everything[:1]
    assert found("until=2026-03-01") == []


def test_a_decision_shows_at_once_and_stays_in_the_log(
    client: Client, bearer: Bearer, anomalies: list[UUID]
) -> None:
    address = f"/v1/anomalies/{anomalies[0]}"
    until = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    said = {"decision": "expected", "until": until, "comment": "load test"}
    assert client.post(f"{address}/feedback", json=said, headers=bearer("read")).status_code == 403
    answer = client.post(f"{address}/feedback", json=said, headers=bearer("decide"))
    assert answer.status_code == 201
    shown = client.get(address, headers=bearer("read")).json()
    assert shown["state"] == "expected"
    assert shown["feedback"][0]["comment"] == "load test"
    assert [one["event_name"] for one in shown["events"]] == ["RunInstances"]
    log = client.get("/v1/audit", headers=bearer("govern")).json()["items"]
    assert "anomaly expected" in [line["action"] for line in log]


@pytest.mark.parametrize("decision", get_args(Kind))
def test_whatever_was_decided_can_be_listed(
    client: Client, bearer: Bearer, anomalies: list[UUID], decision: str
) -> None:
    address, header = f"/v1/anomalies/{anomalies[0]}/feedback", bearer()
    answer = client.post(address, json={"decision": decision}, headers=header)
    assert answer.status_code == 201, answer.text
    state = answer.json()["state"]
    listed = client.get(f"/v1/anomalies?state={state}", headers=header)
    assert str(anomalies[0]) in [one["id"] for one in listed.json()["items"]]


def test_what_calls_allow_at_most_stands_beside_their_cost(
    client: Client, bearer: Bearer, database: Database, anomalies: list[UUID]
) -> None:
    allowed = {"worst_case_quantity": "100", "worst_case_hourly_cost": "9.6"}
    with database.transaction("default") as conn:
        conn.execute(
            "UPDATE cost_events SET data = %s WHERE event_id = 'e-0'", [json.dumps(allowed)]
        )
    header = bearer("read")
    first, second, _ = client.get("/v1/events", headers=header).json()["items"]
    told = {"worst_case_hourly_cost": 9.6, "worst_case_quantity": 100, "worst_case_is": "most"}
    assert told.items() <= first.items()
    assert dict.fromkeys(told).items() <= second.items()
    shown = client.get(f"/v1/anomalies/{anomalies[0]}", headers=header).json()
    assert told.items() <= shown["events"][0].items()
    (bound,) = shown["worst_cases"]
    assert (bound["quantity"], bound["bound"], bound["hourly_cost"]) == (100, "most", 9.6)
    assert shown["hourly_cost"] == 98.32
    of_calls = told | {"worst_case_by": "RunInstances", "worst_case_count": 1}
    listed = client.get("/v1/anomalies", headers=header).json()["items"]
    assert of_calls.items() <= listed[0].items() <= shown.items()
    assert dict.fromkeys(of_calls).items() <= listed[1].items()
    other = client.get(f"/v1/anomalies/{anomalies[1]}", headers=header).json()
    assert other["worst_cases"] == []


def test_what_a_later_file_took_back_is_listed_as_that(
    client: Client, bearer: Bearer, database: Database, anomalies: list[UUID]
) -> None:
    with database.transaction("default") as conn:
        conn.execute("UPDATE anomalies SET withdrawn_at = now() WHERE id = %s", [anomalies[1]])
    listed = client.get("/v1/anomalies?state=withdrawn", headers=bearer("read"))
    assert [one["id"] for one in listed.json()["items"]] == [str(anomalies[1])]


def test_an_id_that_was_told_leads_to_the_anomaly_that_took_its_place(
    client: Client, bearer: Bearer, database: Database, anomalies: list[UUID]
) -> None:
    told = UUID(int=1)
    with database.transaction("default") as conn:
        conn.execute(
            "INSERT INTO anomaly_aliases (alias_id, tenant_id, anomaly_id)"
            " VALUES (%s, 'default', %s)",
            [told, anomalies[0]],
        )
    address = f"/v1/anomalies/{told}"
    shown = client.get(address, headers=bearer("read")).json()
    assert [one["event_id"] for one in shown["events"]] == ["e-0"]
    said = {"decision": "acknowledged"}
    answer = client.post(f"{address}/feedback", json=said, headers=bearer("decide", "read"))
    assert answer.json()["state"] == "acknowledged"


@pytest.mark.usefixtures("anomalies")
@pytest.mark.parametrize(("state", "lifecycle"), [("left_out", "left out"), ("unseen", "unseen")])
def test_zombies_that_could_not_be_judged_again_are_listed(
    client: Client, bearer: Bearer, database: Database, state: str, lifecycle: str
) -> None:
    swept = date(2026, 3, 11)
    with database.transaction("default") as conn:
        conn.execute(
            "INSERT INTO inventory (tenant_id, account_id, region, day, api, fetched_at) VALUES"
            " ('default', '111122223333', 'eu-west-1', %s, 'ec2:DescribeAddresses', now())",
            [swept],
        )
        conn.execute(
            "INSERT INTO zombies_gone (tenant_id, day, check_name, resource_id, previous_day,"
            " state, reason) VALUES ('default', %s, 'address_unassociated', 'eip-default-0', %s,"
            " %s, 'kept')",
            [swept, swept - timedelta(days=1), state],
        )
    (zombie,) = client.get("/v1/zombies", headers=bearer("read")).json()["items"]
    assert (zombie["resource_id"], zombie["lifecycle"]) == ("eip-default-0", lifecycle)


def test_nothing_of_another_tenant_can_be_seen_or_changed(
    client: Client, bearer: Bearer, anomalies: list[UUID]
) -> None:
    theirs = bearer(tenant="other")
    address = f"/v1/anomalies/{anomalies[0]}"
    assert client.get(address, headers=theirs).status_code == 404
    said = {"decision": "expected"}
    assert client.post(f"{address}/feedback", json=said, headers=theirs).status_code == 404
    zombie = {
        "check_name": "address_unassociated",
        "resource_id": "eip-default-0",
        "until": "2030-01-01T00:00:00Z",
    }
    assert client.post("/v1/zombies/ignore", json=zombie, headers=theirs).status_code == 404
    assert client.put("/v1/governance/panic", json={"on": True}, headers=theirs).status_code == 200
    ours = bearer()
    assert client.get("/v1/governance", headers=ours).json()["panic"] is False
    assert client.get(address, headers=ours).json()["state"] == "open"
    assert client.post("/v1/zombies/ignore", json=zombie, headers=ours).status_code == 204
    listed = client.get("/v1/zombies", headers=ours).json()["items"]
    assert [one["resource_id"] for one in listed if one["ignored"]] == ["eip-default-0"]


@pytest.mark.parametrize("cursor", ["AAAA", "WyJhIl0", "WzFd", "W10", "x" * 100])
def test_a_cursor_that_we_never_gave_out_is_refused(
    client: Client, bearer: Bearer, cursor: str
) -> None:
    header = bearer("read")
    for name in ("anomalies", "events", "baselines"):
        answer = client.get(f"/v1/{name}?cursor={cursor}", headers=header)
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith("This cursor")


def test_switches_are_thrown_and_written_down(client: Client, bearer: Bearer) -> None:
    header = bearer("read", "govern")
    flag = {"enabled": True, "owner": "ada@example.com", "expires_at": "2020-01-01T00:00:00Z"}
    opened = {"state": "open", "minutes": 5, "reason": "too loud"}
    client.put("/v1/governance/panic", json={"on": True}, headers=header)
    client.put("/v1/governance/mode", json={"mode": "audit"}, headers=header)
    client.put("/v1/governance/flags/new-scoring", json=flag, headers=header)
    client.put("/v1/governance/breakers/channel/slack", json=opened, headers=header)
    state = client.get("/v1/governance", headers=header).json()
    assert (state["panic"], state["mode"]) == (True, "audit")
    assert [(one["name"], one["expired"]) for one in state["flags"]] == [("new-scoring", True)]
    assert [(one["name"], one["state"]) for one in state["breakers"]] == [("slack", "open")]
    closed = {"state": "closed"}
    client.put("/v1/governance/breakers/channel/slack", json=closed, headers=header)
    assert client.delete("/v1/governance/flags/new-scoring", headers=header).status_code == 204
    assert client.delete("/v1/governance/flags/new-scoring", headers=header).status_code == 404
    log = client.get("/v1/audit?limit=500", headers=header).json()["items"]
    said = [line["action"] for line in log]
    assert said[0] == "removed flag new-scoring"
    assert {"set panic", "set mode", "set flag new-scoring"} < set(said)
    assert {"opened breaker channel slack", "closed breaker channel slack"} < set(said)
    looked = client.put("/v1/governance/panic", json={"on": False}, headers=bearer("read"))
    assert looked.status_code == 403


@pytest.mark.usefixtures("anomalies")
def test_metrics_are_prometheus_text(client: Client, bearer: Bearer) -> None:
    answer = client.get("/metrics", headers=bearer("metrics"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'dd0c_anomalies{severity="high"} 3.0' in answer.text
    assert "dd0c_panic 0.0" in answer.text
    assert "dd0c_run_failures 0.0" in answer.text
    assert "dd0c_run_failures" not in client.get("/metrics", headers=bearer(tenant="other")).text
    assert client.get("/v1/events", headers=bearer("metrics")).status_code == 403


@pytest.mark.usefixtures("anomalies")
def test_the_same_page_is_not_sent_twice(client: Client, bearer: Bearer) -> None:
    header = bearer("read")
    first = client.get("/v1/anomalies", headers=header)
    known = {**header, "If-None-Match": first.headers["etag"]}
    assert client.get("/v1/anomalies", headers=known).status_code == 304
    unasked = client.get("/v1/anomalies", headers={"If-None-Match": first.headers["etag"]})
    assert unasked.status_code == 401
