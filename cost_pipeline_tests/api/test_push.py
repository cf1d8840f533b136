"""Log files over HTTP: stored once, for the token's tenant, and bounded."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from cost_pipeline.api.routes import push
from cost_pipeline.intake import archiving
from cost_pipeline.store import governance
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.conftest import Client
from cost_pipeline_tests.fixtures.trail import run_instances

Bearer = Callable[..., dict[str, str]]
BODY = json.dumps(
    {"Records": [run_instances("one", datetime(2026, 3, 10, 9, tzinfo=UTC))]}
).encode()


def _due(database: Database, tenant_id: str = "default") -> list[str]:
    with database.transaction(tenant_id) as conn:
        return [row["key"] for row in conn.execute("SELECT key FROM trail_objects")]


def test_what_is_pushed_is_stored_and_waits_to_be_read(
    client: Client, bearer: Bearer, database: Database, tmp_path: Path
) -> None:
    answer = client.post("/v1/push", data=BODY, headers=bearer("push"))
    assert answer.status_code == 202, answer.text
    (file,) = answer.json()["files"]
    assert file["new"]
    assert _due(database) == [file["key"]]
    stored = (tmp_path / "archive" / "default" / file["key"]).read_bytes()
    assert json.loads(gzip.decompress(stored)) == json.loads(BODY)


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}], ids=["bare", "encoded"])
def test_the_same_content_again_changes_nothing(
    client: Client, bearer: Bearer, database: Database, headers: dict[str, str]
) -> None:
    token = bearer("push")
    client.post("/v1/push", data=BODY, headers=token)
    again = client.post("/v1/push", data=gzip.compress(BODY), headers=token | headers)
    assert again.status_code == 202
    assert [file["new"] for file in again.json()["files"]] == [False]
    assert len(_due(database)) == 1


def test_it_is_the_token_s_tenant_s(client: Client, bearer: Bearer, database: Database) -> None:
    client.post("/v1/push", data=BODY, headers=bearer("push", tenant="acme"))
    assert _due(database) == []
    assert len(_due(database, "acme")) == 1


def test_who_may_not_push_does_not(client: Client, bearer: Bearer, database: Database) -> None:
    assert client.post("/v1/push", data=BODY).status_code == 401
    assert client.post("/v1/push", data=BODY, headers=bearer("read")).status_code == 403
    assert _due(database) == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 422),
        (b"hello", {}, 422),
        (b'{"Records": []}', {}, 422),
        (gzip.compress(BODY)[:-12], {}, 422),
        (BODY, {"Content-Encoding": "br"}, 415),
    ],
    ids=["empty", "foreign", "no records", "cut off", "other encoding"],
)
def test_what_is_no_log_file_is_refused_in_words(
    client: Client, bearer: Bearer, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/v1/push", data=body, headers=bearer("push") | headers)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_small_body_that_unpacks_to_a_large_one_is_refused(
    client: Client, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (archiving, push):
        monkeypatch.setattr(module, "MOST_UNPACKED", 100_000)
    bomb = gzip.compress(b'{"Records": [' + b" " * 1_000_000 + b"]}")
    answer = client.post("/v1/push", data=bomb, headers=bearer("push"))
    assert answer.status_code == 413
    assert "100,000 bytes" in answer.json()["detail"]


def test_a_body_beyond_the_limit_is_not_read(client: Client, bearer: Bearer) -> None:
    parts = (b" " * (1 << 20) for _ in range(65))
    answer = client.post("/v1/push", data=parts, headers=bearer("push"))
    assert answer.status_code == 413


def test_bodies_that_are_on_their_way_take_no_memory_and_their_number_is_limited(
    served: str, client: Client, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_coming", asyncio.BoundedSemaphore(6))
    header, piece = bearer("push"), b" " * (16 << 20)
    host, port = served.removeprefix("http://").split(":")
    head = (
        f"POST /v1/push HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(piece) + 1}\r\n"
        f"Authorization: {header['Authorization']}\r\n\r\n"
    )
    process = psutil.Process()
    before = process.memory_info().rss
    with ExitStack() as stack:
        for _ in range(6):
            slow = stack.enter_context(socket.create_connection((host, int(port))))
            slow.sendall(head.encode() + piece)  # all but the last byte
        refused = client.post("/v1/push", data=BODY, headers=header)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert process.memory_info().rss - before < 48 << 20, "of 96 MiB that were sent"
    for _ in range(50):
        if client.post("/v1/push", data=BODY, headers=header).status_code == 202:
            return
        time.sleep(0.1)
    raise AssertionError("whoever went away still counts")


def test_a_body_that_stops_on_its_way_gives_its_place_to_another(
    served: str, client: Client, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_coming", asyncio.BoundedSemaphore(1))
    monkeypatch.setattr(push, "MOST_SECONDS", 0.5)
    header = bearer("push")
    host, port = served.removeprefix("http://").split(":")
    head = (
        f"POST /v1/push HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n"
        f"Authorization: {header['Authorization']}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), 10) as stalled:
        stalled.sendall(head.encode() + b'{"Records"')
        said = stalled.recv(65536)
        assert said.startswith(b"HTTP/1.1 408 ")
        assert b"within 0.5 seconds" in said + stalled.recv(65536)
        assert client.post("/v1/push", data=BODY, headers=header).status_code == 202


def test_an_archive_that_cannot_be_written_is_said_and_may_be_tried_again(
    client: Client, bearer: Bearer, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "archive").write_text("in the way")
    answer = client.post("/v1/push", data=BODY, headers=bearer("push"))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert _due(database) == []


def test_in_panic_a_folder_still_takes_files(
    client: Client, bearer: Bearer, database: Database
) -> None:
    with database.transaction("default") as conn:
        governance.put(conn, tenant_id="default", key=governance.PANIC, value=True, by="test")
    assert client.post("/v1/push", data=BODY, headers=bearer("push")).status_code == 202
