"""Which faults pass by themselves: only those are tried again, all others are said at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg
from dagster import (
    Backoff,
    DagsterEvent,
    DagsterExecutionInterruptedError,
    Failure,
    Jitter,
    RetryPolicy,
)

from cost_pipeline.aws.errors import AwsError
from cost_pipeline.store.database import DatabaseUnavailableError

P = ParamSpec("P")
T = TypeVar("T")

TRANSIENT = RetryPolicy(max_retries=4, delay=1, backoff=Backoff.EXPONENTIAL, jitter=Jitter.FULL)
"""How often, and how long apart, what failed by a passing fault is tried again."""

_WRAPPERS = {"DagsterExecutionStepExecutionError", "RetryRequestedFromPolicy"}
_PASSING = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    DatabaseUnavailableError,
    BrokenProcessPool,
)


def passes(error: Exception) -> bool:
    """Whether the same work may succeed later without anybody doing anything.

    >>> passes(psycopg.OperationalError("the server closed the connection")), passes(KeyError("x"))
    (True, False)
    """
    return error.passing if isinstance(error, AwsError) else isinstance(error, _PASSING)


def stated(work: Callable[P, T]) -> Callable[P, T]:
    """Lets passing faults through to the retry policy; any other ends the step, with its reason."""

    @wraps(work)
    def done(*arguments: P.args, **keywords: P.kwargs) -> T:
        try:
            return work(*arguments, **keywords)
        except Failure:
            raise
        except (DagsterExecutionInterruptedError, KeyboardInterrupt) as error:
            # The retry policy would take it for a fault that passes, and go on.
            raise Failure(description=type(error).__name__, allow_retries=False) from error
        except Exception as error:
            if passes(error):
                raise
            raise Failure(description=str(error), allow_retries=False) from error

    return done


def reason_of(event: DagsterEvent) -> str:
    """Why a step failed, in the words of whoever noticed it rather than of Dagster around it."""
    failure = event.step_failure_data
    if failure.user_failure_data is not None and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error
    while error is not None and error.cause is not None and error.cls_name in _WRAPPERS:
        error = error.cause
    return error.message.strip() if error else "it failed"
