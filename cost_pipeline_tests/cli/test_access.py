"""Tokens and switches as people type them."""

import pytest

from cost_pipeline.store.database import Database
from cost_pipeline_tests.cli.conftest import Cli


def test_a_token_is_shown_once_and_can_be_revoked(cli: Cli, database_url: str) -> None:
    made = cli("token", "add", "grafana", "--scopes", "metrics,read", "--days", "9")
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert token.startswith("dd0c_")
    listed = cli("token", "list")
    assert "grafana" in listed.output
    assert token not in listed.output
    with Database(database_url) as db, db.admin() as conn:
        kept = str(conn.execute("SELECT t::text FROM api_tokens t").fetchall())
    assert token not in kept
    assert cli("token", "add", "grafana").exit_code == 1
    assert cli("token", "revoke", "grafana").exit_code == 0
    assert cli("token", "revoke", "grafana").exit_code == 1
    assert "revoked" in cli("token", "list").output


@pytest.mark.parametrize("scopes", ["", "everything", "read,everything"])
def test_a_scope_that_is_none_is_named(cli: Cli, scopes: str) -> None:
    refused = cli("token", "add", "x", "--scopes", scopes)
    assert refused.exit_code == 1
    assert "metrics" in refused.output


def test_every_switch_has_its_command(cli: Cli, database_url: str) -> None:
    assert "PANIC" in cli("panic", "on").output
    assert "Calls go out" in cli("panic", "off").output
    assert "nothing is sent" in cli("mode", "audit").output
    assert "alerts go out" in cli("mode", "enforce").output
    assert cli("flag", "set", "beta", "--owner", "ada", "--days", "7").exit_code == 0
    assert "ada" in cli("flag", "list").output
    assert cli("flag", "remove", "beta").exit_code == 0
    assert cli("flag", "remove", "beta").exit_code == 1
    assert cli("breaker", "open", "channel", "slack").exit_code == 0
    assert "open" in cli("breaker", "list").output
    assert cli("breaker", "close", "channel", "slack").exit_code == 0
    assert "closed" in cli("breaker", "list").output
    with Database(database_url) as db, db.admin() as conn:
        log = conn.execute("SELECT DISTINCT who, action FROM audit_log").fetchall()
    assert {row["who"] for row in log} == {"command line"}
    assert len(log) == 6
