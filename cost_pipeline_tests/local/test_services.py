"""What the processes are told: databases, folders, ports."""

from pathlib import Path

import psycopg
import pytest
import yaml

from cost_pipeline.local import services
from cost_pipeline.local.ports import Ports


def test_dagster_gets_its_own_database_and_workspace(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_PG_URL", raising=False)
    home, ports = tmp_path / "a home", Ports(1, 2, 3)
    seen = services.environment(home, database_url + "?application_name=x", ports)
    assert seen["DAGSTER_PG_URL"].startswith("postgresql+psycopg2://")
    assert seen["DAGSTER_PG_URL"].endswith("/dagster?application_name=x")
    plain = seen["DAGSTER_PG_URL"].replace("+psycopg2", "")
    with psycopg.connect(plain) as conn:
        assert conn.execute("SELECT current_database()").fetchone() == ("dagster",)
    workspace = yaml.safe_load((home / "dagster" / "workspace.yaml").read_text())
    assert workspace["load_from"][0]["grpc_server"]["port"] == 3
    assert (home / "dagster" / "dagster.yaml").exists()
    assert seen["DASHBOARD_URL"] == "http://localhost:1"


def test_every_program_is_there(tmp_path: Path) -> None:
    ports = Ports(1, 2, 3)
    names = [p.name for p in services.programs({"DAGSTER_HOME": str(tmp_path)}, ports)]
    assert names[:2] == ["dagster-daemon", "dagster-webserver"]
    assert "api" in names
    assert services.code_server(ports).port == 3
    assert str(tmp_path) in services.simulator(tmp_path).command


def test_the_receiver_listens_where_it_is_told(tmp_path: Path) -> None:
    program = services.receiver("0.0.0.0:8443")
    assert (program.name, program.port) == ("receiver", 8443)
    assert program.command[-2:] == ("--listen", "0.0.0.0:8443")
    with pytest.raises(ValueError, match=r"such as 0\.0\.0\.0:8443"):
        services.receiver("8443x")
