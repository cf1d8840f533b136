"""Backups and retention from the command line."""

from pathlib import Path

from cost_pipeline_tests.cli.conftest import Cli


def test_retention_is_shown_set_and_applied(cli: Cli) -> None:
    assert "400" in cli("retention", "show").stdout
    assert cli("retention", "set", "events=90", "objects=80").exit_code == 0
    shown = cli("retention", "show").stdout
    assert "90" in shown
    assert "1,100" in shown
    applied = cli("retention", "apply", "--dry-run")
    assert "0 months of events and 0 rows would go" in applied.stdout


def test_a_retention_that_cannot_be_meant_is_told(cli: Cli) -> None:
    assert "60 days at least" in cli("retention", "set", "events=5").stderr
    assert "kind=days" in cli("retention", "set", "events").stderr
    assert "evnts" in cli("retention", "set", "evnts=90").stderr
    assert "no tenant" in cli("retention", "show", "--tenant", "nobody").stderr


def test_a_backup_says_what_it_holds_and_a_restore_refuses_to_overwrite(
    cli: Cli, tmp_path: Path
) -> None:
    file = str(tmp_path / "backup.tar")
    made = cli("backup", file)
    assert made.exit_code == 0, made.output
    assert "1 tenants" in made.stdout
    refused = cli("restore", file)
    assert refused.exit_code == 1
    assert "--replace" in refused.stderr
    restored = cli("restore", file, "--replace")
    assert restored.exit_code == 0, restored.output
