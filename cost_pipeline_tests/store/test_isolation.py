"""Tenant A's connection cannot see, change or add tenant B's rows, in any table there is."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import anomalies, dashboard, exports, health, users, zombies
from cost_pipeline.store.database import Database

_VALUES: dict[str, Any] = {
    "time without time zone": "22:00",
    "uuid": "7b0c1ab8-5b0e-4a4d-9f5c-2f3c1de7b0a1",
    "date": "2026-03-10",
    "timestamp with time zone": "2026-03-10T09:00:00Z",
    "jsonb": "{}",
    "ARRAY": "{}",
    "boolean": "true",
    "text": "theirs",
    "bytea": "x",
}
_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns c
JOIN pg_class p ON p.relname = c.table_name AND p.relnamespace = 'public'::regnamespace
WHERE c.table_schema = 'public' AND NOT p.relispartition AND identity_generation IS NULL
  AND table_name IN (SELECT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'tenant_id')
ORDER BY table_name, ordinal_position
"""
_CHECKS = """
SELECT conrelid::regclass::text AS table_name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace
"""


def _rows_of_another(database: Database) -> dict[str, dict[str, Any]]:
    """Puts a row of the tenant `other` into every table that knows tenants; returns the rows."""
    rows: dict[str, dict[str, Any]] = {}
    with database.admin() as conn:
        allowed = {}
        for check in conn.execute(_CHECKS):
            if found := re.search(r"\((\w+) = ANY \(ARRAY\['(\w+)'", check["definition"]):
                allowed[check["table_name"], found[1]] = found[2]
        for column in conn.execute(_COLUMNS):
            table, name = column["table_name"], column["column_name"]
            value = "other" if name == "tenant_id" else _VALUES.get(column["data_type"], 1)
            rows.setdefault(table, {})[name] = allowed.get((table, name), value)
        conn.execute("SET LOCAL session_replication_role = replica")
        for table, row in rows.items():
            _insert(conn, table, row)
    return rows


def _insert(conn: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    names = SQL(", ").join(map(Identifier, row))
    places = SQL(", ").join([SQL("%s")] * len(row))
    statement = SQL("INSERT INTO {} ({}) VALUES ({})").format(Identifier(table), names, places)
    conn.execute(statement, list(row.values()))


def test_no_table_shows_or_takes_the_rows_of_another_tenant(database: Database) -> None:
    rows = _rows_of_another(database)
    assert len(rows) >= 24
    for table, row in rows.items():
        name = Identifier(table)
        with database.transaction("default") as conn:
            seen = conn.execute(SQL("SELECT tenant_id FROM {}").format(name)).fetchall()
        assert {one["tenant_id"] for one in seen} <= {"default"}, table
        for statement in ("UPDATE {} SET tenant_id = 'default'", "DELETE FROM {}"):
            if table == "tenants":
                continue
            try:
                with database.transaction("default") as conn:
                    assert conn.execute(SQL(statement).format(name)).rowcount == 0, table
            except psycopg.errors.InsufficientPrivilege:
                assert table == "audit_log"
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            database.transaction("default") as conn,
        ):
            _insert(conn, table, row)
    with database.admin() as conn:
        for table in rows:
            counted = conn.execute(
                SQL("SELECT count(*) AS n FROM {} WHERE tenant_id = 'other'").format(
                    Identifier(table)
                )
            ).fetchone()
            assert counted == {"n": 1}, table


def test_the_application_writes_no_table_without_a_tenant_but_one_number(
    database: Database,
) -> None:
    with database.admin() as conn:
        rows = conn.execute(
            "SELECT DISTINCT table_name FROM information_schema.role_table_grants"
            " WHERE grantee = 'cost_app' AND privilege_type <> 'SELECT'"
            " AND table_name NOT LIKE 'cost_events_%%' AND table_name NOT IN (SELECT table_name"
            "  FROM information_schema.columns WHERE column_name = 'tenant_id')"
        ).fetchall()
    assert {row["table_name"] for row in rows} == {"price_version"}


def test_asking_for_another_tenant_by_name_does_not_help(database: Database) -> None:
    _rows_of_another(database)
    with database.transaction("default") as conn:
        assert anomalies.listing(conn, tenant_id="other") == []
        assert zombies.listing(conn, tenant_id="other") == []
        assert health.overview(conn, tenant_id="other")["trails"] == []
        assert health.overview(conn, tenant_id="other")["failures"] == []
        assert dashboard.resources(conn, tenant_id="other") == []
        for subject in ("anomalies", "events", "zombies", "baselines"):
            assert not list(exports.rows(conn, subject=subject, tenant_id="other"))


def test_nobody_gives_another_tenants_user_a_password(database: Database) -> None:
    ada: dict[str, Any] = {"email": "ada@x.test", "role": "viewer"}
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'Other')")
        users.put(conn, tenant_id="other", password_hash="theirs", **ada)
    mine: dict[str, Any] = ada | {"tenant_id": "default", "password_hash": "mine", "role": "admin"}
    with pytest.raises(ValueError, match="in use"), database.admin() as conn:
        users.put(conn, **mine)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        database.transaction("default") as conn,
    ):
        users.put(conn, **mine)
    with database.admin() as conn:
        kept = users.find(conn, email="ada@x.test")
    assert kept is not None
    assert (kept["tenant_id"], kept["password_hash"], kept["role"]) == ("other", "theirs", "viewer")


def test_the_tenant_and_the_role_end_with_the_transaction(
    database: Database, loader: Any, event: Callable[..., CostEvent]
) -> None:
    loader.load("a", event("one"))
    with database.transaction("default") as conn:
        assert conn.execute("SELECT count(*) AS n FROM cost_events").fetchone() == {"n": 1}
    with database.transaction("other") as conn:
        assert conn.execute("SELECT count(*) AS n FROM cost_events").fetchone() == {"n": 0}
    with database.admin() as conn:
        row = conn.execute(
            "SELECT current_setting('app.tenant_id', true) AS tenant, current_user AS role"
        ).fetchone()
    assert row is not None
    assert not row["tenant"]
    assert row["role"] != "cost_app"


def test_injected_tenants_are_only_names(database: Database) -> None:
    _rows_of_another(database)
    for name in ("' OR true --", "default' OR '1'='1", "", "%"):
        with database.transaction(name) as conn:
            assert conn.execute("SELECT * FROM tenants").fetchall() == []
            assert conn.execute("SELECT * FROM governance").fetchall() == []
