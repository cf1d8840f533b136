"""What people ask of the pipeline in the app is done by the pipeline, and answered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from cost_pipeline.notify.channels import Route
from cost_pipeline.orchestration import answering, telling
from cost_pipeline.orchestration.judging import judge_day
from cost_pipeline.settings import Settings
from cost_pipeline.store import (
    accounts,
    governance,
    inventory,
    requests,
    zombie_choices,
    zombies,
)
from cost_pipeline.store.channels import Rules
from cost_pipeline.store.database import Database
from cost_pipeline_tests.notify.test_outbox import Recorder

MOTO_ACCOUNT = "123456789012"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home of the test's own, and no mail."""
    settings = Settings(home=tmp_path, smtp_host=None)
    for module in (answering, telling):
        monkeypatch.setattr(module, "settings", lambda: settings)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An AWS of our own, with credentials that it takes."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    settings = Settings(endpoint_url=f"http://{host}:{port}", aws_region="eu-west-1")
    monkeypatch.setattr(answering, "settings", lambda: settings)
    yield str(settings.endpoint_url)
    server.stop()


def _ask(database: Database, kind: requests.Kind, subject: str) -> dict[str, Any]:
    with database.transaction("default") as conn:
        assert requests.ask(conn, tenant_id="default", kind=kind, subject=subject, by="ada")
        again = requests.ask(conn, tenant_id="default", kind=kind, subject=subject, by="ada")
        assert not again, "one of a kind waits at a time"
    assert answering.answer_waiting(database, "default") == 1
    assert answering.answer_waiting(database, "default") == 0
    with database.transaction("default") as conn:
        return requests.latest(conn, tenant_id="default", kind=kind)[subject]


def test_an_account_is_entered_with_calls_that_read(database: Database, aws: str) -> None:
    with database.transaction("default") as conn:
        role = f"arn:aws:iam::{MOTO_ACCOUNT}:role/dd0c"
        accounts.put(
            conn,
            tenant_id="default",
            account_id=MOTO_ACCOUNT,
            role_arn=role,
            external_id="a-secret",
        )
    said = _ask(database, "account", MOTO_ACCOUNT)
    assert said["ok"], said["answer"]
    assert "assumed-role/dd0c" in said["answer"]
    other = _ask(database, "account", "999999999999")
    assert not other["ok"]
    assert "belong to account" in other["answer"]


def test_what_nobody_foresaw_is_answered_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> str:
        raise KeyError("colour")

    monkeypatch.setitem(answering._DOERS, "account", broken)
    said = _ask(database, "account", MOTO_ACCOUNT)
    assert not said["ok"]
    assert "It failed (KeyError)" in said["answer"]


def test_the_credentials_at_hand_are_not_lent_to_other_tenants(
    database: Database, aws: str
) -> None:
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('acme', 'Acme')")
    with database.transaction("acme") as conn:
        requests.ask(conn, tenant_id="acme", kind="account", subject=MOTO_ACCOUNT, by="eve")
    answering.answer_waiting(database, "acme")
    with database.transaction("acme") as conn:
        said = requests.latest(conn, tenant_id="acme", kind="account")[MOTO_ACCOUNT]
    assert not said["ok"]
    assert "neither a role nor keys" in said["answer"]


def test_in_panic_nobody_is_called(database: Database) -> None:
    with database.transaction("default") as conn:
        governance.put(conn, tenant_id="default", key="panic", value=True, by="ada")
    said = _ask(database, "account", MOTO_ACCOUNT)
    assert not said["ok"]
    assert "Panic is on" in said["answer"]


def test_what_cannot_be_done_says_what_would_help(database: Database) -> None:
    assert "SMTP_HOST" in _ask(database, "digest", "daily 2026-03-10")["answer"]
    assert "there is no channel 'pager'" in _ask(database, "channel", "pager")["answer"]
    assert _ask(database, "channel", "console")["ok"]


def test_a_weeks_digest_is_sent_again_as_often_as_somebody_asks(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recorder = Recorder()
    route = Route(recorder, Rules(wants=("weekly",)))
    monkeypatch.setattr(telling, "routes_of", lambda db, tenant_id: [route])
    for _ in range(2):
        said = _ask(database, "digest", "weekly 2026-03-15")
        assert said["answer"] == "Queued for 1 channels; 1 messages went out, 0 failed."
    first, second = recorder.messages
    assert "week 2026-W11" in first.subject
    assert first.html == second.html
    assert first.dedup_key != second.dedup_key
    assert (tmp_path / "digests" / "default" / "2026-W11" / "digest.html").exists()


def test_other_limits_are_tried_on_the_latest_sweep_and_not_kept(database: Database) -> None:
    nothing = _ask(database, "limits", "snapshot_old.min_age_days=10")
    assert "nothing to try" in nothing["answer"]
    today, where = datetime.now(UTC).date(), {"account_id": MOTO_ACCOUNT, "region": "us-east-1"}
    volume = {
        "VolumeId": "vol-1", "State": "available", "VolumeType": "gp3", "Size": 100,
        "CreateTime": (datetime.now(UTC) - timedelta(days=20)).isoformat(), "Attachments": [],
    }  # fmt: skip
    said = inventory.Answer("ec2:DescribeVolumes", [volume])
    scope: dict[str, Any] = {"tenant_id": "default", "day": today}
    with database.transaction("default") as conn:
        inventory.replace(conn, answers=[said], now=datetime.now(UTC), **scope, **where)
    assert len(judge_day(database, "default", today).findings) == 1
    tried = _ask(database, "limits", "ebs_unattached.min_idle_days=90")
    assert tried["ok"], tried["answer"]
    assert "0 instead of 1 idle" in tried["answer"]
    assert "vol-1" in tried["answer"]
    with database.transaction("default") as conn:
        assert len(zombies.listing(conn, tenant_id="default")) == 1
        assert zombie_choices.current(conn, tenant_id="default") == {}
    slip = _ask(database, "limits", "ebs_unattached.colour=3")
    assert "has no limit" in slip["answer"]
