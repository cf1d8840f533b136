"""What containers ask of their own processes, and what they make of the answers."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

import grpc
import pytest
from dagster import DagsterInstance
from dagster._daemon.controller import all_daemons_live
from dagster._daemon.types import DaemonHeartbeat

from cost_pipeline.local.postgres import create_database

ROOT = Path(__file__).resolve().parents[2]
HEALTHY = ROOT / "deploy" / "healthy.py"


def _is_well(address: str) -> bool:
    return subprocess.run([sys.executable, HEALTHY, address], capture_output=True).returncode == 0


def test_a_page_or_a_port_that_answers_is_well() -> None:
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_port}"
        assert _is_well(f"http://{place}/")
        assert not _is_well(f"http://{place}/not-there")
        assert _is_well(f"tcp://{place}")
        server.shutdown()
    assert not _is_well(f"tcp://{place}")


def _health(request: bytes, _: grpc.ServicerContext) -> bytes:
    return b"\x08\x01" if request == b"\n\x0aDagsterApi" else b"\x08\x02"


def test_a_service_that_serves_is_well() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    checks = {"Check": grpc.unary_unary_rpc_method_handler(_health)}
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("grpc.health.v1.Health", checks)]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    assert _is_well(f"grpc://127.0.0.1:{port}/DagsterApi")
    assert not _is_well(f"grpc://127.0.0.1:{port}/Another")
    server.stop(None).wait()


@pytest.fixture
def instance(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """Dagster with our settings and a database of its own, whose daemon never ran."""
    url = create_database(postgres_url, f"heartbeats_{os.getpid()}")
    _, _, place = url.partition("://")
    monkeypatch.setenv("DAGSTER_PG_URL", f"postgresql+psycopg2://{place}")
    with DagsterInstance.from_config(str(ROOT)) as made:
        yield made


def test_a_daemon_is_well_for_as_long_as_dagster_says_so(instance: DagsterInstance) -> None:
    assert not _is_well("heartbeats://"), "it never ran"
    required = instance.get_required_daemon_types()
    for silence in (0, 1800, 1860):
        for name in required:
            instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), name, None, []))
        for name in required:
            beat = DaemonHeartbeat(time.time() - silence, name, None, [])
            instance.add_daemon_heartbeat(beat)
            assert all_daemons_live(instance) == (silence < 1830), name
            assert _is_well("heartbeats://") == (silence < 1830), f"{name} silent for {silence} s"
            if silence:
                instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), name, None, []))


def test_a_database_that_does_not_answer_tells_of_no_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_PG_URL", "postgresql+psycopg2://cost@127.0.0.1:1/dagster")
    assert not _is_well("heartbeats://")
