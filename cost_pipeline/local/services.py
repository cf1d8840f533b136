"""The programs that make up a running system on one machine, and what they need to know."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

import cost_pipeline
from cost_pipeline.local.ports import Ports
from cost_pipeline.local.postgres import create_database
from cost_pipeline.local.processes import Program
from cost_pipeline.store.urls import beside, driver_url, plain_url

ROOT = Path(cost_pipeline.__file__).resolve().parents[1]
_APP = ROOT / "ui" / "asgi.py"
_LOCATION = "cost_pipeline"


def environment(home: Path, database_url: str, ports: Ports) -> dict[str, str]:
    """What every process has in its environment; makes Dagster's folder and database.

    Where `DAGSTER_PG_URL` is set, Dagster keeps its runs there.
    """
    dagster_url = os.environ.get("DAGSTER_PG_URL") or _dagster_database(database_url)
    dagster_home = home / "dagster"
    dagster_home.mkdir(parents=True, exist_ok=True)
    (dagster_home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    server = {"grpc_server": {"host": "127.0.0.1", "port": ports.code, "location_name": _LOCATION}}
    (dagster_home / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [server]}))
    return {
        "COST_PIPELINE_HOME": str(home),
        "DATABASE_URL": plain_url(database_url),
        "DAGSTER_HOME": str(dagster_home),
        "DAGSTER_PG_URL": dagster_url,
        "DASHBOARD_URL": os.environ.get("DASHBOARD_URL", ports.app_url),
        "PYTHONUNBUFFERED": "1",
    }


def _dagster_database(database_url: str) -> str:
    """Dagster's own database on the same server, as dagster-postgres wants to be told of it."""
    create_database(plain_url(database_url), "dagster")
    return driver_url(beside(database_url, "dagster"))


def code_server(ports: Ports) -> Program:
    """What loads the definitions once, for Dagster's other processes and for its runs."""
    arguments = ("api", "grpc", "--module-name", "cost_pipeline.definitions", "--host", "127.0.0.1")
    location = ("--location-name", _LOCATION, "--log-level", "warning")
    return Program(
        "code-server",
        _python("dagster", *arguments, "--port", str(ports.code), *location),
        ports.code,
    )


def programs(environment: Mapping[str, str], ports: Ports) -> list[Program]:
    """Dagster's daemon and web server, the HTTP API, and the app."""
    workspace = str(Path(environment["DAGSTER_HOME"]) / "workspace.yaml")
    web = ("-h", "127.0.0.1", "-p", str(ports.dagster), "-w", workspace)
    return [
        Program("dagster-daemon", _python("dagster._daemon", "run", "-w", workspace)),
        Program(
            "dagster-webserver",
            _python("dagster_webserver", *web, "--log-level", "warning"),
            ports.dagster,
            "/server_info",
        ),
        api(ports),
        *([app(ports)] if _APP.exists() else []),
    ]


def app(ports: Ports) -> Program:
    """The Streamlit app."""
    options = {
        "server.port": str(ports.app),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = (part for name, value in options.items() for part in (f"--{name}", value))
    return Program(
        "app", _python("streamlit", "run", str(_APP), *flags), ports.app, "/_stcore/health"
    )


def api(ports: Ports) -> Program:
    """The HTTP API."""
    command = _python("cost_pipeline.api", "--port", str(ports.api))
    return Program("api", command, ports.api, "/healthz")


def receiver(listen: str) -> Program:
    """What takes log files from agents at `host:port`.

    Raises:
        ValueError: that is no address and port.
    """
    port = listen.rpartition(":")[2]
    if not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"{listen} is no address and port, such as 0.0.0.0:8443.")
    return Program(
        "receiver", _python("cost_pipeline.cli", "agent", "receive", "--listen", listen), int(port)
    )


def simulator(trail: Path, seconds: float = 20.0) -> Program:
    """What keeps the made-up organisation living."""
    return Program("simulator", _python("cost_pipeline.local.simulator", str(trail), str(seconds)))


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
