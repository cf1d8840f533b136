"""The first login: made once, kept, and never beside a login that people made."""

import stat
from pathlib import Path

from cost_pipeline.access.passwords import hash_password, matches
from cost_pipeline.local.first_login import ensure_login
from cost_pipeline.store import users
from cost_pipeline.store.database import Database


def test_made_once_and_kept_for_its_owner(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "first_login"
    made = ensure_login(database, tenant_id="default", file=file)
    assert made is not None
    assert ensure_login(database, tenant_id="default", file=file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with database.admin() as conn:
        row = users.find(conn, email=made.email)
    assert row is not None
    assert row["role"] == "admin"
    assert matches(made.password, row["password_hash"])


def test_none_where_people_have_their_own(database: Database, tmp_path: Path) -> None:
    with database.admin() as conn:
        users.put(conn, tenant_id="default", email="a@x.test", password_hash="-", role="viewer")
    assert ensure_login(database, tenant_id="default", file=tmp_path / "first_login") is None
    assert not (tmp_path / "first_login").exists()


def test_made_again_for_a_new_database(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "first_login"
    file.write_text("admin@example.com\nold-password\n")
    made = ensure_login(database, tenant_id="default", file=file)
    assert made is not None
    assert made.password != "old-password"


def test_gone_once_somebody_has_changed_the_password(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "first_login"
    made = ensure_login(database, tenant_id="default", file=file)
    assert made is not None
    with database.admin() as conn:
        users.set_password(conn, email=made.email, password_hash=hash_password("one of my own"))
    assert ensure_login(database, tenant_id="default", file=file) is None
    assert not file.exists()
