"""Trails, agents and verification from the command line."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cost_pipeline.aws.trail_layout import Place
from cost_pipeline.store import lookups, objects, places, queues
from cost_pipeline.store.database import Database
from cost_pipeline_tests.intake.test_integrity import DAY, SignedTrail, public_pem, trail

__all__ = ["trail"]
Cli = Callable[..., Result]


def test_trails_are_added_with_queue_and_role(cli: Cli, database: Database) -> None:
    queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/new"
    role = "arn:aws:iam::111122223333:role/dd0c-cost"
    added = cli(
        *("trail", "add", "s3://logs", "--queue", queue, "--region", "eu-west-1"),
        *("--account", "111122223333", "--role-arn", role, "--external-id", "7f3a"),
    )
    assert added.exit_code == 0, added.output
    with database.transaction("default") as conn:
        (one,) = objects.trails(conn, tenant_id="default")
    assert (one.queue_url, one.role_arn, one.external_id) == (queue, role, "7f3a")
    assert "s3://logs" in cli("trail", "list").output


def test_a_trail_is_read_no_longer_until_it_is_added_again(cli: Cli, database: Database) -> None:
    cli("trail", "add", "s3://mistyped")
    with database.transaction("default") as conn:
        (one,) = objects.trails(conn, tenant_id="default")
    assert "read no longer" in cli("trail", "remove", "s3://mistyped").stdout
    assert "mistyped" not in cli("status").stdout
    with database.transaction("default") as conn:  # a tick that had begun before
        objects.note_listing(conn, tenant_id="default", trail_id=one.trail_id, error="no bucket")
        objects.ensure_trail(conn, tenant_id="default", url="s3://mistyped")
        assert objects.trails(conn, tenant_id="default") == []
    again = cli("trail", "remove", "s3://mistyped")
    assert (again.exit_code, "trail list" in again.stderr) == (1, True)
    cli("trail", "add", "s3://mistyped")
    with database.transaction("default") as conn:
        assert [one.url for one in objects.trails(conn, tenant_id="default")] == ["s3://mistyped"]


def test_a_folder_without_log_files_is_not_kept(
    cli: Cli, database: Database, tmp_path: Path
) -> None:
    done = cli("run", "--trail", str(tmp_path))
    assert (done.exit_code, "AWSLogs" in done.stderr) == (1, True)
    with database.transaction("default") as conn:
        assert objects.trails(conn, tenant_id="default") == []


def test_ctrl_c_says_what_became_of_the_reading(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cost_pipeline.orchestration.run_range.run_range", interrupted)
    done = cli("run", "--trail", str(tmp_path))
    assert (done.exit_code, "What was read stays" in done.stderr) == (130, True)


def test_a_folder_means_the_same_wherever_it_is_read_from(
    cli: Cli, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").mkdir()
    monkeypatch.chdir(tmp_path)
    ran = cli("run", "--trail", "./logs", "--since", "2026-01-01", "--until", "2026-01-01")
    assert (ran.exit_code, "No log file is of these days" in ran.stderr) == (0, True)
    cli("trail", "add", "logs")
    with database.transaction("default") as conn:
        (one,) = objects.trails(conn, tenant_id="default")
    assert one.url == str(tmp_path / "logs")
    (tmp_path / "file").touch()
    assert "is a file" in cli("run", "--trail", "file").stderr
    assert cli("trail", "remove", "./logs").exit_code == 0


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://x", "neither s3://"),
        ("s3://", "names no bucket"),
        ("lookup://1/x", "no account"),
        ("sqs://somewhere", "names no queue"),
    ],
)
def test_an_address_that_means_nothing_is_refused(cli: Cli, url: str, why: str) -> None:
    result = cli("trail", "add", url)
    assert result.exit_code == 1
    assert why in result.output


def test_an_agent_forwards_once_and_says_why_it_could_not(cli: Cli, tmp_path: Path) -> None:
    made = cli("agent", "init", "--agent", "office", "--folder", str(tmp_path / "ca"))
    assert made.exit_code == 0, made.output
    theirs = tmp_path / "ca" / "agents" / "office"
    assert sorted(path.name for path in theirs.iterdir()) == ["agent.key", "agent.pem", "ca.pem"]
    authority = (tmp_path / "ca" / "ca.pem").read_bytes()
    cli("agent", "init", "--agent", "factory", "--folder", str(tmp_path / "ca"))
    assert (tmp_path / "ca" / "ca.pem").read_bytes() == authority
    revoked = cli("agent", "revoke", "office", "--folder", str(tmp_path / "ca"))
    assert "let in no longer" in revoked.stdout
    assert cli("agent", "revoke", "x", "--folder", str(tmp_path / "nowhere")).exit_code == 1
    (tmp_path / "logs").mkdir()
    run = ("agent", "run", "--to", "localhost:1", "--source", str(tmp_path / "logs"), "--once")
    missing = cli(*run, "--certificates", str(tmp_path))
    assert missing.exit_code == 1
    assert "agent init" in missing.output
    nothing = cli(*run, "--certificates", str(theirs))
    assert nothing.exit_code == 0, nothing.output
    assert "0 files delivered" in nothing.output


def test_verify_says_what_is_wrong(cli: Cli, tmp_path: Path, trail: SignedTrail) -> None:
    del trail.files[trail.logs[2]]
    trail.folder(tmp_path / "copy").close()
    (tmp_path / "key.pem").write_bytes(public_pem())
    day = DAY.isoformat()
    given = ("--since", day, "--until", day, "--public-key", str(tmp_path / "key.pem"))
    result = cli("verify", "--trail", str(tmp_path / "copy"), *given)
    assert result.exit_code == 1
    assert "missing file" in result.output
    assert "24 digests, 24 files: 2 findings" in result.output
    (tmp_path / "empty").mkdir()
    nothing = cli("verify", "--trail", str(tmp_path / "empty"), *given)
    assert nothing.exit_code == 1


def test_status_tells_what_the_sources_brought(cli: Cli, database: Database) -> None:
    now = datetime.now(UTC)
    with database.transaction("default") as conn:
        trail = objects.ensure_trail(conn, tenant_id="default", url="s3://logs")
        one: dict[str, Any] = {"tenant_id": "default", "trail_id": trail.trail_id}
        place = Place("1" * 12, "eu-west-1", "AWSLogs/1/CloudTrail/eu-west-1/")
        places.remember_regions(conn, **one, accounts=[], places=[(place, now)], now=now)
        places.note_calls(conn, **one, now=now, calls=2000)
        queues.keep_rejects(conn, **one, rejects=[queues.Reject("m", "not [JSON]", "x")])
        position = {"complete_until": now, "window_end": None, "open_to": None, "seen": []}
        where = {"account_id": "2" * 12, "region": "us-east-1"}
        lookups.keep_position(conn, **one, **where, position=position)
    said = cli("status").output
    assert "s3://logs: 1 account-regions, 0 hot; all listed 0 min ago or later" in said
    assert "LIST calls in 24 h: 2,000 (USD 0.01) in 1 ticks, at most 2,000 a tick" in said
    assert "LookupEvents of account 222222222222, us-east-1: complete as of 0 min ago" in said
    assert "Kept aside from the queue of s3://logs: not [JSON]" in said
