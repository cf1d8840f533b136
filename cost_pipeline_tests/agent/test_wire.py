"""The committed stubs are what the protocol generates."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_stubs_belong_to_the_protocol(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools")
    outputs = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    proto = "cost_pipeline/agent/wire/forwarding.proto"
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", *outputs, proto]
    subprocess.run(command, cwd=ROOT, check=True)
    for made in (tmp_path / "cost_pipeline/agent/wire").iterdir():
        assert made.read_text() == (ROOT / "cost_pipeline/agent/wire" / made.name).read_text()
