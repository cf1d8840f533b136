"""The Terraform module asks for what the product asks for, and for nothing else."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cost_pipeline.zombies.policy import iam_policy, terraform_template

MODULE = Path(__file__).resolve().parents[2] / "deploy" / "aws"
TEMPLATE = (MODULE / "policy.json.tftpl").read_text()
SOURCE = "\n".join(path.read_text() for path in sorted(MODULE.glob("*.tf")))


def _filled(**values: str) -> Any:
    text = TEMPLATE
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return json.loads(text)


def test_the_module_s_policy_is_current() -> None:
    assert terraform_template() == TEMPLATE, "cost-pipeline iam-policy --terraform writes it anew"


@pytest.mark.parametrize("prefix", ["", "org/"])
def test_it_equals_what_the_command_prints(prefix: str) -> None:
    assert _filled(bucket="logs", prefix=prefix) == iam_policy(bucket="logs", prefix=prefix)


def test_what_is_optional_equals_it_too() -> None:
    full = iam_policy(bucket="logs", kms_key="key", queue="queue")["Statement"]
    for sid in ("DecryptTheTrail", "TakeNotices"):
        (statement,) = [one for one in full if one["Sid"] == sid]
        written = re.search(rf'Sid\s+= "{sid}".*?Action\s+= (\[.*?\])', SOURCE, re.DOTALL)
        assert written is not None
        assert json.loads(written[1]) == statement["Action"]


def test_nobody_takes_the_role_without_its_external_id() -> None:
    trust = SOURCE.partition('"trust"')[2].partition("resource ")[0]
    assert 'variable = "sts:ExternalId"' in trust
    assert "values   = [var.external_id]" in trust


def test_every_variable_is_used_and_declared() -> None:
    declared = set(re.findall(r'^variable "(\w+)"', SOURCE, re.MULTILINE))
    assert declared == set(re.findall(r"\bvar\.(\w+)", SOURCE))


def _terraform(*arguments: str, folder: Path = MODULE) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("terraform")
    if tool is None:
        pytest.skip("terraform is not installed")
    return subprocess.run([tool, *arguments], cwd=folder, capture_output=True, text=True)


def test_terraform_finds_nothing_to_format() -> None:
    done = _terraform("fmt", "-check", "-diff")
    assert done.returncode == 0, done.stdout


@pytest.fixture
def without_provider(tmp_path: Path) -> Path:
    """The module's variables, locals and policy: what Terraform judges without AWS's provider."""
    for name in ("variables.tf", "policy.json.tftpl"):
        shutil.copy(MODULE / name, tmp_path)
    local = re.search(r"^locals \{.*?^\}", SOURCE, re.MULTILINE | re.DOTALL)
    policy = re.search(r"templatefile\(.*\)", SOURCE)
    assert local is not None
    assert policy is not None
    (tmp_path / "main.tf").write_text(
        f'{local[0]}\noutput "policy" {{\n  value = {policy[0]}\n}}\n'
    )
    return tmp_path


def _apply(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    given = [f"-var={name}={value}" for name, value in variables.items()]
    always = ["-auto-approve", "-input=false", "-no-color", "-var=trusted_principals=[]"]
    return _terraform("apply", *always, *given, folder=folder)


@pytest.mark.parametrize("prefix", ["", "/org/"])
def test_terraform_itself_fills_the_policy(without_provider: Path, prefix: str) -> None:
    done = _apply(without_provider, bucket="logs", prefix=prefix, external_id="x" * 16)
    assert done.returncode == 0, done.stderr
    filled = _terraform("output", "-raw", "policy", folder=without_provider).stdout
    assert json.loads(filled) == iam_policy(bucket="logs", prefix=prefix.lstrip("/"))


def test_terraform_refuses_an_external_id_that_can_be_guessed(without_provider: Path) -> None:
    done = _apply(without_provider, bucket="logs", external_id="short")
    assert done.returncode == 1
    assert "at least 16 characters" in done.stderr
