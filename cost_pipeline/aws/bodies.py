"""Bodies of objects: fetched again where the connection ended in their middle.

boto3 tries calls again, but only until the headers of the answer have come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

T = TypeVar("T")
_CUT_SHORT = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
_ATTEMPTS = 4
_MOST_WAIT_SECONDS = 5.0


class _CutShortError(Exception):
    """The headers came, the whole of the body did not; the cause says why."""


def whole_body(body: Any) -> bytes:
    """All bytes of an answer's body; for use within `again_if_cut_short`."""
    try:
        content: bytes = body.read()
    except _CUT_SHORT as error:
        raise _CutShortError from error
    return content


def again_if_cut_short(fetch: Callable[[], T]) -> T:
    """What `fetch` gives, tried four times, ever longer and randomly apart.

    Raises:
        BotoCoreError: the body was cut short each time; anything else that `fetch` raises, at once.
    """
    attempts = Retrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.2, max=_MOST_WAIT_SECONDS),
        retry=retry_if_exception_type(_CutShortError),
        reraise=True,
    )
    try:
        return attempts(fetch)
    except _CutShortError as error:
        raise error.__cause__ or error from None
