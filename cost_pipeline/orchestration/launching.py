"""Starts runs as Dagster does by default, and notices those that died with their code server."""

from __future__ import annotations

import json
import time
from typing import Any

from dagster import DagsterRun
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

_PATIENCE_SECONDS = 60.0
_ANSWER_SECONDS = 5


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's default launcher, whose runs can be asked for.

    A code server reports the death of a run's process, unless it dies with it: such a run would
    be held to be at work until its time is up, and nothing else would be started for its day.
    """

    def __init__(self, inst_data: Any = None) -> None:
        super().__init__(inst_data)
        self._silent_since: dict[str, float] = {}

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Dagster's run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the code server that was given a run has it still.

        A server that does not answer for a minute is held to be gone, with its runs. A run that
        none was given is a command's own, and only the limit of time ends it.
        """
        server = run.tags.get(GRPC_INFO_TAG)
        if server is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "no code server was given it")
        try:
            at_work = _has(json.loads(server), run.run_id)
        except DagsterUserCodeUnreachableError:
            return self._silent(run.run_id)
        self._silent_since.pop(run.run_id, None)
        if at_work:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND, "the code server was started anew, and does not know the run"
        )

    def _silent(self, run_id: str) -> CheckRunHealthResult:
        now = time.monotonic()
        if now - self._silent_since.setdefault(run_id, now) < _PATIENCE_SECONDS:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "its code server does not answer")
        del self._silent_since[run_id]
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND,
            f"its code server has not answered for {_PATIENCE_SECONDS:.0f} seconds",
        )


def _has(server: dict[str, Any], run_id: str) -> bool:
    """Whether a code server has the process of a run, as far as it can be asked to end it."""
    client = DagsterGrpcClient(
        host=server.get("host", "localhost"),
        port=server.get("port"),
        socket=server.get("socket"),
        use_ssl=server.get("use_ssl", False),
    )
    answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run_id), _ANSWER_SECONDS)
    return deserialize_value(answer, CanCancelExecutionResult).can_cancel
