"""The catalog on the command line, which needs no database."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cost_pipeline.cli import app

RUN = CliRunner()
PLAIN = {
    "eventID": "e-1",
    "eventTime": "2026-01-05T10:00:00Z",
    "eventSource": "ec2.amazonaws.com",
    "awsRegion": "us-east-1",
    "recipientAccountId": "111122223333",
    "userIdentity": {"type": "IAMUser", "userName": "ada", "arn": "arn:aws:iam::1:user/ada"},
    "readOnly": False,
}
LAUNCH = PLAIN | {
    "eventName": "RunInstances",
    "requestParameters": {"instanceType": "m5.large", "clientToken": "x"},
    "responseElements": {
        "instancesSet": {"items": [{"instanceId": "i-1", "instanceType": "m5.large"}]}
    },
}
GROUP = PLAIN | {
    "eventSource": "eks.amazonaws.com",
    "eventName": "CreateNodegroup",
    "requestParameters": {
        "clusterName": "prod",
        "nodegroupName": "w",
        "instanceTypes": ["m5.large"],
        "scalingConfig": {"desiredSize": 2, "maxSize": 100},
    },
}
FUNCTION = PLAIN | {
    "eventSource": "lambda.amazonaws.com",
    "eventName": "CreateFunction20150331",
    "requestParameters": {"functionName": "resize", "memorySize": 2048},
}
UNKNOWN = PLAIN | {"eventName": "MakeMagic"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log in JSON lines, beside a file that is none."""
    (tmp_path / "broken.json").write_text("{")
    file = tmp_path / "log.jsonl"
    file.write_text("\n".join(map(json.dumps, (LAUNCH, GROUP, FUNCTION, UNKNOWN))))
    return file


def test_the_catalog_is_counted() -> None:
    said = RUN.invoke(app, ["catalog"]).stdout
    assert "priced from the record" in said
    assert "left out, with the reason" in said


def test_gaps_of_a_log_are_shown(log: Path) -> None:
    said = RUN.invoke(app, ["catalog", "check", str(log)]).stdout
    assert "MakeMagic" in said
    assert "1 unknown mutating, 3 known, 0 ignored, 0 read only" in said


def test_gaps_of_a_folder_are_written_for_programs(log: Path) -> None:
    ran = RUN.invoke(app, ["catalog", "check", str(log.parent), "--format", "json"])
    document = json.loads(ran.stdout)
    assert document["totals"]["unknown_mutating"] == 1
    assert document["calls"][0]["name"] == "MakeMagic"
    assert "broken.json" in ran.stderr.replace("\n", "")


def test_a_log_is_explained(log: Path) -> None:
    said = RUN.invoke(app, ["explain", str(log)]).stdout
    assert "m5.large × 1, start, by ada" in said
    assert "EC2 m5.large linux" in said
    assert "belongs to eks/prod" in said
    assert "at worst: 100, $9.60 an hour" in said
    assert "for each use: 1, $0.12 an hour" in said
    assert "3 cost events" in said


def test_what_is_neither_file_nor_anomaly_is_said() -> None:
    ran = RUN.invoke(app, ["explain", "nothing"])
    assert ran.exit_code == 1
    assert "neither a file nor the id of an anomaly" in ran.stderr
