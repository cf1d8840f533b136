"""Switches and the log of who threw them; users as rows."""

import psycopg
import pytest

from cost_pipeline.store import governance, users
from cost_pipeline.store.database import Database

TENANT = "default"


def test_panic_stops_messages_and_is_written_down(database: Database) -> None:
    with database.transaction(TENANT) as conn:
        assert governance.may_notify(conn, tenant_id=TENANT)
        governance.put(conn, tenant_id=TENANT, key=governance.PANIC, value=True, by="ada")
        assert governance.panicking(conn, tenant_id=TENANT)
        assert not governance.may_notify(conn, tenant_id=TENANT)
    with database.transaction(TENANT) as conn:
        governance.put(conn, tenant_id=TENANT, key=governance.PANIC, value=False, by="bo")
        assert governance.may_notify(conn, tenant_id=TENANT)
        log = conn.execute("SELECT who, action, details FROM audit_log ORDER BY id").fetchall()
    assert [(row["who"], row["details"]) for row in log] == [
        ("ada", {"value": True}),
        ("bo", {"value": False}),
    ]


def test_a_switch_and_its_log_entry_stand_or_fall_together(database: Database) -> None:
    def put_and_fail() -> None:
        with database.transaction(TENANT) as conn:
            governance.put(conn, tenant_id=TENANT, key=governance.PANIC, value=True, by="ada")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        put_and_fail()
    with database.transaction(TENANT) as conn:
        assert not governance.panicking(conn, tenant_id=TENANT)
        assert conn.execute("SELECT * FROM audit_log").fetchall() == []


@pytest.mark.parametrize("statement", ["DELETE FROM audit_log", "UPDATE audit_log SET who = 'x'"])
def test_the_audit_log_cannot_be_rewritten(database: Database, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(TENANT) as conn:
        conn.execute(statement)


def test_audit_mode_is_silent(database: Database) -> None:
    with database.transaction(TENANT) as conn:
        governance.put(conn, tenant_id=TENANT, key=governance.MODE, value="audit", by="ada")
        assert not governance.may_notify(conn, tenant_id=TENANT)


def test_users_come_change_and_go(database: Database) -> None:
    with database.admin() as conn:
        for role in ("viewer", "admin"):
            users.put(conn, tenant_id=TENANT, email="Ada@Example.com", password_hash="h", role=role)
        found = users.find(conn, email="ADA@example.com")
        assert found is not None
        assert (found["email"], found["role"]) == ("ada@example.com", "admin")
        assert "password_hash" not in users.listing(conn)[0]
        assert users.disable(conn, email="ada@example.com")
        assert not users.disable(conn, email="ada@example.com")
        assert users.find(conn, email="ada@example.com") is None
    with database.transaction("other") as conn:
        assert users.listing(conn) == []
