"""What an anomaly may come to, in every message: one line beside its cost, or nothing."""

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from cost_pipeline.core.worst_case import OF_ANOMALY
from cost_pipeline.notify import outbox
from cost_pipeline.notify.digest import write_digest
from cost_pipeline.notify.message import Message
from cost_pipeline.store.channels import Rules
from cost_pipeline.store.database import Database
from cost_pipeline_tests.notify.conftest import NOW, TENANT
from cost_pipeline_tests.notify.test_outbox import Recorder

GROUP = {"worst_case_quantity": "100", "worst_case_hourly_cost": "310"}
SHORT = "$310.00 an hour, all 100 allowed"
Put = Callable[..., UUID]


@pytest.fixture
def may_grow(database: Database, anomaly: Put) -> Put:
    """Puts an anomaly of one call for each bound."""

    def put(*bounds: dict[str, str], **changes: Any) -> UUID:
        calls = [uuid4() for _ in bounds]
        found = anomaly(events=calls, **changes)
        with database.transaction(TENANT) as conn:
            for event, data in zip(calls, bounds, strict=True):
                conn.execute(
                    "INSERT INTO cost_events (id, tenant_id, event_id, ordinal, event_time,"
                    " partition_day, account_id, region, event_source, event_name, service,"
                    " resource_type, resource_ids, action, actor, actor_kind, hourly_cost,"
                    " price_basis, data) VALUES (%s, %s, %s, 0, %s, %s, '1', 'eu-west-1', 'a', "
                    " 'CreateAutoScalingGroup', 'autoscaling', 'group', %s, 'start', 'ada',"
                    " 'user', 0, 'list', %s)",
                    [event, TENANT, event, NOW, NOW.date(), [str(event)], Jsonb(data)],
                )
        return found

    return put


def _sent(database: Database, rules: Rules) -> list[Message]:
    recorder = Recorder()
    outbox.run(
        database,
        tenant_id=TENANT,
        channels=[recorder],
        rules={recorder.name: rules},
        min_severity="low",
        dashboard_url="https://cost.test",
        now=NOW + timedelta(minutes=1),
    )
    return recorder.messages


def test_an_alert_tells_the_costliest_bound_in_a_line(database: Database, may_grow: Put) -> None:
    may_grow(GROUP, {"worst_case_quantity": "2", "worst_case_hourly_cost": "7"})
    (message,) = _sent(database, Rules(min_severity="low"))
    line = f"{SHORT} by CreateAutoScalingGroup, the costliest of 2"
    assert [one for one in message.text.splitlines() if "worst" in one] == [f"At worst {line}"]
    assert message.html.count(line) == 1
    assert ("At worst", line) in message.fields
    assert ("An hour", "$98.32") in message.fields
    assert json.loads(json.dumps(message.facts))["worst_case_hourly_cost"] == 310
    assert message.facts["hourly_cost"] == 98.32


def test_what_cannot_grow_says_nothing_of_it(
    database: Database, anomaly: Put, tmp_path: Path
) -> None:
    anomaly()
    (message,) = _sent(database, Rules(min_severity="low"))
    told = (message.text, message.html, message.fields, message.lines, message.facts)
    assert "worst" not in str(told)
    digest = _digest(database, tmp_path)
    for name in ("digest.html", "digest.txt", "digest.md"):
        assert "worst" not in digest[name], name


def test_of_many_at_once_each_tells_it_in_its_line(database: Database, may_grow: Put) -> None:
    for bounds in ((), (GROUP,), ({"worst_case_quantity": "1", "worst_case_is": "each"},)):
        may_grow(*bounds, severity="medium")
    (message,) = _sent(database, Rules(min_severity="low", hourly_limit=0))
    assert message.kind == "folded"
    told = [line.partition("; at worst ")[2] for line in message.lines]
    assert sorted(told) == ["", SHORT, "what no record says, each use"]
    assert f"; at worst {SHORT} (account" in message.text
    assert f"At worst {SHORT}." in message.html
    kept = [set(OF_ANOMALY) & set(one) for one in message.facts["anomalies"]]
    assert sorted(map(len, kept)) == [0, 5, 5]
    assert message.subject == "[medium] 3 more, $215,320.80 a month together"


def test_every_form_of_a_digest_tells_it_and_no_sum_has_it(
    database: Database, may_grow: Put, tmp_path: Path
) -> None:
    may_grow(GROUP)
    files = _digest(database, tmp_path)
    for name in ("digest.html", "digest.txt"):
        assert f"by Monday 09:00; at worst {SHORT}." in files[name], name
    assert f"$71,773.60; at worst {SHORT} |" in files["digest.md"]
    (row,) = csv.DictReader(files["anomalies.csv"].splitlines())
    told = [row[name] for name in OF_ANOMALY]
    assert told == ["310", "100", "most", "CreateAutoScalingGroup", "1"]
    facts = json.loads(files["digest.json"])
    assert facts["anomalies"][0]["worst_case_hourly_cost"] == "310"
    assert "310" not in str(facts["totals"])


def _digest(database: Database, folder: Path) -> dict[str, str]:
    written = write_digest(
        database,
        tenant_id=TENANT,
        day=NOW.date(),
        folder=folder,
        dashboard_url="https://cost.test",
    )
    assert len(written.message.lines) == 1
    return {
        path.name: path.read_text() for path in written.folder.iterdir() if path.suffix != ".png"
    }
