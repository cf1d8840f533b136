"""What each command says and which exit code it gives, on a small real trail."""

import csv
import io
import json
import shlex
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from cost_pipeline.cli import app
from cost_pipeline.cli.main import plain_errors
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.rows import fill
from cost_pipeline_tests.cli.conftest import Cli
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, record, run_instances


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    """A trail in which somebody starts an expensive machine."""
    folder = LogFolder(tmp_path / "a trail")
    started = run_instances("e-1", moment(10), kind="p4d.24xlarge", count=8, actor="mallory")
    folder.put([started], moment(10, 9.2))
    return folder.root


def test_run_export_and_explain(cli: Cli, trail: Path) -> None:
    ran = cli("run", "--trail", str(trail))
    assert ran.exit_code == 0, ran.output
    assert "cost events" in ran.stderr
    exported = cli("export", "anomalies")
    (anomaly,) = [json.loads(line) for line in exported.stdout.splitlines()]
    assert anomaly["actor"] == "mallory"
    assert anomaly["event_ids"] == ["e-1"]
    assert anomaly["resource_ids"] == [f"i-e-1-{number}" for number in range(8)]
    assert anomaly["trigger_event_time"] == "2026-03-10T09:00:00+00:00"
    assert {
        "id", "tenant_id", "account_id", "region", "resource_type", "severity", "score",
        "first_event_time", "last_event_time", "trigger_event_id", "detected_at", "hourly_cost",
        "projected_monthly_cost", "one_time_cost", "reasons",
    } <= set(anomaly)  # fmt: skip
    explained = cli("explain", anomaly["id"])
    assert explained.exit_code == 0, explained.output
    assert anomaly["reasons"][0]["sentence"][:40] in explained.stdout
    assert "e-1" in explained.stdout
    assert "USD an hour as of 20" in explained.stdout
    assert "List prices of 20" in explained.stdout


def test_explain_counts_the_bounds_that_it_does_not_list(cli: Cli, database_url: str) -> None:
    with Database(database_url) as db:
        first, *_ = fill(db, "default", 12)
        with db.transaction("default") as conn:
            allowed = '{"worst_case_quantity": "100", "worst_case_hourly_cost": "9.6"}'
            conn.execute("UPDATE cost_events SET data = %s", [allowed])
            conn.execute("UPDATE anomaly_events SET anomaly_id = %s", [first])
    explained = cli("explain", str(first)).stdout
    assert explained.count("At worst 100, $9.60 an hour, by RunInstances of i-default-") == 10
    assert "And 2 more." in explained


def test_export_csv_of_a_range(cli: Cli, trail: Path) -> None:
    cli("run", "--trail", str(trail))
    rows = cli("export", "events", "--format", "csv", "--since", "2026-03-10").stdout
    assert [row["event_name"] for row in csv.DictReader(io.StringIO(rows))] == ["RunInstances"]
    assert cli("export", "events", "--since", "2026-03-11").stdout == ""
    assert cli("export", "zombies").exit_code == 0
    assert cli("export", "baselines").stdout.count("\n") >= 1


def test_an_export_tells_what_a_call_allows_at_most(cli: Cli, trail: Path) -> None:
    types = {"launchTemplate": {"overrides": [{"instanceType": "m5.large"}]}}
    group = {"autoScalingGroupName": "web", "maxSize": 100, "mixedInstancesPolicy": types}
    source = {"eventSource": "autoscaling.amazonaws.com", "awsRegion": "us-east-1"}
    call = record(
        "e-2", "CreateAutoScalingGroup", moment(10), "ada", requestParameters=group, **source
    )
    LogFolder(trail).put([call], moment(10, 9.3))
    cli("run", "--trail", str(trail))
    written = cli("export", "events", "--format", "csv").stdout
    told = {row["event_id"]: row for row in csv.DictReader(io.StringIO(written))}
    assert told["e-1"]["worst_case_hourly_cost"] == told["e-1"]["worst_case_is"] == ""
    assert told["e-2"]["worst_case_hourly_cost"] == "9.600"
    assert (told["e-2"]["worst_case_quantity"], told["e-2"]["worst_case_is"]) == ("100", "most")
    lines = map(json.loads, cli("export", "events").stdout.splitlines())
    assert {one["event_id"]: one["worst_case_hourly_cost"] for one in lines} == {
        "e-1": None,
        "e-2": 9.6,
    }


