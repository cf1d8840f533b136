"""What a machine tells of itself: secrets, certificates, ports, clocks, and Dagster."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster._utils.error import SerializableErrorInfo

from cost_pipeline.agent.certificates import authority, server_certificate
from cost_pipeline.local import doctor
from cost_pipeline.local.services import ROOT
from cost_pipeline.store.doctor import Finding


def _levels(findings: list[Finding], subject: str) -> list[str]:
    return [finding.level for finding in findings if finding.subject == subject]


def test_a_secret_that_others_can_read_is_an_error(tmp_path: Path) -> None:
    secret = tmp_path / "secret_key"
    secret.touch(mode=0o600)
    assert _levels(doctor.examine_machine(tmp_path), "secrets") == ["ok"]
    secret.chmod(0o644)
    (found,) = [one for one in doctor.examine_machine(tmp_path) if one.subject == "secrets"]
    assert found.level == "error"
    assert found.mend == f"chmod 600 {secret}"


def test_certificates_are_named_before_they_end(tmp_path: Path) -> None:
    ca = authority(tmp_path / "agent")
    server_certificate(ca, ["localhost"], days=700).write(tmp_path / "agent", "server")
    assert _levels(doctor.examine_machine(tmp_path), "certificate") == []
    server_certificate(ca, ["localhost"], days=3).write(tmp_path / "agent", "server")
    assert _levels(doctor.examine_machine(tmp_path), "certificate") == ["warning"]


def test_a_port_that_another_has_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(doctor, "_PORTS", {"app": port})
        assert _levels(doctor.examine_machine(tmp_path), f"port {port}") == ["warning"]
    assert _levels(doctor.examine_machine(tmp_path), f"port {port}") == ["ok"]


class Clock(BaseHTTPRequestHandler):
    """Answers with a Date some seconds off."""

    off = 0

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(datetime.now(UTC) + timedelta(seconds=self.off), usegmt=True)

    def do_HEAD(self) -> None:
        self.send_response(403)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def aws() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Clock)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_clock_that_differs_from_aws_s(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [found.level for found in doctor.examine_aws_clock(aws)] == ["ok"]
    monkeypatch.setattr(Clock, "off", -400)
    (found,) = doctor.examine_aws_clock(aws)
    assert (found.level, "NTP" in found.mend) == ("error", True)
    (found,) = doctor.examine_aws_clock("http://127.0.0.1:9")
    assert found.level == "warning"


def test_dagster_that_never_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert [found.level for found in doctor.examine_dagster(tmp_path, {})] == ["warning"]


def test_dagster_whose_database_was_never_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DAGSTER_HOME", "DAGSTER_PG_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    (found,) = doctor.examine_dagster(tmp_path, {})
    assert (found.level, found.text) == ("warning", "has never run on this Postgres")


@pytest.fixture
def dagster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """Dagster's storage in the home folder `tmp_path`."""
    folder = tmp_path / "dagster"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    with DagsterInstance.get() as instance:
        yield instance


@pytest.mark.usefixtures("dagster")
def test_a_daemon_without_heartbeat_is_an_error(tmp_path: Path) -> None:
    found = doctor.examine_dagster(tmp_path, {})
    assert _levels(found, "daemon") == ["error"]
    assert "SENSOR" in found[0].text


def _sensor(instance: DagsterInstance, name: str, status: InstigatorStatus) -> InstigatorState:
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("cost_pipeline"), "defs")
    origin = RemoteInstigatorOrigin(repository, name)
    state = InstigatorState(origin, InstigatorType.SENSOR, status, SensorInstigatorData())
    return instance.add_instigator_state(state)


def test_sensors_that_are_off_or_fail_are_named_with_what_to_do(
    tmp_path: Path, dagster: DagsterInstance
) -> None:
    _sensor(dagster, "trail_sensor", InstigatorStatus.STOPPED)
    failing = _sensor(dagster, "failed_runs", InstigatorStatus.RUNNING)
    dagster.create_tick(
        TickData(
            instigator_origin_id=failing.instigator_origin_id,
            instigator_name="failed_runs",
            instigator_type=InstigatorType.SENSOR,
            status=TickStatus.FAILURE,
            timestamp=datetime.now(UTC).timestamp(),
            selector_id=failing.selector_id,
            error=SerializableErrorInfo("no bucket", [], "TrailError"),
        )
    )
    found = [one for one in doctor.examine_dagster(tmp_path, {}) if "Dagster" in one.subject]
    assert [(one.level, one.subject, one.text) for one in found] == [
        ("error", "Dagster trail_sensor", "is switched off"),
        ("error", "Dagster failed_runs", "failed: no bucket"),
    ]
    assert all(one.mend for one in found)
