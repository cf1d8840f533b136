"""Channels and signals that are left alone, the operator who is told, and panic in a storm."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from cost_pipeline.notify import outbox
from cost_pipeline.notify.channels import DeliveryError
from cost_pipeline.notify.message import Message
from cost_pipeline.store import breakers, feedback, flags, governance
from cost_pipeline.store.database import Database
from cost_pipeline_tests.notify.conftest import NOW, TENANT

Put = Callable[..., UUID]


@dataclass
class Recorder:
    """A channel that keeps what it gets, or refuses it."""

    name: str = "recorder"
    refuses: bool = False
    seconds: float = 0.0
    messages: list[Message] = field(default_factory=list)
    tried: int = 0

    def send(self, message: Message) -> None:
        """Takes it, after a while."""
        self.tried += 1
        time.sleep(self.seconds)
        if self.refuses:
            raise DeliveryError("it said 500")
        self.messages.append(message)


def _run(database: Database, *channels: Recorder, later: timedelta = timedelta(0)) -> Any:
    return outbox.run(
        database,
        tenant_id=TENANT,
        channels=list(channels),
        min_severity="low",
        dashboard_url="http://x.test",
        now=NOW + later,
    )


def _states(database: Database, kind: str) -> dict[str, str]:
    with database.transaction(TENANT) as conn:
        rows = breakers.listing(conn, tenant_id=TENANT)
    return {row["name"]: row["state"] for row in rows if row["kind"] == kind}


def test_a_channel_that_keeps_refusing_is_left_alone_and_the_operator_is_told_once(
    database: Database, anomaly: Put
) -> None:
    for _ in range(8):
        anomaly()
    broken, fine = Recorder("slack", refuses=True), Recorder("email")
    for minute in range(0, 12, 2):
        _run(database, broken, fine, later=timedelta(minutes=minute))
    assert _states(database, "channel") == {"slack": "open"}
    assert broken.tried == 5
    told = [message for message in fine.messages if "breaker" in message.subject]
    assert len(told) == 1
    assert "it said 500" in told[0].text
    broken.refuses = False
    _run(database, broken, fine, later=timedelta(minutes=20))
    assert _states(database, "channel") == {"slack": "closed"}
    assert len(broken.messages) == 8


def test_a_signal_that_floods_is_put_on_hold_but_never_what_is_critical(
    database: Database, anomaly: Put
) -> None:
    with database.admin() as conn:
        conn.execute("""UPDATE tenants SET settings = '{"breakers": {"alerts_an_hour": 5}}'""")
    for _ in range(6):
        anomaly(severity="high")
    anomaly(severity="critical")
    other = [{"signal": "novel_actor", "sentence": "Never seen before."}]
    anomaly(severity="low", reasons=other)
    channel = Recorder()
    report = _run(database, channel)
    assert _states(database, "signal") == {"z": "open"}
    assert report.held == 6
    assert sorted(m.severity for m in channel.messages if "breaker" not in m.subject) == [
        "critical",
        "low",
    ]
    assert any("breaker of signal z" in m.subject for m in channel.messages)
    _run(database, channel, later=timedelta(minutes=30))
    assert len(channel.messages) == 3
    with database.transaction(TENANT) as conn:
        breakers.close(conn, tenant_id=TENANT, kind="signal", name="z", by="ada")
    with database.admin() as conn:
        conn.execute("UPDATE tenants SET settings = '{}'")
    _run(database, channel, later=timedelta(minutes=40))
    assert len(channel.messages) == 9


def test_a_signal_that_people_keep_calling_expected_is_put_on_hold(
    database: Database, anomaly: Put
) -> None:
    with database.admin() as conn:
        conn.execute("""UPDATE tenants SET settings = '{"breakers": {"expected_a_day": 2}}'""")
    for _ in range(3):
        one = anomaly()
        with database.transaction(TENANT) as conn:
            feedback.decide(conn, tenant_id=TENANT, anomaly_id=one, decision="expected", by="ada")
            conn.execute("UPDATE feedback SET decided_at = %s", [NOW])
    _run(database, Recorder())
    assert _states(database, "signal") == {"z": "open"}
    _run(database, Recorder(), later=timedelta(minutes=70))
    assert _states(database, "signal") == {"z": "half-open"}
    _run(database, Recorder(), later=timedelta(minutes=80))
    assert _states(database, "signal") == {"z": "closed"}


def test_panic_stops_a_storm_of_messages_within_seconds(database: Database, anomaly: Put) -> None:
    for _ in range(60):
        anomaly(id=uuid4())
    channel = Recorder(seconds=0.05)
    storm = threading.Thread(target=_run, args=(database, channel))
    storm.start()
    while not channel.messages:
        time.sleep(0.01)
    with database.transaction(TENANT) as conn:
        governance.put(conn, tenant_id=TENANT, key=governance.PANIC, value=True, by="ada")
    storm.join(timeout=10)
    assert not storm.is_alive()
    sent = len(channel.messages)
    assert sent < 60
    assert _run(database, channel).silenced
    assert len(channel.messages) == sent
    with database.transaction(TENANT) as conn:
        governance.put(conn, tenant_id=TENANT, key=governance.PANIC, value=False, by="ada")
    channel.seconds = 0
    _run(database, channel)
    assert len(channel.messages) == 60


def test_a_flag_keeps_alerts_in_until_it_ends(database: Database, anomaly: Put) -> None:
    anomaly()
    with database.transaction(TENANT) as conn:
        flags.put(
            conn, tenant_id=TENANT, name=outbox.LIVE_ALERTS, enabled=False, owner="ada",
            expires_at=NOW + timedelta(hours=1), by="ada",
        )  # fmt: skip
    channel = Recorder()
    assert _run(database, channel).silenced
    assert _run(database, channel, later=timedelta(hours=2)).sent == 1
