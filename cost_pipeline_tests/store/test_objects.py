"""What is unread is decided by what is known, never by the order of keys."""

from datetime import date
from typing import Any

from cost_pipeline.store import objects


def test_a_late_file_with_an_early_key_is_found(loader: Any) -> None:
    day = date(2026, 3, 10)
    make = type(loader).__init__.__globals__["Listed"]
    assert loader.register(make("m", day)) == 1
    assert loader.register(make("a", day), make("m", day)) == 1
    with loader.database.transaction("default") as conn:
        due = objects.due(conn, tenant_id="default", day=day)
        days = objects.due_days(conn, tenant_id="default")
    assert [file.key for file in due] == ["m", "a"]
    assert [(d.day, d.files) for d in days] == [(day, 2)]


def test_a_file_written_anew_is_read_again(loader: Any) -> None:
    day = date(2026, 3, 10)
    make = type(loader).__init__.__globals__["Listed"]
    loader.load("a")
    assert loader.register(make("a", day)) == 0
    assert loader.register(make("a", day, etag="2")) == 1


def test_failures_of_a_range_are_told_however_many_other_days_have(loader: Any) -> None:
    march, may = date(2026, 3, 10), date(2026, 5, 10)
    make = type(loader).__init__.__globals__["Listed"]
    loader.register(make("old", march))
    loader.register(*(make(f"new {number}", may) for number in range(3)))
    with loader.database.transaction("default") as conn:
        conn.execute("UPDATE trail_objects SET state = 'failed', error = 'no gzip'")
        scope: dict[str, Any] = {"tenant_id": "default", "limit": 2}
        (told,) = objects.failures(conn, **scope, since=march, until=march)
        newest = objects.failures(conn, **scope)
    assert (told["key"], told["error"]) == ("old", "no gzip")
    assert [row["key"] for row in newest] == ["new 2", "new 1"]
