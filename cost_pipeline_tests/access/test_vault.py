"""Customers' keys: unreadable at rest, bound to their account, encrypted anew by a rotation."""

from pathlib import Path

import pytest

from cost_pipeline.access.keyring import Keyring
from cost_pipeline.access.vault import AccessKeys, VaultError, keep, reencrypt, unseal
from cost_pipeline.orchestration import account_access
from cost_pipeline.settings import Settings
from cost_pipeline.store import accounts
from cost_pipeline.store.database import Database

OLD, NEW = "o" * 40, "n" * 40
KEYS = AccessKeys("AKIAEXAMPLE", "the-secret-key")
ACCOUNT = "111122223333"


def _sealed(database: Database, account: str = ACCOUNT) -> str:
    with database.transaction("default") as conn:
        row = accounts.find(conn, tenant_id="default", account_id=account)
    assert row is not None
    return str(row["keys_cipher"])


def _keep(database: Database, ring: Keyring, account: str = ACCOUNT) -> None:
    keep(database, ring, tenant_id="default", account_id=account, by="ada", keys=KEYS)


def test_keys_are_unreadable_at_rest_and_in_the_log(database: Database) -> None:
    _keep(database, Keyring.of(OLD))
    sealed = _sealed(database)
    assert "AKIA" not in sealed
    whose = {"tenant_id": "default", "account_id": ACCOUNT}
    assert unseal(Keyring.of(OLD), sealed, **whose) == KEYS
    assert "secret-key" not in repr(KEYS)
    with database.admin() as conn:
        log = str(conn.execute("SELECT a::text FROM audit_log a").fetchall())
        listed = str(accounts.listing(conn, tenant_id="default"))
    assert "set account access" in log
    for secret in ("AKIA", "the-secret-key", sealed):
        assert secret not in log
        assert secret not in listed


def test_a_row_copied_to_another_account_opens_nothing(database: Database) -> None:
    ring = Keyring.of(OLD)
    _keep(database, ring)
    with pytest.raises(VaultError, match="stored for another"):
        unseal(ring, _sealed(database), tenant_id="default", account_id="999999999999")
    with pytest.raises(VaultError, match="stored for another"):
        unseal(ring, _sealed(database), tenant_id="other", account_id=ACCOUNT)


def test_a_rotation_encrypts_anew_so_that_the_old_key_can_go(database: Database) -> None:
    _keep(database, Keyring.of(OLD))
    before = _sealed(database)
    assert reencrypt(database, Keyring.of(NEW, OLD)) == 1
    assert _sealed(database) != before
    whose = {"tenant_id": "default", "account_id": ACCOUNT}
    assert unseal(Keyring.of(NEW), _sealed(database), **whose) == KEYS
    with pytest.raises(VaultError, match="COST_PIPELINE_SECRET_KEY"):
        unseal(Keyring.of(OLD), _sealed(database), **whose)


def test_a_role_is_preferred_and_an_account_has_one_way_in(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, secret_key=OLD)  # type: ignore[arg-type]
    monkeypatch.setattr(account_access, "settings", lambda: settings)
    ring, role = Keyring.of(OLD), "arn:aws:iam::111122223333:role/dd0c-cost"
    _keep(database, ring, "444455556666")
    keep(
        database, ring, tenant_id="default", account_id=ACCOUNT, by="ada",
        role_arn=role, external_id="7f3c",
    )  # fmt: skip
    by_role = account_access.access_of(database, "default", ACCOUNT)
    assert (by_role.role_arn, by_role.external_id) == (role, "7f3c")
    by_keys = account_access.access_of(database, "default", "444455556666")
    assert by_keys.secret_access_key == "the-secret-key"
    assert account_access.access_of(database, "default", "777788889999").role_arn is None
    with pytest.raises(ValueError, match="give one"):
        keep(database, ring, tenant_id="default", account_id=ACCOUNT, by="ada")
