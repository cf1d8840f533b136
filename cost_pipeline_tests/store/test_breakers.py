"""Breakers open after failures, let one try through, and close or wait twice as long."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cost_pipeline.store import breakers, flags, governance
from cost_pipeline.store.database import Database

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SLACK: dict[str, Any] = {"tenant_id": "default", "kind": "channel", "name": "slack"}
MINUTE = timedelta(minutes=1)


def _fail(database: Database, now: datetime, times: int = 1) -> list[bool]:
    with database.transaction("default") as conn:
        return [breakers.failed(conn, **SLACK, reason="it said 500", now=now) for _ in range(times)]


def _allowed(database: Database, now: datetime) -> bool:
    with database.transaction("default") as conn:
        return breakers.allows(conn, **SLACK, now=now)


def test_failures_in_a_row_open_it_and_success_closes_it(database: Database) -> None:
    assert _fail(database, NOW, 4) == [False] * 4
    with database.transaction("default") as conn:
        breakers.succeeded(conn, **SLACK)
    assert _fail(database, NOW, 5) == [False] * 4 + [True]
    assert not _allowed(database, NOW + 4 * MINUTE)
    assert _allowed(database, NOW + 6 * MINUTE)
    with database.transaction("default") as conn:
        breakers.succeeded(conn, **SLACK)
    assert _allowed(database, NOW + 7 * MINUTE)
    with database.transaction("default") as conn:
        said = [line["action"] for line in governance.recent(conn, tenant_id="default")]
    assert said == ["closed breaker channel slack", "opened breaker channel slack"]


def test_half_open_lets_one_through_and_a_failure_waits_twice_as_long(database: Database) -> None:
    _fail(database, NOW, 5)
    later = NOW + 6 * MINUTE
    assert [_allowed(database, later) for _ in range(3)] == [True, False, False]
    assert _fail(database, later) == [True]
    assert not _allowed(database, later + 9 * MINUTE)
    assert _allowed(database, later + 11 * MINUTE)


def test_a_try_whose_process_died_is_made_again(database: Database) -> None:
    _fail(database, NOW, 5)
    assert _allowed(database, NOW + 6 * MINUTE)
    assert not _allowed(database, NOW + 10 * MINUTE)
    assert _allowed(database, NOW + 12 * MINUTE)


def test_a_flag_ends_by_itself(database: Database) -> None:
    def enabled(now: datetime) -> bool:
        with database.transaction("default") as conn:
            return flags.enabled(conn, tenant_id="default", name="beta", now=now, default=False)

    assert not enabled(NOW)
    with database.transaction("default") as conn:
        flags.put(
            conn, tenant_id="default", name="beta", enabled=True, owner="ada",
            expires_at=NOW + timedelta(days=1), by="ada",
        )  # fmt: skip
    assert enabled(NOW)
    assert not enabled(NOW + timedelta(days=2))
