"""A run is at work as long as its code server has its process, and no longer."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher.base import WorkerStatus
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.test_utils import create_run_for_test
from dagster._grpc.client import DagsterGrpcClient

from cost_pipeline.orchestration import launching
from cost_pipeline.orchestration.launching import WatchedRunLauncher
from cost_pipeline_tests.fixtures.ports import free_port

_JOBS = """
import time
from dagster import Definitions, job, op

@op
def wait():
    time.sleep(60)

@job
def waiting():
    wait()

defs = Definitions(jobs=[waiting])
"""
_DAGSTER = """
run_launcher:
  module: cost_pipeline.orchestration.launching
  class: WatchedRunLauncher
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    (tmp_path / "dagster.yaml").write_text(_DAGSTER)
    with DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path))) as one:
        yield one


@contextmanager
def _code_server(folder: Path, port: int) -> Iterator[DagsterGrpcClient]:
    """A code server, killed at the end with the runs it was given."""
    (folder / "jobs.py").write_text(_JOBS)
    arguments = ("api", "grpc", "-f", "jobs.py", "--host", "localhost", "--location-name", "here")
    process = subprocess.Popen(
        [sys.executable, "-m", "dagster", *arguments, "--port", str(port)],
        cwd=folder,
        start_new_session=True,
    )
    client = DagsterGrpcClient(host="localhost", port=port)
    try:
        _until(lambda: client.ping("there?"))
        yield client
    finally:
        subprocess.run(["pkill", "-KILL", "-s", str(process.pid)], check=True)
        process.wait()


def _until(done: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if done():
                return
        except DagsterUserCodeUnreachableError:
            assert time.monotonic() < deadline
        time.sleep(0.05)


def _launched(instance: DagsterInstance, client: DagsterGrpcClient) -> DagsterRun:
    """A run that lasts longer than the test, in the hands of a code server."""
    location = GrpcServerCodeLocationOrigin("localhost", client.port, location_name="here")
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), "waiting")
    run = create_run_for_test(
        instance, "waiting", status=DagsterRunStatus.STARTING, remote_job_origin=origin
    )
    WatchedRunLauncher.launch_run_from_grpc_client(instance, run, client)
    return instance.get_run_by_id(run.run_id) or run


def test_a_run_that_died_with_its_code_server_is_noticed(
    instance: DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher, port = instance.run_launcher, free_port()

    def health() -> WorkerStatus:
        return launcher.check_run_worker_health(run).status

    assert launcher.supports_check_run_worker_health
    with _code_server(tmp_path, port) as client:
        run = _launched(instance, client)
        assert health() == WorkerStatus.RUNNING
    assert health() == WorkerStatus.RUNNING, "its server may be back in a moment"
    with _code_server(tmp_path, port):
        assert health() == WorkerStatus.NOT_FOUND
    monkeypatch.setattr(launching, "_PATIENCE_SECONDS", 0.0)
    assert health() == WorkerStatus.NOT_FOUND


def test_a_run_that_no_code_server_was_given_is_left_to_its_time_limit(
    instance: DagsterInstance,
) -> None:
    """One that a command runs in its own process: nobody else could be asked about it."""
    run = create_run_for_test(instance, "waiting", status=DagsterRunStatus.STARTED)
    assert instance.run_launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING
