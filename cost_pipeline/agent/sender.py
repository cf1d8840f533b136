"""The sending side: what is in the spool, one file after the other, until it is answered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from threading import Event

import grpc

from cost_pipeline.agent.certificates import Files
from cost_pipeline.agent.receiver import CHUNK, MOST_SECONDS, OPTIONS
from cost_pipeline.agent.spool import Spool, Waiting
from cost_pipeline.agent.wire import forwarding_pb2, forwarding_pb2_grpc

_log = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_NEVER = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE}
"""Answers that the same file gets every time."""


class Sender:
    """A connection to the receiver.

    Args:
        target: the receiver's host:port.
        files: the agent's key and certificate, and the authority that certifies the receiver.
    """

    def __init__(self, target: str, files: Files) -> None:
        credentials = grpc.ssl_channel_credentials(
            files.authority, private_key=files.key, certificate_chain=files.certificate
        )
        options = [*OPTIONS, ("grpc.keepalive_time_ms", 60_000)]
        self._channel = grpc.secure_channel(target, credentials, options)
        self._stub = forwarding_pb2_grpc.ForwardingStub(self._channel)
        self.delivered = 0

    def deliver(self, waiting: Waiting) -> int:
        """Hands one file over; returns how many new files it became.

        Raises:
            grpc.RpcError: the receiver is away, or refuses.
        """
        receipt = self._stub.Deliver(_chunks(waiting), timeout=MOST_SECONDS)
        return int(receipt.new_files)

    def must_pause(self) -> bool:
        """Whether the receiver wants no calls to AWS; False while it is away."""
        try:
            return bool(self._stub.Ask(forwarding_pb2.Question(), timeout=10.0).pause)
        except grpc.RpcError:
            return False

    def drain(self, spool: Spool) -> None:
        """Delivers all that waits.

        Raises:
            grpc.RpcError: the receiver is away; what is left stays where it is.
        """
        for waiting in spool:
            refusal = self._handed_over(waiting)
            if refusal is None:
                spool.done(waiting)
                self.delivered += 1
                continue
            _log.error("%s is kept aside: %s", waiting.key or waiting.path.name, refusal)
            spool.refuse(waiting, refusal)

    def _handed_over(self, waiting: Waiting) -> str | None:
        """Delivers a file; why it never can be, or None where it was."""
        if not waiting.is_whole:
            return "it was damaged on this disk, and is not what was read"
        try:
            self.deliver(waiting)
        except grpc.RpcError as error:
            if error.code() not in _NEVER:
                raise
            return str(error.details())
        return None

    def run(self, spool: Spool, stop: Event, idle_seconds: float = 1.0) -> None:
        """Delivers until `stop` is set; waits longer and longer while that fails."""
        wait = _FIRST_WAIT
        while not stop.is_set():
            try:
                self.drain(spool)
            except (grpc.RpcError, OSError) as error:
                _log.warning("%s; again in %.0f s", _said(error), wait)
                stop.wait(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
            else:
                wait = _FIRST_WAIT
                stop.wait(idle_seconds)

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()


def _said(error: grpc.RpcError | OSError) -> str:
    if isinstance(error, OSError):
        return f"the spool cannot be read or written: {error}. Make room, or mend its folder"
    return f"receiver: {reason(error)}"


def reason(error: grpc.RpcError) -> str:
    """What went wrong with a call, and what to look at."""
    code, details = error.code(), error.details()
    if code == grpc.StatusCode.UNAVAILABLE:
        return (
            f"does not answer, or does not accept this certificate ({details}). Check the address, "
            "that `cost-pipeline agent receive` runs, and that both certificates are of the same "
            "authority and not expired"
        )
    return f"{code.name.lower()}: {details}"


def _chunks(waiting: Waiting) -> Iterator[forwarding_pb2.Chunk]:
    content = waiting.content
    yield forwarding_pb2.Chunk(
        header=forwarding_pb2.Header(key=waiting.key, sha256=waiting.sha256, size=len(content))
    )
    for start in range(0, len(content), CHUNK):
        yield forwarding_pb2.Chunk(data=content[start : start + CHUNK])
