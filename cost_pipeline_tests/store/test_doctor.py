"""Each thing that is wrong is found, and comes with its mend."""

from datetime import UTC, datetime, timedelta

import psycopg

from cost_pipeline.store import breakers, doctor, governance
from cost_pipeline.store.database import Database, known_revisions
from cost_pipeline.store.doctor import Finding
from cost_pipeline_tests.store.conftest import TENANT, Listed, Loader


def _examined(database: Database) -> dict[str, Finding]:
    with database.transaction(TENANT) as conn:
        found = doctor.examine(conn, tenant_id=TENANT)
    assert all(finding.mend for finding in found if finding.level != "ok")
    return {finding.subject: finding for finding in found}


def test_tables_that_are_behind_ahead_or_not_there(database: Database, postgres_url: str) -> None:
    with database.admin() as conn:
        assert [finding.level for finding in doctor.examine_schema(conn)] == ["ok", "ok"]
        for revision, said in (("0001", known_revisions()[-1]), ("9999", "newer version")):
            conn.execute("UPDATE alembic_version SET version_num = %s", [revision])
            _, found = doctor.examine_schema(conn)
            assert found.level == "error"
            assert said in found.text
        conn.rollback()
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("CREATE DATABASE empty_one")
    with Database(f"{postgres_url.rpartition('/')[0]}/empty_one") as db, db.admin() as conn:
        assert doctor.examine_schema(conn)[1].text == "there are no tables yet"
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("DROP DATABASE empty_one WITH (FORCE)")


def test_an_account_that_fell_silent_and_one_that_delivers(loader: Loader) -> None:
    now = datetime.now(UTC)
    loader.register(
        Listed("a", now.date(), "111122223333", last_modified=now - timedelta(minutes=4)),
        Listed("b", now.date(), "444455556666", last_modified=now - timedelta(days=2)),
    )
    found = _examined(loader.database)
    assert found["account 111122223333"].level == "ok"
    assert "1 files wait" in found["account 111122223333"].text
    assert found["account 444455556666"].level == "warning"


def test_panic_and_breakers_are_told(database: Database) -> None:
    now = datetime.now(UTC)
    with database.transaction(TENANT) as conn:
        governance.put(conn, tenant_id=TENANT, key=governance.PANIC, value=True, by="ada")
        breakers.trip(
            conn, tenant_id=TENANT, kind="channel", name="slack", reason="refused", now=now, by="x"
        )
    found = _examined(database)
    assert found["panic"].mend == "cost-pipeline panic off"
    assert "breaker close channel slack" in found["channel slack"].mend


def test_prices_that_are_old_or_not_there(database: Database) -> None:
    assert _examined(database)["price book"].text == "is empty"
    with database.admin() as conn:
        conn.execute(
            "INSERT INTO price_book (service, region, resource_type, attributes, valid_from, usd,"
            " unit, source, as_of) VALUES ('ec2', 'us-east-1', 'x', '', '2020-01-01', 1, 'hour',"
            " 'test', '2020-01-01')"
        )
    assert _examined(database)["price book"].mend == "cost-pipeline prices refresh"