def test_a_file_that_cannot_be_read_is_a_failure(cli: Cli, trail: Path) -> None:
    (file,) = trail.rglob("*.json.gz")
    file.with_name("broken_" + file.name).write_bytes(b"\x1f\x8bnot gzip")
    ran = cli("run", "--trail", str(trail))
    assert ran.exit_code == 1
    assert "broken_" in ran.stderr
    (failed,) = [line for line in cli("status").stdout.splitlines() if line.startswith("Failed")]
    assert "broken_" in failed
    assert "gzip" in failed
    assert cli("export", "events").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--trail", "{tmp}/nothing"), "nothing"),
        (("run", "--since", "yesterday"), "yesterday"),
        (("export", "secrets"), "secrets"),
        (("explain", "00000000-0000-0000-0000-000000000000"), "there is no anomaly"),
        (("user", "disable", "nobody@x.test"), "there is no active user"),
        (("user", "add", "a@x.test", "--password", "short"), "at least 10 characters"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = cli(*(part.replace("{tmp}", str(tmp_path)) for part in arguments))
    assert result.exit_code != 0
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_database_that_is_not_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cost_pipeline.store.database._CONNECT_SECONDS", 0.5)
    result = cli("status", DATABASE_URL="postgresql://app@127.0.0.1:9/cost")
    assert result.exit_code == 1
    assert "DATABASE_URL is right" in " ".join(result.stderr.split())
    assert "Connection refused" in result.stderr
    assert "pool" not in result.stderr
    for command in ("up", "doctor"):
        result = cli(command, DATABASE_URL="postgresql://app@127.0.0.1:9/cost")
        assert "Connection refused" in " ".join(result.output.split()), command
        assert "broke off" not in result.output


@pytest.mark.parametrize("command", ["run", "status", "doctor", "up", "onboard"])
def test_a_setting_that_cannot_be_meant_is_named(cli: Cli, command: str) -> None:
    result = cli(command, DATABASE_URL="mysql://app:hidden@db/cost")
    assert result.exit_code == 1
    assert "DATABASE_URL: this is no Postgres's address" in result.stderr
    assert "hidden" not in result.output


def test_users(cli: Cli) -> None:
    assert "No users yet" in cli("user", "list").stdout
    added = cli(
        "user", "add", "Ada@x.test", "--role", "admin", COST_PIPELINE_PASSWORD="long enough"
    )
    assert added.exit_code == 0, added.output
    assert "ada@x.test" in cli("user", "list").stdout
    assert cli("user", "disable", "ada@x.test").exit_code == 0
    assert "yes" in cli("user", "list").stdout


def test_a_tenant_is_made_and_gets_its_own_rows_and_mornings(cli: Cli, trail: Path) -> None:
    nobody = cli("user", "add", "eve@x.test", "--tenant", "acme", COST_PIPELINE_PASSWORD="x" * 12)
    assert nobody.exit_code == 1
    assert "cost-pipeline tenant list" in nobody.stderr
    made = cli("tenant", "add", "acme", "--name", "Acme Ltd", "--time-zone", "Europe/Berlin")
    assert made.exit_code == 0, made.output
    assert cli("tenant", "set", "acme", "--time-zone", "Asia/Tokyo").exit_code == 0
    (row,) = [line for line in cli("tenant", "list").stdout.splitlines() if "acme" in line]
    assert "Acme Ltd" in row
    assert "Asia/Tokyo" in row
    assert cli("run", "--trail", str(trail), TENANT_ID="acme").exit_code == 0
    assert "Files: 1 done" in cli("status", "--tenant", "acme").stdout
    assert "No trail yet" in cli("status").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "default"), "there is a tenant 'default' already"),
        (("add", "Acme Ltd"), "is no tenant's id"),
        (("add", "acme", "--time-zone", "Mars/Olympus"), "is no time zone"),
        (("set", "acme", "--name", "x"), "there is no tenant 'acme'"),
        (("set", "default"), "--name or --time-zone"),
    ],
)
def test_a_tenant_that_cannot_be_is_refused(
    cli: Cli, arguments: tuple[str, ...], said: str
) -> None:
    refused = cli("tenant", *arguments)
    assert refused.exit_code == 1
    assert said in refused.stderr


def test_panic_is_one_switch_and_seen_everywhere(cli: Cli) -> None:
    assert "Calls go out" in cli("panic").stdout
    assert "PANIC" in cli("panic", "on").stdout
    assert "PANIC" in cli("status").stdout
    swept = cli("sweep")
    assert swept.exit_code == 1
    assert "panic is on" in swept.stderr
    assert "Calls go out" in cli("panic", "off").stdout


def test_status_and_doctor(cli: Cli, trail: Path) -> None:
    assert "No trail yet" in cli("status").stdout
    cli("run", "--trail", str(trail))
    assert "Files: 1 done" in cli("status").stdout
    examined = cli("doctor", "--json")
    findings = json.loads(examined.stdout)
    assert {finding["level"] for finding in findings} <= {"ok", "warning", "error"}
    assert all(finding["mend"] for finding in findings if finding["level"] != "ok")
    assert examined.exit_code == int(any(finding["level"] == "error" for finding in findings))


def test_the_iam_policy_only_reads(cli: Cli) -> None:
    policy = json.loads(cli("iam-policy", "--bucket", "b", "--prefix", "p/").stdout)
    actions = [action for part in policy["Statement"] for action in part["Action"]]
    verbs = ("Describe", "Get", "List", "BatchGet", "Search", "View", "GET")
    assert [action for action in actions if not action.split(":")[1].startswith(verbs)] == []
    assert "arn:aws:s3:::b/p/AWSLogs/*" in json.dumps(policy)


def _commands() -> list[tuple[str, ...]]:
    root = get_command(app)
    names = getattr(root, "commands", {})
    return [(name,) for name in names] + [
        ("user", name) for name in getattr(names["user"], "commands", {})
    ]


@pytest.mark.parametrize("command", _commands())
def test_every_command_teaches(cli: Cli, command: tuple[str, ...]) -> None:
    shown = cli(*command, "--help")
    assert shown.exit_code == 0
    assert "Usage: " in shown.stdout
    assert "\\b" not in shown.stdout


def test_the_examples_in_the_help_name_real_commands_and_options() -> None:
    root = get_command(app)
    for command in getattr(root, "commands", {}).values():
        for line in (command.help or "").splitlines():
            if line.strip().startswith("cost-pipeline"):
                _understood(root, line.partition("|")[0].partition(">")[0])


def _understood(command: object, line: str) -> None:
    """Follows a line's words from command to command, and looks its options up."""
    words = shlex.split(line, comments=True)[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    known = {option for param in command.params for option in param.opts}  # type: ignore[attr-defined]
    assert not hasattr(command, "commands"), line
    assert {word for word in words if word.startswith("--")} <= known, line


def test_a_connection_that_postgres_ends_is_said_in_words(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, plain_errors(), database.admin() as conn:
        conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert ended.value.exit_code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("Error: Postgres broke off: terminating connection")
    assert said.endswith("run this again.")
