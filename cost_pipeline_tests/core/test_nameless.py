from datetime import UTC, datetime, timedelta
from uuid import UUID

from cost_pipeline.core.nameless import LOST_AFTER, Launch, Stop, what_is_left

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def _launch(name: str, hour: int, number: int) -> Launch:
    return Launch(name, UUID(int=hour), NOON + timedelta(hours=hour), number)


def _stop(hour: int, number: int) -> Stop:
    return Stop(UUID(int=100 + hour), NOON + timedelta(hours=hour), number)


def _left(launches: list[Launch], stops: list[Stop], *, days: int = 1) -> list[tuple[str, int]]:
    found = what_is_left(launches, stops, NOON + timedelta(days=days))
    return [(one.resource_id, one.number) for one in found]


def test_what_is_stopped_is_of_the_oldest_launch_first() -> None:
    launches = [_launch("a", 0, 3), _launch("b", 1, 4)]
    assert _left(launches, [_stop(2, 2), _stop(3, 3)]) == [("a", 1), ("a", 0), ("b", 2)]


def test_what_was_stopped_before_is_not_of_the_launch() -> None:
    assert _left([_launch("a", 5, 3)], [_stop(4, 3)]) == []


def test_more_than_was_launched_ends_no_later_launch() -> None:
    launches = [_launch("a", 0, 1), _launch("b", 3, 1)]
    assert _left(launches, [_stop(1, 9)]) == [("a", 0)]


def test_what_is_not_heard_of_is_lost_after_a_month() -> None:
    launches, stops = [_launch("a", 0, 3)], [_stop(1, 1)]
    assert _left(launches, stops, days=29) == [("a", 2)]
    first, lost = what_is_left(launches, stops, NOON + timedelta(days=31))
    assert not first.lost
    assert (lost.lost, lost.number, lost.time) == (True, 0, NOON + LOST_AFTER)


def test_a_stop_after_a_month_is_of_something_else() -> None:
    assert _left([_launch("a", 0, 3)], [_stop(24 * 31, 3)], days=29) == []
