"""Channels that people add: checked, kept secret, listed without secrets, tried out."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from cost_pipeline.access.channel_vault import ChannelVault, reencrypt
from cost_pipeline.access.keyring import Keyring
from cost_pipeline.access.vault import VaultError
from cost_pipeline.notify import channel_admin
from cost_pipeline.notify.channel import DeliveryError
from cost_pipeline.notify.channels import ChannelError, routes
from cost_pipeline.settings import Settings
from cost_pipeline.store import channels, governance
from cost_pipeline.store.channels import Rules
from cost_pipeline.store.database import Database
from cost_pipeline_tests.notify.conftest import TENANT, Webhook

OLD, NEW = "o" * 40, "n" * 40
VAULT = ChannelVault(Keyring.of(OLD), TENANT)


def _settings(folder: Path) -> Settings:
    return Settings(home=folder)


def _add(
    database: Database, folder: Path, kind: str, rules: Rules | None = None, **said: str
) -> Any:
    return channel_admin.add(
        database,
        VAULT,
        tenant_id=TENANT,
        name="ops",
        kind=kind,
        fields=said,
        rules=rules or Rules(),
        by="ada",
        settings=_settings(folder),
    )


def _try(database: Database, folder: Path, name: str = "ops") -> None:
    channel_admin.try_out(
        database, VAULT, tenant_id=TENANT, name=name, by="ada", settings=_settings(folder)
    )


def _rows(database: Database) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with database.transaction(TENANT) as conn:
        return (
            channels.listing(conn, tenant_id=TENANT),
            channels.sealed(conn, tenant_id=TENANT),
        )


def test_a_channel_is_kept_without_showing_what_is_secret_and_can_be_tried(
    database: Database, webhook: Webhook, tmp_path: Path
) -> None:
    night = Rules(quiet_from=time(22), quiet_until=time(7), accounts=("1111*",), hourly_limit=5)
    made = _add(database, tmp_path, "webhook", night, url=webhook.url)
    assert len(made["secret"]) > 30
    shown, kept = _rows(database)
    assert shown[0]["config"] == {"where": "http://127.0.0.1"}
    assert "secret-token" not in str(shown) + str(kept)
    assert made["secret"] not in str(kept)
    assert Rules.of(shown[0]) == night
    _try(database, tmp_path)
    assert webhook.posts[0]["kind"] == "test"
    with database.transaction(TENANT) as conn:
        said = [line["action"] for line in governance.recent(conn, tenant_id=TENANT)]
    assert said == ["tested channel ops", "set channel ops"]
    assert _add(database, tmp_path, "webhook", Rules()) == {}  # its secrets stay
    _try(database, tmp_path)


def test_a_try_says_what_the_other_side_said_and_panic_stops_it(
    database: Database, webhook: Webhook, tmp_path: Path
) -> None:
    _add(database, tmp_path, "slack", url=webhook.url)
    webhook.status = 404
    with pytest.raises(DeliveryError, match="was it deleted"):
        _try(database, tmp_path)
    with pytest.raises(LookupError, match="channel list"):
        _try(database, tmp_path, "nobody")
    with database.transaction(TENANT) as conn:
        governance.put(conn, tenant_id=TENANT, key="panic", value=True, by="ada")
    with pytest.raises(DeliveryError, match="panic"):
        _try(database, tmp_path)


def test_a_kept_secret_does_not_follow_a_channel_to_another_server(
    database: Database, tmp_path: Path
) -> None:
    mail = {"to": "a@x.test", "host": "mail.x.test", "user": "ada"}
    _add(database, tmp_path, "email", password="hush", **mail)
    _add(database, tmp_path, "email", **(mail | {"to": "b@x.test"}))
    assert _password(database) == "hush"
    elsewhere = mail | {"host": "mail.evil.test"}
    with pytest.raises(ChannelError, match="give its password again"):
        _add(database, tmp_path, "email", **elsewhere)
    _add(database, tmp_path, "email", password="other", **elsewhere)
    assert _password(database) == "other"


def _password(database: Database) -> str | None:
    _, (row,) = _rows(database)
    return VAULT.open("ops", row["secrets_cipher"]).get("password")


@pytest.mark.parametrize(
    ("kind", "said", "mend"),
    [
        ("pigeon", {}, "there are email, slack"),
        ("slack", {}, "slack needs url"),
        ("slack", {"url": "ftp://x.test"}, "https://example.com/hook"),
        ("slack", {"url": "https://x.test", "colour": "red"}, "takes url, not colour"),
        ("email", {"to": "nobody", "host": "mail.test"}, "ops@example.com"),
        ("email", {"to": "a@x.test"}, "SMTP_HOST"),
        ("email", {"to": "a@x.test", "host": "m", "port": "many"}, "is a number"),
        ("sns", {"topic": "costs"}, "arn:aws:sns"),
    ],
)
def test_what_makes_no_channel_is_explained(
    database: Database, tmp_path: Path, kind: str, said: dict[str, str], mend: str
) -> None:
    with pytest.raises(ChannelError, match=mend):
        _add(database, tmp_path, kind, **said)


def test_secrets_move_to_a_newer_key_and_open_for_no_other_channel(
    database: Database, webhook: Webhook, tmp_path: Path
) -> None:
    _add(database, tmp_path, "slack", url=webhook.url)
    ring = Keyring.of(NEW, OLD)
    assert reencrypt(database, ring) == 1
    _, kept = _rows(database)
    with pytest.raises(VaultError, match="key that encrypted them is gone"):
        routes(kept, VAULT, _settings(tmp_path))
    with pytest.raises(VaultError, match="for another one"):
        ChannelVault(ring, TENANT).open("other", kept[0]["secrets_cipher"])
    opened = routes(kept, ChannelVault(Keyring.of(NEW), TENANT), _settings(tmp_path))
    assert [one.channel.name for one in opened] == ["console", "ops"]
