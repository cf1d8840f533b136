"""Attempts to log in are counted so that nobody's success pays for somebody's guesses."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cost_pipeline.store import sessions
from cost_pipeline.store.database import Database

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
LIMIT: dict[str, Any] = {"subject": "client 10.0.0.1", "free": 2, "longest": timedelta(minutes=15)}


def test_a_login_of_ones_own_does_not_lift_the_block_of_a_guess_made_meanwhile(
    database: Database,
) -> None:
    guess, soon = NOW + timedelta(seconds=0.1), NOW + timedelta(seconds=1)
    with database.admin() as conn:
        assert sessions.charge(conn, now=NOW, **LIMIT) is None  # a login of the guesser's own
        assert sessions.charge(conn, now=guess, **LIMIT) is None  # a guess, while it is checked
        sessions.refund(conn, subject=LIMIT["subject"], at=NOW)
        wait = sessions.charge(conn, now=soon, **LIMIT)
    assert wait is not None
    assert wait > timedelta(seconds=10)


def test_whoever_gets_in_blocks_nobody_at_the_same_place(database: Database) -> None:
    with database.admin() as conn:
        for second in range(10):
            now = NOW + timedelta(seconds=second)
            assert sessions.charge(conn, now=now, **LIMIT) is None
            sessions.refund(conn, subject=LIMIT["subject"], at=now)
