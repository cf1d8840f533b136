"""Who is told of what, how often, and what happens when a channel does not take it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from cost_pipeline.notify import outbox
from cost_pipeline.notify.channels import DeliveryError, Slack
from cost_pipeline.notify.message import Message
from cost_pipeline.notify.outbox import DeliveryReport
from cost_pipeline.store import feedback, governance
from cost_pipeline.store.database import Database
from cost_pipeline_tests.notify.conftest import NOW, TENANT, Webhook


@dataclass
class Recorder:
    """A channel that keeps its messages, and fails while the test says so."""

    name: str = "recorder"
    messages: list[Message] = field(default_factory=list)
    attempts: int = 0
    error: DeliveryError | None = None

    def send(self, message: Message) -> None:
        self.attempts += 1
        if self.error is not None:
            raise self.error
        self.messages.append(message)


Run = Callable[..., DeliveryReport]


@pytest.fixture
def run(database: Database) -> Run:
    def deliver(*channels: Any, hours: float = 0, min_severity: str = "medium") -> DeliveryReport:
        return outbox.run(
            database,
            tenant_id=TENANT,
            channels=channels,
            min_severity=min_severity,
            dashboard_url="https://cost.test/",
            now=NOW + timedelta(hours=hours),
        )

    return deliver


def test_what_costs_nothing_an_hour_is_told_once(anomaly: Callable[..., UUID], run: Run) -> None:
    anomaly(hourly_cost=0, one_time_cost=90_000, title="ada bought a Savings Plan")
    one = Recorder()
    assert [run(one).sent, run(one).sent, run(one).sent] == [1, 0, 0]


def test_an_alert_says_how_its_price_came_about_and_of_when_it_is(
    anomaly: Callable[..., UUID], run: Run, database: Database
) -> None:
    event, one = uuid4(), Recorder()
    anomaly(trigger_cost_event=event)
    price = "8 × EC2 p4d.24xlarge linux (32.77 USD an hour as of 2026-07-20)"
    with database.transaction(TENANT) as conn:
        conn.execute(
            "INSERT INTO cost_events (id, tenant_id, event_id, ordinal, event_time, partition_day,"
            " account_id, region, event_source, event_name, service, resource_type, action, actor,"
            " actor_kind, price_basis, data) VALUES (%s, %s, 'e-1', 0, %s, %s, '1', 'eu-west-1',"
            " 'ec2.amazonaws.com', 'RunInstances', 'ec2', 'ec2_instance', 'start', 'ada', 'user',"
            " 'list', %s)",
            [event, TENANT, NOW, NOW.date(), Jsonb({"price": price})],
        )
    run(one)
    (message,) = one.messages
    assert f"Price    {price}" in message.text
    assert price in message.html
    assert ("Price", price) in message.fields


def test_one_alert_for_each_anomaly_and_channel(anomaly: Callable[..., UUID], run: Run) -> None:
    anomaly_id = anomaly()
    one, two = Recorder("one"), Recorder("two")
    assert run(one, two).sent == 2
    assert run(one, two).sent == 0
    message = one.messages[0]
    assert message.subject == "[high] ada started 3 × p4d.24xlarge"
    assert f"https://cost.test/anomalies?anomaly={anomaly_id}" in message.text
    assert "$98.32 an hour" in message.text
    assert "40 times what is usual" in message.html


@pytest.mark.parametrize(
    ("change", "alerts"),
    [
        ({"hourly_cost": 150.0}, 1),
        ({"hourly_cost": 196.64}, 2),
        ({"severity": "critical"}, 2),
        ({"severity": "medium"}, 1),
    ],
)
def test_told_again_when_it_gets_worse(
    anomaly: Callable[..., UUID], run: Run, change: dict[str, Any], alerts: int
) -> None:
    recorder, event = Recorder(), UUID(int=7)
    anomaly_id = anomaly(events=[event])
    run(recorder)
    anomaly(id=anomaly_id, events=[event], **change)
    run(recorder)
    run(recorder)
    assert len(recorder.messages) == alerts
    assert len({message.dedup_key for message in recorder.messages}) == alerts


def test_an_anomaly_under_another_id_but_with_the_same_event_is_not_news(
    anomaly: Callable[..., UUID], run: Run
) -> None:
    recorder, event = Recorder(), UUID(int=7)
    anomaly(events=[event])
    run(recorder)
    anomaly(events=[UUID(int=6), event])
    assert run(recorder).queued == 0


@pytest.mark.parametrize(
    "quiet",
    [
        {"backfilled": True},
        {"trigger_event_time": NOW - timedelta(hours=25)},
        {"severity": "low"},
    ],
)
def test_what_nobody_needs_to_hear(
    anomaly: Callable[..., UUID], run: Run, quiet: dict[str, Any]
) -> None:
    anomaly(**quiet)
    assert run(Recorder()).queued == 0


def test_what_people_dealt_with_is_quiet_until_it_is_reopened(
    database: Database, anomaly: Callable[..., UUID], run: Run
) -> None:
    anomaly_id = anomaly()

    def decide(decision: feedback.Kind) -> None:
        with database.transaction(TENANT) as conn:
            feedback.decide(
                conn, tenant_id=TENANT, anomaly_id=anomaly_id, decision=decision, by="ada"
            )

    decide("snoozed")
    decide("comment")
    assert run(Recorder()).queued == 0
    decide("reopened")
    assert run(Recorder()).queued == 1


@pytest.mark.parametrize(("key", "value"), [("panic", True), ("mode", "audit")])
def test_panic_and_audit_mode_are_silent(
    database: Database, anomaly: Callable[..., UUID], run: Run, key: str, value: object
) -> None:
    anomaly()
    recorder = Recorder()
    with database.transaction(TENANT) as conn:
        governance.put(conn, tenant_id=TENANT, key=key, value=value, by="ada")
    assert run(recorder).silenced
    assert recorder.messages == []


def test_panic_in_the_middle_of_a_storm_stops_it(
    database: Database, anomaly: Callable[..., UUID], run: Run
) -> None:
    for _ in range(5):
        anomaly()

    class Panicking(Recorder):
        def send(self, message: Message) -> None:
            super().send(message)
            with database.transaction(TENANT) as conn:
                governance.put(conn, tenant_id=TENANT, key="panic", value=True, by="ada")

    recorder = Panicking()
    assert run(recorder).silenced
    assert len(recorder.messages) == 1


def test_a_refusal_is_retried_later_and_later_under_the_same_key(
    anomaly: Callable[..., UUID], run: Run
) -> None:
    anomaly()
    recorder = Recorder(error=DeliveryError("no"))
    assert run(recorder).failed == 1
    assert run(recorder).failed == 0
    assert run(recorder, hours=0.01).failed == 1
    recorder.error = None
    assert run(recorder, hours=0.02).sent == 0
    assert run(recorder, hours=0.03).sent == 1
    assert recorder.attempts == 3


def test_given_up_after_the_eighth_attempt(
    database: Database, anomaly: Callable[..., UUID], run: Run
) -> None:
    anomaly()
    recorder = Recorder(error=DeliveryError("no such user"))
    for attempt in range(10):
        run(recorder, hours=attempt * 2)
    assert recorder.attempts == 8
    with database.transaction(TENANT) as conn:
        row = conn.execute("SELECT state, error FROM alerts").fetchone()
    assert row == {"state": "failed", "error": "no such user"}


def test_a_channel_that_refuses_is_asked_once_a_run_and_holds_up_no_other(
    anomaly: Callable[..., UUID], run: Run
) -> None:
    for _ in range(3):
        anomaly()
    bad, good = Recorder("bad", error=DeliveryError("down")), Recorder("good")
    report = run(bad, good)
    assert (bad.attempts, report.sent, report.failed) == (1, 3, 1)


def test_retry_after_is_kept_to(anomaly: Callable[..., UUID], run: Run, webhook: Webhook) -> None:
    anomaly()
    webhook.status, webhook.headers = 429, {"Retry-After": "600"}
    assert run(Slack(webhook.url)).failed == 1
    webhook.status = 200
    assert run(Slack(webhook.url), hours=0.16).sent == 0
    assert run(Slack(webhook.url), hours=0.17).sent == 1
    header, money, reasons, actions = webhook.posts[-1]["blocks"]
    assert header["text"]["text"] == "🟠 ada started 3 × p4d.24xlarge"
    assert "$98.32" in money["fields"][0]["text"]
    assert "40 times" in str(reasons["elements"])
    assert actions["elements"][0]["url"].startswith("https://cost.test/anomalies?anomaly=")


def test_a_channel_that_is_gone_leaves_nothing_waiting(
    anomaly: Callable[..., UUID], run: Run
) -> None:
    anomaly()
    run(Recorder("old", error=DeliveryError("down")))
    new = Recorder("new")
    assert run(new, hours=1).sent == 1
    assert run(Recorder("old"), hours=2).sent == 0
