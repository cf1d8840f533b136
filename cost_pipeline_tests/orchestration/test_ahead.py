"""What is made ahead comes in its order, and what goes wrong is raised in its place."""

from collections.abc import Iterator
from contextvars import ContextVar
from threading import Event, active_count

import pytest

from cost_pipeline.orchestration.ahead import mapped_ahead

SAID: ContextVar[str] = ContextVar("said", default="")


def test_what_cannot_be_made_is_raised_in_its_place() -> None:
    made = mapped_ahead(int, ["1", "two", "3"], 2)
    assert next(made) == 1
    with pytest.raises(ValueError, match="two"):
        next(made)


def test_no_more_items_are_taken_than_may_wait() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(9):
            taken.append(number)
            yield number

    made = mapped_ahead(str, items(), 2)
    assert next(made) == "0"
    assert taken == [0, 1, 2]
    made.close()


def test_who_stops_early_leaves_no_thread_behind() -> None:
    before, busy = active_count(), Event()
    made = mapped_ahead(lambda wait: busy.wait(wait), [0.01, 0.01, 0.01], 1)
    next(made)
    made.close()
    assert active_count() == before


def test_what_is_known_here_is_known_there() -> None:
    SAID.set("here")
    assert list(mapped_ahead(lambda _: SAID.get(), [1], 1)) == ["here"]
