"""The agent as a process: reads its sources into the spool while the spool is being sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event, Thread

import grpc

from cost_pipeline.agent.sender import Sender, reason
from cost_pipeline.agent.sources import Source
from cost_pipeline.agent.spool import Spool, SpoolFullError
from cost_pipeline.aws.trails import TrailError

_log = logging.getLogger(__name__)


def once(sources: Sequence[Source], spool: Spool, sender: Sender) -> list[str]:
    """Reads and sends all there is now; returns what went wrong, in sentences."""
    problems: list[str] = []
    paused = sender.must_pause()
    for source in sources:
        while not (paused and source.calls_aws):
            try:
                source.take(spool, datetime.now(UTC))
                break
            except SpoolFullError:
                try:
                    sender.drain(spool)
                except grpc.RpcError as error:
                    return [*problems, reason(error)]
            except TrailError as error:
                problems.append(str(error))
                break
    try:
        sender.drain(spool)
    except grpc.RpcError as error:
        problems.append(reason(error))
    return problems


def forever(
    sources: Sequence[Source],
    spool: Spool,
    sender: Sender,
    stop: Event,
    *,
    seconds: float,
    told: Callable[[str], None],
) -> None:
    """Reads every `seconds` and sends all the time, until `stop` is set."""
    sending = Thread(target=sender.run, args=(spool, stop), name="sender")
    sending.start()
    try:
        while not stop.is_set():
            _take_all(sources, spool, sender, told)
            stop.wait(seconds)
    finally:
        stop.set()
        sending.join()


def _take_all(
    sources: Sequence[Source], spool: Spool, sender: Sender, told: Callable[[str], None]
) -> None:
    paused = sender.must_pause()
    if paused:
        told("paused: panic is on where the receiver runs, so AWS is not called")
    for source in sources:
        if paused and source.calls_aws:
            continue
        try:
            taken = source.take(spool, datetime.now(UTC))
        except SpoolFullError:
            told(f"the spool is full ({spool.waiting_bytes:,} bytes): reading waits for sending")
        except TrailError as error:
            told(str(error))
        except OSError as error:
            told(f"what is read cannot be kept here: {error}. Make room, or mend the folder")
        else:
            if taken:
                told(f"{taken} files taken, {spool.waiting_bytes:,} bytes wait to be sent")
