"""Marked secrets everywhere; none of them in logs, audit rows, run metadata or error answers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from dagster import DagsterInstance, materialize

from cost_pipeline.access import api_tokens
from cost_pipeline.access.channel_vault import ChannelVault
from cost_pipeline.access.keyring import Keyring
from cost_pipeline.access.passwords import hash_password
from cost_pipeline.access.vault import AccessKeys, keep
from cost_pipeline.api.app import create_app
from cost_pipeline.notify import outbox
from cost_pipeline.notify.channel_admin import try_out
from cost_pipeline.notify.channels import DeliveryError, Mail, Slack, channels_from, routes
from cost_pipeline.orchestration import resources
from cost_pipeline.orchestration.assets import waste
from cost_pipeline.orchestration.resources import PostgresDatabase
from cost_pipeline.settings import Settings
from cost_pipeline.store import channels, users
from cost_pipeline.store.database import Database, DatabaseUnavailableError
from cost_pipeline_tests.api.conftest import served_at

MARK = "MARKED-SECRET"
_SECRETS = {
    "secret_key": f"{MARK}-signing-key-which-is-long-enough",
    "smtp_password": f"{MARK}-smtp",
    "slack_webhook_url": f"http://127.0.0.1:9/{MARK}-webhook",
}


@contextmanager
def _all_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield


def _every_row(database_url: str) -> str:
    """Everything that Postgres holds, but for the hashes that are meant to be there."""
    with psycopg.connect(database_url) as conn:
        tables = conn.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND table_type = 'BASE TABLE'"
        ).fetchall()
        return "\n".join(
            str(conn.execute(f'SELECT t::text FROM "{name}" t').fetchall()) for (name,) in tables
        )


@pytest.fixture
def settings(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings full of secrets, in force for assets too."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, f"{MARK}-{name}")
    made = Settings(
        home=tmp_path,
        database_url=database_url,
        smtp_host="127.0.0.1",
        smtp_port=9,
        smtp_user="ada",
        mail_to="ada@example.com",
        endpoint_url="http://127.0.0.1:9",
        sweep_accounts="111122223333",
        **_SECRETS,
    )  # type: ignore[arg-type]
    for module in (resources, waste):
        monkeypatch.setattr(module, "settings", lambda: made)
    return made


def test_no_secret_shows_where_people_look(
    database: Database,
    database_url: str,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    ring = Keyring.of(_SECRETS["secret_key"])
    keys = AccessKeys("AKIAEXAMPLE", f"{MARK}-aws", f"{MARK}-session")
    with _all_logs(caplog):
        keep(database, ring, tenant_id="default", account_id="111122223333", by="ada", keys=keys)
        token = api_tokens.create(
            database, tenant_id="default", name="ci", scopes=["read", "govern"], by="ada"
        )
        with database.admin() as conn:
            hashed = hash_password(f"{MARK}-password")
            users.put(
                conn, tenant_id="default", email="ada@x.test", password_hash=hashed, role="admin"
            )
        answers = _provoke(database, settings, token)
        with database.transaction("default") as conn:
            own = channels.sealed(conn, tenant_id="default")
        vault = ChannelVault(ring, "default")
        for name in ("ops", "mail"):
            with pytest.raises(DeliveryError) as refused:
                try_out(
                    database, vault, tenant_id="default", name=name, by="ada", settings=settings
                )
            answers += str(refused.value)
        outbox.run(
            database,
            tenant_id="default",
            channels=[one.channel for one in routes(own, vault, settings)],
            min_severity="low",
            dashboard_url="http://x.test",
            now=datetime.now(UTC),
        )
    said = [answers, caplog.text, "".join(capfd.readouterr()), _every_row(database_url)]
    said += [repr(settings), repr(channels_from(settings)), repr(ring), repr(keys)]
    for text in said:
        assert MARK not in text
        assert token not in text


_HOOK = f"http://127.0.0.1:9/{MARK}-hook"


def _channel(kind: str, url: str) -> dict[str, Any]:
    return {"kind": kind, "fields": {"url": url}, "min_severity": "low"}


def _mail() -> dict[str, Any]:
    fields = {"to": "a@x.test", "host": "127.0.0.1", "user": "ada", "password": f"{MARK}-mail"}
    return {"kind": "email", "fields": fields}


def _provoke(database: Database, settings: Settings, token: str) -> str:
    """Sends secrets to every place that answers with an error; all that came back."""
    with served_at(create_app(database, settings)) as address, requests.Session() as session:
        session.trust_env = False
        bearer = {"Authorization": f"Bearer {token}"}
        wrong = {"email": "ada@x.test", "password": f"{MARK}-wrong"}
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", "/v1/login", {"json": wrong}),
            ("POST", "/v1/login", {"json": {"email": f"{MARK}", "password": f"{MARK}"}}),
            ("POST", "/v1/login", {"json": {"password": [MARK]}}),
            ("POST", "/v1/login", {"data": f'{{"password": "{MARK}'}),
            ("GET", "/v1/events", {"headers": {"Authorization": f"Bearer {MARK}"}}),
            ("GET", f"/v1/events?limit={MARK}", {"headers": bearer}),
            ("GET", f"/v1/events?cursor={MARK}", {"headers": bearer}),
            ("GET", f"/{MARK}", {"headers": bearer}),
            ("PUT", "/v1/governance/panic", {"headers": bearer, "json": {"on": MARK}}),
            ("PUT", "/v1/channels/ops", {"headers": bearer, "json": _channel("slack", MARK)}),
            ("PUT", "/v1/channels/ops", {"headers": bearer, "json": _channel("apprise", MARK)}),
            ("PUT", "/v1/channels/ops", {"headers": bearer, "json": _channel(MARK, MARK)}),
            ("PUT", "/v1/channels/ops", {"headers": bearer, "json": _channel("slack", _HOOK)}),
            ("PUT", "/v1/channels/mail", {"headers": bearer, "json": _mail()}),
            ("GET", "/v1/channels", {"headers": bearer}),
            ("GET", "/v1/audit", {"headers": bearer}),
        ]
        answers = [session.request(how, address + path, **more) for how, path, more in calls]
        assert {answer.status_code for answer in answers} == {200, 400, 401, 404, 422}
        return "\n".join(answer.text + str(answer.headers) for answer in answers)


def test_no_secret_shows_in_a_run(
    database: Database, database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = Keyring.of(_SECRETS["secret_key"])
    keys = AccessKeys(f"{MARK}-id", f"{MARK}-aws")
    keep(database, ring, tenant_id="default", account_id="111122223333", by="ada", keys=keys)
    with DagsterInstance.ephemeral() as instance:
        result = materialize(
            [waste.inventory],
            partition_key=datetime.now(UTC).date().isoformat(),
            resources={"database": PostgresDatabase(url=database_url)},
            instance=instance,
            raise_on_error=False,
        )
        log = "\n".join(str(record) for record in instance.all_logs(result.run_id))
    assert "111122223333" in log
    assert MARK not in log


def test_an_unreachable_database_or_channel_names_no_secret() -> None:
    with pytest.raises(DatabaseUnavailableError) as refused:
        Database(f"postgresql://ada:{MARK}@127.0.0.1:9/cost").migrate()
    assert MARK not in str(refused.value)
    assert MARK not in repr(Slack(f"http://127.0.0.1:9/{MARK}"))
    assert MARK not in repr(Mail("127.0.0.1", 9, "a@x.test", ("b@x.test",), "ada", MARK))
