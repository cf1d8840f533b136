"""What the documents say of commands, settings, folders and files is so."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cost_pipeline.cli import app
from cost_pipeline.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("name", sorted(getattr(get_command(app), "commands", {})))
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"cost-pipeline {name} " in README


def _leaves(command: Any, name: str) -> Iterator[tuple[str, str]]:
    """Commands that do something: what is typed, and the help."""
    for part, inner in getattr(command, "commands", {}).items():
        yield from _leaves(inner, f"{name} {part}")
    if not getattr(command, "commands", {}):
        yield name, command.help or ""


def test_every_help_has_an_example() -> None:
    without = [
        name for name, said in _leaves(get_command(app), "cost-pipeline") if name not in said
    ]
    assert without == []


@pytest.mark.parametrize("field", Settings.model_fields.values(), ids=lambda field: field.alias)
def test_every_setting_is_explained(field: object) -> None:
    alias, description = getattr(field, "alias", ""), getattr(field, "description", "")
    assert f"| `{alias}` | {description} |" in OPERATIONS


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert target.startswith(("http://", "https://")) or (page.parent / target).exists(), target


def test_every_target_that_is_mentioned_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for page in (README, (ROOT / "CONTRIBUTING.md").read_text()):
        for target in re.findall(r"^make (\w+)|`make (\w+)`", page, re.MULTILINE):
            assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE), target


def test_folders_in_the_map_exist() -> None:
    for folder in re.findall(r"^\| `([\w/]+)` \|", README, re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder
