"""From an address to the first anomalies, over a folder and over S3's protocol."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from cost_pipeline.store import onboarding
from cost_pipeline.store.database import Database
from cost_pipeline_tests.cli.conftest import Cli
from cost_pipeline_tests.fixtures.trail import LogFolder, on, ordinary_day, record, run_instances

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
def trail(tmp_path: Path) -> LogFolder:
    """Three days, on the last of which somebody starts an expensive fleet."""
    folder = LogFolder(tmp_path / "trail")
    for back in (3, 2):
        day = YESTERDAY - timedelta(days=back)
        folder.put(ordinary_day(day), on(day, 20))
    mining = run_instances("mining", on(YESTERDAY), kind="p4d.24xlarge", count=8, actor="mallory")
    folder.put([mining], on(YESTERDAY, 9.2))
    return folder


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def _latest(database_url: str) -> dict[str, Any]:
    with Database(database_url) as db, db.transaction("default") as conn:
        return onboarding.latest(conn, tenant_id="default")[0]


def test_a_dry_run_estimates_and_reads_nothing(
    cli: Cli, trail: LogFolder, database_url: str
) -> None:
    done = cli("onboard", str(trail.root), "--dry-run")
    assert done.exit_code == 0, done.output
    assert "1 accounts deliver from 1 regions" in done.stdout
    assert "Nothing was read" in done.stdout
    kept = _latest(database_url)
    assert (kept["state"], kept["files"]) == ("estimated", 0)
    assert kept["estimate"]["files"] == 3
    assert kept["estimate"]["records"] == 13
    assert kept["estimate"]["usd"] == 0


def test_it_ends_in_the_first_anomalies(cli: Cli, trail: LogFolder, database_url: str) -> None:
    done = cli("onboard", str(trail.root), "--yes")
    assert done.exit_code == 0, done.output
    assert "mallory" in done.stdout.partition("The first anomalies")[2]
    kept = _latest(database_url)
    assert (kept["state"], kept["files"], kept["files_done"]) == ("done", 3, 3)
    assert kept["result"]["anomalies"] == 1
    assert kept["progress"]["cost_events"]["done"] == kept["progress"]["cost_events"]["total"]


def test_the_first_anomalies_say_what_they_may_come_to(cli: Cli, trail: LogFolder) -> None:
    types = {"launchTemplate": {"overrides": [{"instanceType": "p4d.24xlarge"}]}}
    asked = {"autoScalingGroupName": "gpu", "maxSize": 100, "mixedInstancesPolicy": types}
    grown = record(
        "grown",
        "CreateAutoScalingGroup",
        on(YESTERDAY, 8.9),
        "mallory",
        eventSource="autoscaling.amazonaws.com",
        requestParameters=asked,
    )
    launched = run_instances("launched", on(YESTERDAY), kind="p4d.24xlarge", actor="mallory")
    tag = {"key": "aws:autoscaling:groupName", "value": "gpu"}
    launched["requestParameters"]["tagSpecificationSet"] = {
        "items": [{"resourceType": "instance", "tags": [tag]}]
    }
    trail.put([grown, launched], on(YESTERDAY, 9.3), name="bbbb")
    told = cli("onboard", str(trail.root), "--yes").stdout.partition("The first anomalies")[2]
    (line,) = (line for line in told.splitlines() if "at worst" in line)
    assert "an hour, all 100 allowed" in line


def test_a_trail_is_found_and_estimated_by_itself(
    cli: Cli, trail: LogFolder, aws: str, database_url: str
) -> None:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    s3 = boto3.client("s3", endpoint_url=aws, region_name="us-east-1", **keys)
    s3.create_bucket(Bucket="their-logs")
    for path in trail.root.rglob("*.json.gz"):
        key = path.relative_to(trail.root).as_posix()
        s3.put_object(Bucket="their-logs", Key=key, Body=path.read_bytes())
    cloudtrail = boto3.client("cloudtrail", endpoint_url=aws, region_name="us-east-1", **keys)
    cloudtrail.create_trail(Name="all", S3BucketName="their-logs", IsMultiRegionTrail=True)
    done = cli("onboard", "--dry-run", "--endpoint-url", aws, "--no-sweep", **KEYS)
    assert done.exit_code == 0, done.output
    assert "s3://their-logs" in done.stdout
    assert "✓ s3:GetObject" in done.stdout
    assert "does not log" in done.stdout
    kept = _latest(database_url)
    assert kept["place"] == "s3://their-logs"
    assert kept["found"]["trails"][0]["name"] == "all"
    assert kept["estimate"]["list_calls"] == 3
    assert kept["estimate"]["usd"] > 0


def test_what_is_missing_is_named_and_nothing_is_registered(
    cli: Cli, aws: str, database_url: str
) -> None:
    arguments = ("s3://nowhere", "--endpoint-url", aws, "--no-sweep", "--yes")
    done = cli("onboard", *arguments, **KEYS)
    assert done.exit_code == 1
    assert "no such bucket" in done.stdout
    assert _latest(database_url)["missing"] == ["s3:ListBucket"]
    with Database(database_url) as db, db.transaction("default") as conn:
        assert conn.execute("SELECT FROM trails").fetchall() == []


def test_the_agent_is_offered_first_and_certified(
    cli: Cli, tmp_path: Path, database_url: str
) -> None:
    done = cli("onboard", "--agent", "office", "--host", "receiver.example.com", "--yes")
    assert done.exit_code == 0, done.output
    assert "agent run --to receiver.example.com:8443" in done.stdout
    assert (tmp_path / "home" / "agent" / "agents" / "office" / "agent.pem").exists()
    assert _latest(database_url)["state"] == "waiting"
    assert "recommended" in cli("onboard").stdout


def test_panic_holds_here_too(cli: Cli, aws: str) -> None:
    cli("panic", "on")
    done = cli("onboard", "s3://logs", "--endpoint-url", aws, "--yes", **KEYS)
    assert done.exit_code == 1
    assert "panic is on" in done.stderr
