"""What somebody tried to connect, what was missing, and how far it is read, stays in Postgres."""

from dataclasses import dataclass
from datetime import date

import pytest

from cost_pipeline.store import onboarding
from cost_pipeline.store.database import Database
from cost_pipeline_tests.store.conftest import Listed, Loader

TENANT = "default"


@dataclass(frozen=True)
class Tried:
    permission: str
    level: str
    finding: str
    mend: str = ""


def _begin(database: Database, place: str = "s3://logs", tenant_id: str = TENANT) -> int:
    with database.transaction(tenant_id) as conn:
        return onboarding.begin(conn, tenant_id=tenant_id, way="bucket", place=place, by="ada")


def test_what_is_missing_is_named_in_the_order_it_was_tried(database: Database) -> None:
    number = _begin(database)
    listed = Tried("s3:ListBucket", "ok", "it may be listed")
    refused = Tried("kms:Decrypt", "error", "the key is refused", "Allow kms:Decrypt.")
    with database.transaction(TENANT) as conn:
        for step in (listed, refused):
            onboarding.keep_steps(conn, tenant_id=TENANT, onboarding_id=number, steps=[step])
        onboarding.note(conn, tenant_id=TENANT, onboarding_id=number, state="blocked")
        (shown,) = onboarding.latest(conn, tenant_id=TENANT)
        tried = onboarding.steps(conn, tenant_id=TENANT, onboarding_id=number)
    assert shown["missing"] == ["kms:Decrypt"]
    assert shown["finished_at"] is not None
    assert [step["permission"] for step in tried] == ["s3:ListBucket", "kms:Decrypt"]
    assert tried[1]["mend"] == "Allow kms:Decrypt."


def test_a_place_is_shown_as_of_its_newest_attempt(database: Database) -> None:
    _begin(database)
    newer, other = _begin(database), _begin(database, "s3://other")
    with database.transaction(TENANT) as conn:
        shown = onboarding.latest(conn, tenant_id=TENANT)
    assert [row["onboarding_id"] for row in shown] == [other, newer]


def test_how_far_a_backfill_is_shows_while_others_read(loader: Loader) -> None:
    loader.register(Listed("a", date(2026, 3, 10)), Listed("b", date(2026, 3, 11)))
    loader.load("a")
    number = _begin(loader.database, "/trail")
    days = {"since": date(2026, 3, 10), "until": date(2026, 3, 11)}
    with loader.database.transaction(TENANT) as conn:
        trail = conn.execute("SELECT trail_id FROM trails").fetchone()
        assert trail is not None
        onboarding.note(
            conn,
            tenant_id=TENANT,
            onboarding_id=number,
            trail_id=trail["trail_id"],
            **days,
        )
        (shown,) = onboarding.latest(conn, tenant_id=TENANT)
    assert (shown["files"], shown["files_done"], shown["bytes_done"]) == (2, 1, 10)


def test_another_tenant_sees_nothing_of_it(database: Database) -> None:
    number = _begin(database)
    with database.transaction(TENANT) as conn:
        tried = [Tried("s3:ListBucket", "ok", "fine")]
        onboarding.keep_steps(conn, tenant_id=TENANT, onboarding_id=number, steps=tried)
    with database.transaction("other") as conn:
        assert onboarding.latest(conn, tenant_id=TENANT) == []
        assert onboarding.steps(conn, tenant_id=TENANT, onboarding_id=number) == []


def test_only_its_own_columns_can_be_changed(database: Database) -> None:
    number = _begin(database)
    with database.transaction(TENANT) as conn, pytest.raises(ValueError, match="started_by"):
        onboarding.note(conn, tenant_id=TENANT, onboarding_id=number, started_by="eve")
