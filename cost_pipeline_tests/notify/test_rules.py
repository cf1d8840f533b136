"""Who is told of what: routing, quiet hours, limits with folding, links, and ends of incidents."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest

from cost_pipeline.access.alert_links import AlertLinks
from cost_pipeline.access.keyring import Keyring
from cost_pipeline.notify import outbox
from cost_pipeline.notify.channel import DeliveryError
from cost_pipeline.notify.outbox import DeliveryReport
from cost_pipeline.store import feedback
from cost_pipeline.store.channels import Rules
from cost_pipeline.store.database import Database
from cost_pipeline_tests.notify.conftest import NOW, TENANT
from cost_pipeline_tests.notify.test_outbox import Recorder

Put = Callable[..., UUID]
Run = Callable[..., DeliveryReport]


@pytest.fixture
def run(database: Database) -> Run:
    def deliver(channel: Any, rules: Rules | None = None, *, minutes: float = 0) -> DeliveryReport:
        return outbox.run(
            database,
            tenant_id=TENANT,
            channels=[channel],
            rules={channel.name: rules or Rules(min_severity="low")},
            min_severity="low",
            dashboard_url="https://cost.test",
            now=NOW + timedelta(minutes=minutes),
            decisions=AlertLinks(Keyring.of("k" * 40), "https://cost.test", TENANT),
        )

    return deliver


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (Rules(min_severity="high"), 1),
        (Rules(min_severity="critical"), 0),
        (Rules(accounts=("1111*",)), 1),
        (Rules(accounts=("9*", "2222_2223333")), 0),
        (Rules(types=("rds_*", "ec2_instanc?")), 1),
        (Rules(types=("ec2%",)), 0),
        (Rules(wants=("daily",)), 0),
    ],
)
def test_a_channel_is_told_what_its_rules_say(
    anomaly: Put, run: Run, rules: Rules, told: int
) -> None:
    anomaly()
    assert run(Recorder(), rules).sent == told


def test_quiet_hours_hold_back_until_they_end_but_not_what_is_critical(
    database: Database, anomaly: Put, run: Run
) -> None:
    with database.admin() as conn:
        conn.execute("UPDATE tenants SET time_zone = 'Asia/Tokyo'")  # 21:00 there
    night = Rules(min_severity="low", quiet_from=time(20), quiet_until=time(6, 30))
    recorder = Recorder()
    anomaly()
    anomaly(severity="critical")
    run(recorder, night)
    assert [message.severity for message in recorder.messages] == ["critical"]
    run(recorder, night, minutes=9 * 60 + 29)
    assert len(recorder.messages) == 1
    run(recorder, night, minutes=9 * 60 + 30)
    assert len(recorder.messages) == 2
    all_quiet = Rules(quiet_from=time(20), quiet_until=time(6), critical_breaks_quiet=False)
    anomaly(severity="critical")
    assert run(Recorder("other"), all_quiet).sent == 0


def test_what_exceeds_a_limit_is_told_in_one_message(
    database: Database, anomaly: Put, run: Run
) -> None:
    recorder, few = Recorder(), Rules(min_severity="low", hourly_limit=2)
    for number in range(7):
        severity = "critical" if number == 6 else "medium"
        anomaly(severity=severity, projected_monthly_cost=100 + number)
    assert run(recorder, few).sent == 3
    assert [message.kind for message in recorder.messages] == ["anomaly", "anomaly", "folded"]
    assert recorder.messages[0].severity == "critical"
    last = recorder.messages[-1]
    assert last.subject.startswith("[medium] 5 more, $")
    assert len(last.facts["anomalies"]) == 5
    anomaly()
    assert run(recorder, few, minutes=3).sent == 0  # one of these in ten minutes
    assert run(recorder, few, minutes=11).sent == 1
    assert recorder.messages[-1].kind == "folded"
    anomaly()
    assert run(recorder, few, minutes=62).sent == 1
    assert recorder.messages[-1].kind == "anomaly"


def test_one_message_of_many_that_was_refused_comes_again_under_its_key(
    anomaly: Put, run: Run
) -> None:
    one = Rules(min_severity="low", hourly_limit=1)
    recorder = Recorder()
    for _ in range(4):
        anomaly()
        run(recorder, one)
    keys = {m.dedup_key for m in recorder.messages}

    class Refusing(Recorder):
        def send(self, message: Any) -> None:
            keys.add(message.dedup_key)
            raise DeliveryError("no")

    anomaly()
    run(Refusing(), one, minutes=20)
    run(recorder, one, minutes=25)
    assert recorder.messages[-1].dedup_key in keys


def test_an_alert_carries_links_that_stay_the_same(anomaly: Put, run: Run) -> None:
    anomaly()
    recorder = Recorder(error=DeliveryError("no"))
    run(recorder)
    recorder.error = None
    run(recorder, minutes=5)
    buttons = recorder.messages[0].buttons
    assert list(buttons) == ["Open", "Mine", "Expected", "Not mine"]
    assert buttons["Mine"].startswith("https://cost.test/decide/")
    assert buttons["Mine"] in recorder.messages[0].text
    assert buttons["Mine"] in recorder.messages[0].html


def test_what_was_answered_while_it_waited_is_not_told(
    database: Database, anomaly: Put, run: Run
) -> None:
    one = anomaly()
    recorder = Recorder(error=DeliveryError("no"))
    run(recorder)
    recorder.error = None
    with database.transaction(TENANT) as conn:
        feedback.decide(conn, tenant_id=TENANT, anomaly_id=one, decision="mine", by="ada")
    assert run(recorder, minutes=5).sent == 0


@dataclass
class Incidents(Recorder):
    """A channel that keeps incidents open until they are resolved."""

    resolves: bool = True


def test_an_incident_ends_once_somebody_has_dealt_with_it(
    database: Database, anomaly: Put, run: Run
) -> None:
    one, duty = anomaly(), Incidents()
    run(duty)
    with database.transaction(TENANT) as conn:
        feedback.decide(conn, tenant_id=TENANT, anomaly_id=one, decision="resolved", by="ada")
    run(duty, minutes=1)
    run(duty, minutes=2)
    opened, closed = duty.messages
    assert (opened.kind, closed.kind) == ("anomaly", "resolved")
    assert opened.incident == closed.incident
    plain = Recorder("plain")
    run(plain, minutes=3)
    assert plain.messages == []


def test_a_channel_that_fails_in_its_own_way_keeps_its_words_and_holds_up_no_other(
    database: Database, anomaly: Put
) -> None:
    class Broken(Recorder):
        def send(self, message: Any) -> None:
            raise KeyError("token-abc")

    anomaly()
    fine = Recorder("fine")
    report = outbox.run(
        database,
        tenant_id=TENANT,
        channels=[Broken("broken"), fine],
        min_severity="low",
        dashboard_url="https://cost.test",
        now=NOW,
    )
    assert (report.sent, report.failed) == (1, 1)
    with database.transaction(TENANT) as conn:
        rows = conn.execute("SELECT error FROM alerts WHERE error IS NOT NULL").fetchall()
    assert rows == [{"error": "the channel failed: KeyError"}]
