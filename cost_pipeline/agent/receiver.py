"""The receiving side: log files from agents, into the archive of the certificate's tenant."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from threading import Timer
from typing import IO, Any

import grpc
import psycopg

from cost_pipeline.agent.certificates import (
    CertificateError,
    Certified,
    Files,
    Identity,
    certified_by,
)
from cost_pipeline.agent.wire import forwarding_pb2, forwarding_pb2_grpc
from cost_pipeline.aws.trails import TrailError
from cost_pipeline.core.splitting import UnreadableFileError
from cost_pipeline.intake.archiving import Archiving, UnknownTenantError
from cost_pipeline.store.database import DatabaseUnavailableError

MOST_FILE = 64 << 20
"""Bytes of the largest file that is taken."""
MOST_SECONDS = 120.0
"""How long the handing over of one file may take, on either side."""
CHUNK = 512 << 10
_MOST_MESSAGE = CHUNK + 4096
WORKERS = 8
"""Files that are taken at once."""
_IN_MEMORY = 1 << 20
"""Bytes of a file on its way that are not yet worth a place on disk."""
_MOST_CALLS = 64
"""Calls in progress or waiting for a worker; one more is told to come again."""
_log = logging.getLogger(__name__)

OPTIONS = [
    ("grpc.max_receive_message_length", _MOST_MESSAGE),
    ("grpc.max_send_message_length", _MOST_MESSAGE),
    ("grpc.so_reuseport", 0),
]
# An agent whose line is cut without a word is noticed; one that waits for an answer may ask.
_SERVER_OPTIONS = [
    *OPTIONS,
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
]


class _RefusedError(Exception):
    def __init__(self, code: grpc.StatusCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Receiver(forwarding_pb2_grpc.ForwardingServicer):
    """Answers agents.

    `panicking` says whether a tenant wants no calls to AWS, `revoked` whether a certificate is
    no longer let in.
    """

    def __init__(
        self,
        archiving: Archiving,
        panicking: Callable[[str], bool],
        revoked: Callable[[Certified], bool] = lambda certified: False,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        self._archiving = archiving
        self._panicking = panicking
        self._revoked = revoked
        self._most_seconds = most_seconds

    def Deliver(  # noqa: N802 - the protocol's name
        self, request_iterator: Iterator[forwarding_pb2.Chunk], context: grpc.ServicerContext
    ) -> forwarding_pb2.Receipt:
        """Keeps one file; answers when it is on disk and registered."""
        try:
            agent = self._agent(context)
            with SpooledTemporaryFile(_IN_MEMORY) as content:
                with _ended_after(self._most_seconds, context):
                    header = _gather(request_iterator, content)
                stored = self._keep(str(agent.tenant_id), header, content)
        except _RefusedError as refused:
            _log.warning("refused: %s", refused)
            context.abort(refused.code, str(refused))
        return forwarding_pb2.Receipt(files=len(stored), new_files=sum(one.new for one in stored))

    def Ask(  # noqa: N802 - the protocol's name
        self, request: forwarding_pb2.Question, context: grpc.ServicerContext
    ) -> forwarding_pb2.Standing:
        """Tells an agent whether to pause."""
        try:
            pause = self._panicking(str(self._agent(context).tenant_id))
        except _RefusedError as refused:
            context.abort(refused.code, str(refused))
        except (psycopg.Error, DatabaseUnavailableError) as error:
            context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        return forwarding_pb2.Standing(pause=pause)

    def _agent(self, context: grpc.ServicerContext) -> Identity:
        """The agent of the connection; TLS has verified its certificate already."""
        certified = _certified(context)
        try:
            revoked = self._revoked(certified)
        except (CertificateError, OSError) as error:
            raise _RefusedError(grpc.StatusCode.UNAVAILABLE, str(error)) from error
        if revoked:
            raise _RefusedError(
                grpc.StatusCode.PERMISSION_DENIED,
                f"the certificate of {certified.identity.name} is revoked: cost-pipeline agent "
                "init makes a new one",
            )
        return certified.identity

    def _keep(self, tenant_id: str, header: forwarding_pb2.Header, content: IO[bytes]) -> Any:
        try:
            return self._archiving.keep(tenant_id, content, header.key or None)
        except UnreadableFileError as error:
            raise _RefusedError(grpc.StatusCode.INVALID_ARGUMENT, str(error)) from error
        except UnknownTenantError as error:
            raise _RefusedError(grpc.StatusCode.PERMISSION_DENIED, str(error)) from error
        except (TrailError, psycopg.OperationalError, DatabaseUnavailableError) as error:
            raise _RefusedError(grpc.StatusCode.UNAVAILABLE, str(error)) from error


def _certified(context: grpc.ServicerContext) -> Certified:
    pems = context.auth_context().get("x509_pem_cert", [])
    certified = certified_by(pems[0]) if pems else None
    if certified is None:
        raise _RefusedError(
            grpc.StatusCode.UNAUTHENTICATED,
            "the certificate is no agent's: use one that cost-pipeline agent init made",
        )
    return certified


@contextmanager
def _ended_after(seconds: float, context: grpc.ServicerContext) -> Iterator[None]:
    """Ends a call that sends nothing more, so that it does not keep a worker for itself."""
    timer = Timer(seconds, context.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (grpc.RpcError, _RefusedError) as error:
        if context.is_active():
            raise
        raise _RefusedError(
            grpc.StatusCode.CANCELLED, "the call ended before its file was whole"
        ) from error
    finally:
        timer.cancel()


def _gather(chunks: Iterator[forwarding_pb2.Chunk], content: IO[bytes]) -> forwarding_pb2.Header:
    """The header; the whole content goes to disk, so that slow senders take no memory."""
    first = next(chunks, None)
    if first is None or first.WhichOneof("part") != "header":
        raise _RefusedError(grpc.StatusCode.INVALID_ARGUMENT, "the first chunk is no header")
    header = first.header
    if header.size > MOST_FILE:
        raise _RefusedError(
            grpc.StatusCode.OUT_OF_RANGE, f"{header.size} bytes are more than {MOST_FILE}"
        )
    digest = hashlib.sha256()
    for chunk in chunks:
        content.write(chunk.data)
        digest.update(chunk.data)
        if content.tell() > header.size:
            break
    if content.tell() != header.size or digest.hexdigest() != header.sha256:
        raise _RefusedError(grpc.StatusCode.DATA_LOSS, "the content is not what its header says")
    content.seek(0)
    return header


def serve(receiver: Receiver, address: str, files: Files) -> tuple[grpc.Server, int]:
    """Starts answering agents that our authority certified; returns the server and its port.

    Raises:
        ValueError: the address cannot be listened on.
    """
    server = grpc.server(
        ThreadPoolExecutor(WORKERS, "receiver"),
        options=_SERVER_OPTIONS,
        maximum_concurrent_rpcs=_MOST_CALLS,
    )
    forwarding_pb2_grpc.add_ForwardingServicer_to_server(receiver, server)
    credentials = grpc.ssl_server_credentials(
        [(files.key, files.certificate)], files.authority, require_client_auth=True
    )
    try:
        port = server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise ValueError(f"{address} cannot be listened on: {error}. Is it taken?") from error
    server.start()
    return server, port
