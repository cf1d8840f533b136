"""Records that nobody here wrote, held against counts taken from the raw lines."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cost_pipeline.orchestration.run_range import RunSummary
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import LogFolder, moment

RECORDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "cloudtrail"
REAL = ("invictus", "stratus", "cloudtrail_watcher", "traildiscover")
ODD = ("panther", "aws_docs")
PER_FILE = 250

# Calls that change the bill whenever AWS accepts them; none has a version in its name.
ALWAYS = {
    "RunInstances",
    "TerminateInstances",
    "StartInstances",
    "StopInstances",
    "AllocateAddress",
    "ReleaseAddress",
    "CreateNatGateway",
    "DeleteNatGateway",
    "CreateVolume",
    "DeleteVolume",
    "CreateSnapshot",
    "DeleteSnapshot",
    "CreateDBInstance",
    "DeleteDBInstance",
    "CreateSecret",
    "DeleteSecret",
    "CreateLoadBalancer",
    "CreateCacheCluster",
    "DeleteTrail",
    "StopLogging",
    "PutEventSelectors",
}
SOURCES = ("ec2", "rds", "secretsmanager", "elasticloadbalancing", "elasticache", "cloudtrail")

pytestmark = pytest.mark.skipif(
    not RECORDS.is_dir(), reason=f"the published records are not at {RECORDS}"
)
Runner = Callable[..., RunSummary]


def lines_of(name: str) -> list[bytes]:
    with gzip.open(RECORDS / f"{name}.jsonl.gz") as file:
        return [line.strip() for line in file if line.strip()]


def lay_out(folder: LogFolder, lines: list[bytes]) -> None:
    for start in range(0, len(lines), PER_FILE):
        content = b'{"Records":[' + b",".join(lines[start : start + PER_FILE]) + b"]}"
        folder.put_bytes(gzip.compress(content), moment(1, 20), f"{start:06d}")


def expected(lines: list[bytes]) -> Counter[tuple[str, str, str]]:
    """Accepted calls by (account, name, IAM user or empty), each eventID once."""
    calls = set()
    for record in map(json.loads, lines):
        service = record["eventSource"].removesuffix(".amazonaws.com")
        if record.get("errorCode") or record["eventName"] not in ALWAYS or service not in SOURCES:
            continue
        who = record["userIdentity"]
        user = who["userName"] if who.get("type") == "IAMUser" else ""
        calls.add((record["recipientAccountId"], record["eventName"], user, record["eventID"]))
    return Counter(call[:3] for call in calls)


@pytest.mark.parametrize("name", REAL)
def test_every_call_that_changes_the_bill_is_counted_with_its_account_and_user(
    name: str, folder: LogFolder, run: Runner, database: Database
) -> None:
    lines = lines_of(name)
    lay_out(folder, lines)
    summary = run()
    assert summary.failures == ()
    assert summary.records == len(lines)
    with database.transaction("default") as conn:
        rows = conn.execute(
            "SELECT account_id, event_name, CASE actor_kind WHEN 'user' THEN actor ELSE '' END"
            " AS actor, count(DISTINCT event_id) AS calls FROM cost_events"
            " WHERE event_name = ANY(%s) AND split_part(event_source, '.', 1) = ANY(%s)"
            " GROUP BY 1, 2, 3",
            [list(ALWAYS), list(SOURCES)],
        ).fetchall()
    found = {(r["account_id"], r["event_name"], r["actor"]): r["calls"] for r in rows}
    assert found == dict(expected(lines))
    assert found or name == "traildiscover"  # where every such call was refused


@pytest.mark.parametrize("name", REAL)
def test_refused_calls_cost_nothing_and_are_kept(
    name: str, folder: LogFolder, run: Runner, database: Database
) -> None:
    lines = lines_of(name)
    lay_out(folder, lines)
    run()
    failed = {r["eventID"]: r["errorCode"] for r in map(json.loads, lines) if r.get("errorCode")}
    with database.transaction("default") as conn:
        refused = conn.execute("SELECT event_id, error_code FROM refused_calls").fetchall()
        paid = conn.execute("SELECT event_id FROM cost_events").fetchall()
    assert {row["event_id"]: row["error_code"] for row in refused}.items() <= failed.items()
    assert not {row["event_id"] for row in paid} & failed.keys()
    tried = {
        r["eventID"]
        for r in map(json.loads, lines)
        if r.get("errorCode") and r["eventName"] == "RunInstances"
    }
    assert tried <= {row["event_id"] for row in refused}


@pytest.mark.parametrize("name", ODD)
def test_no_odd_record_vanishes_in_silence(
    name: str, folder: LogFolder, run: Runner, database: Database
) -> None:
    lines = lines_of(name)
    lay_out(folder, lines)
    summary = run()
    assert summary.failures == ()
    assert summary.records == len(lines)
    unreadable = sum(not isinstance(json.loads(line).get("eventID"), str) for line in lines)
    assert summary.quarantined >= unreadable > 0
    with database.transaction("default") as conn:
        rows: list[dict[str, Any]] = conn.execute(
            "SELECT reason, raw FROM quarantined_records"
        ).fetchall()
    assert len(rows) == summary.quarantined
    assert all(row["reason"] and row["raw"] for row in rows)
