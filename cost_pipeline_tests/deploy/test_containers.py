"""What runs the product in containers holds together, as far as it shows without an engine."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["install.sh", "deploy/entrypoint.sh"]


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of docker-compose.yml."""
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])


@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_finds_nothing(script: str) -> None:
    done = subprocess.run([_tool("shellcheck"), ROOT / script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_installer(tmp_path: Path) -> None:
    done = subprocess.run(
        [_tool("bats"), ROOT / "cost_pipeline_tests" / "deploy" / "install.bats"],
        env=os.environ | {"SOURCE": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_caddy_takes_its_configuration(tmp_path: Path) -> None:
    done = subprocess.run(
        [_tool("caddy"), "validate", "--adapter", "caddyfile", "--config", "deploy/Caddyfile"],
        cwd=ROOT,
        env=os.environ | {"XDG_DATA_HOME": str(tmp_path), "SITE": "cost.example.com"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_our_containers_have_no_more_rights_than_they_need(services: dict[str, Any]) -> None:
    ours = [name for name, service in services.items() if "dd0c-cost" in service["image"]]
    assert {"migrate", "code-server", "daemon", "webserver", "app", "api", "receiver"} <= set(ours)
    for name in ours:
        service = services[name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_the_receiver_is_there_only_for_those_who_have_agents(services: dict[str, Any]) -> None:
    assert services["receiver"]["profiles"] == ["agents"]
    assert "agent receive" in services["receiver"]["command"]


def test_compose_takes_the_file_with_every_profile(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    (tmp_path / ".env").write_text("TRAIL_URL=s3://logs\n")
    (tmp_path / "secrets").mkdir()
    done = subprocess.run(
        [_tool("docker-compose"), "--profile", "agents", "--profile", "minio", "config"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    merged = yaml.safe_load(done.stdout)["services"]
    assert merged["receiver"]["read_only"] is True
    assert merged["receiver"]["environment"]["TRAIL_URL"] == "s3://logs"


def test_what_keeps_running_says_whether_it_is_well(services: dict[str, Any]) -> None:
    silent = [
        name
        for name, service in services.items()
        if service.get("restart") != "no" and "healthcheck" not in service
    ]
    assert silent == []


def test_a_health_check_s_arguments_have_no_blanks(services: dict[str, Any]) -> None:
    """Podman takes them apart there."""
    words = [
        word for one in services.values() for word in one.get("healthcheck", {}).get("test", [])
    ]
    assert [word for word in words if " " in word] == []


def test_nothing_but_the_proxy_and_the_receiver_listens_beyond_this_machine(
    services: dict[str, Any],
) -> None:
    open_ports = {
        name: port
        for name, service in services.items()
        for port in service.get("ports", [])
        if not port.startswith("127.0.0.1:")
    }
    assert set(open_ports) == {"caddy", "receiver"}


def test_what_the_image_copies_exists() -> None:
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source


def test_the_app_asks_nobody_for_its_own_address() -> None:
    """Streamlit's greeting does, by HTTP, where it listens to all and has no browser."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["logger"]["hideWelcomeMessage"] is True


def test_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert "POSTGRES_PASSWORD:" not in text
    assert "/run/secrets/" in text


def _entered(folder: Path, **environment: str) -> dict[str, str]:
    done = subprocess.run(
        [ROOT / "deploy" / "entrypoint.sh", "env"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "SECRETS_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def test_the_entrypoint_makes_addresses_of_the_password(tmp_path: Path) -> None:
    (tmp_path / "postgres_password").write_text("abc123\n")
    seen = _entered(tmp_path)
    assert seen["DATABASE_URL"] == "postgresql://cost:abc123@postgres:5432/cost"
    assert seen["DAGSTER_PG_URL"].startswith("postgresql+psycopg2://cost:abc123@")
    assert "POSTGRES_PASSWORD" not in seen


def test_a_database_of_one_s_own_goes_first(tmp_path: Path) -> None:
    (tmp_path / "postgres_password").write_text("abc123")
    seen = _entered(tmp_path, DATABASE_URL="postgresql://me@elsewhere/cost")
    assert seen["DATABASE_URL"] == "postgresql://me@elsewhere/cost"


def test_a_command_that_is_a_link_gets_the_same_addresses(tmp_path: Path) -> None:
    """`docker compose exec` and health checks start commands without the entry point."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "postgres_password").write_text("abc123")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "cost-pipeline"
    command.write_text('#!/bin/sh\necho "$DATABASE_URL $*"\n')
    command.chmod(0o755)
    link = tmp_path / "cost-pipeline"
    link.symlink_to(ROOT / "deploy" / "entrypoint.sh")
    done = subprocess.run(
        [link, "doctor", "--json"],
        env={
            "PATH": os.environ["PATH"],
            "SECRETS_DIR": str(secrets),
            "VIRTUAL_ENV": str(tmp_path),
        },
        capture_output=True,
        text=True,
    )
    assert done.stdout == "postgresql://cost:abc123@postgres:5432/cost doctor --json\n"


def test_without_secrets_the_command_still_runs(tmp_path: Path) -> None:
    assert "DATABASE_URL" not in _entered(tmp_path)


def _locked(path: str) -> dict[str, str]:
    pins = re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / path).read_text(), re.MULTILINE)
    return {name.replace("_", "-"): version for name, version in pins}


def test_the_image_installs_the_versions_that_were_tested_and_no_tools_of_development() -> None:
    image, all_pins = _locked("deploy/requirements.lock"), _locked("requirements.lock")
    assert {n: v for n, v in image.items() if all_pins.get(n, v) != v} == {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + [
        one for extra in project["project"]["optional-dependencies"].values() for one in extra
    ]
    assert {re.split(r"[\[<>=]", one)[0] for one in wanted} <= set(image)
    assert not {"pytest", "moto", "playwright", "ruff", "mypy"} & set(image)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = (ROOT / "deploy" / "systemd" / "dd0c-cost.service").read_text()
    runnable = tmp_path / "dd0c-cost.service"
    runnable.write_text(unit.replace("/opt/dd0c-cost/.venv/bin/cost-pipeline", "/bin/true"))
    done = subprocess.run(
        [_tool("systemd-analyze"), "verify", "--man=no", runnable], capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "dd0c-cost.service" in line]
    assert ours == []
