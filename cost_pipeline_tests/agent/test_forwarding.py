"""Agent and receiver over real sockets: who is let in, and that nothing is lost or doubled."""

import errno
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from cost_pipeline.agent import receiver as receiving
from cost_pipeline.agent import running
from cost_pipeline.agent.certificates import (
    CertificateError,
    Files,
    agent_certificate,
    authority,
    server_certificate,
)
from cost_pipeline.agent.receiver import Receiver, serve
from cost_pipeline.agent.revocation import NAME, Revocations
from cost_pipeline.agent.sender import Sender
from cost_pipeline.agent.sources import Files as FileSource
from cost_pipeline.agent.spool import Spool
from cost_pipeline.agent.state import State
from cost_pipeline.agent.wire import forwarding_pb2
from cost_pipeline.aws.trails import open_trail
from cost_pipeline.intake.archiving import Archiving
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import LogFolder, run_instances

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


class Site:
    """A receiver, and the certificates of an authority."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database
        self.ca = authority(folder / "ca")
        server_certificate(self.ca, ["localhost"]).write(folder / "ca", "server")
        self.settings = Settings(archive_url=str(folder / "archive"))
        self.panic = False
        self.most_seconds = receiving.MOST_SECONDS
        self.revocations = Revocations(folder / "ca")
        self.server: grpc.Server | None = None
        self.port = 0

    def start(self) -> None:
        archiving = Archiving(self.database, self.settings)
        receiver = Receiver(
            archiving, lambda _: self.panic, self.revocations.holds, self.most_seconds
        )
        files = Files.read(self.folder / "ca", "server")
        self.server, self.port = serve(receiver, f"localhost:{self.port}", files)

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop(None).wait()
            self.server = None

    def sender(self, files: Files) -> Sender:
        return Sender(f"localhost:{self.port}", files)

    def certified(self, tenant_id: str = "default", **options: Any) -> Files:
        folder = self.folder / f"agent-{tenant_id}"
        agent_certificate(self.ca, "office", tenant_id, **options).write(folder, "agent")
        (folder / "ca.pem").write_bytes((self.folder / "ca" / "ca.pem").read_bytes())
        return Files.read(folder, "agent")

    def stored(self, tenant_id: str = "default") -> list[bytes]:
        files = (self.folder / "archive" / tenant_id).rglob("*.json.gz")
        return sorted(path.read_bytes() for path in files)

    def registered(self, tenant_id: str = "default") -> int:
        with self.database.transaction(tenant_id) as conn:
            return len(conn.execute("SELECT FROM trail_objects").fetchall())


@pytest.fixture
def site(tmp_path: Path, database: Database) -> Iterator[Site]:
    one = Site(tmp_path / "site", database)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", 1 << 20)


@pytest.fixture
def connect(site: Site) -> Iterator[Callable[[Files], Sender]]:
    made: list[Sender] = []

    def to(files: Files) -> Sender:
        made.append(site.sender(files))
        return made[-1]

    yield to
    for sender in made:
        sender.close()


Connect = Callable[[Files], Sender]


def _log(name: str) -> bytes:
    return gzip.compress(json.dumps({"Records": [run_instances(name, NOW)]}).encode(), mtime=0)


def test_what_a_folder_holds_arrives_as_it_is_for_the_certificate_s_tenant(
    site: Site, connect: Connect, spool: Spool, tmp_path: Path
) -> None:
    with site.database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('acme', 'Acme')")
    folder = LogFolder(tmp_path / "logs")
    paths = [folder.put([run_instances(name, NOW)], NOW, name) for name in "abc"]
    state = State(tmp_path / "state.sqlite")
    source = FileSource(open_trail(str(folder.root)), state, 48 * HOUR)
    sender = connect(site.certified("acme"))
    assert running.once([source], spool, sender) == []
    assert site.stored("acme") == sorted(path.read_bytes() for path in paths)
    assert (site.registered("acme"), site.registered()) == (3, 0)
    assert running.once([source], spool, sender) == []
    assert sender.delivered == 3
    state.close()


def test_while_the_receiver_is_away_files_wait_on_disk_and_none_is_lost_or_doubled(
    site: Site, connect: Connect, tmp_path: Path
) -> None:
    folder = LogFolder(tmp_path / "logs")
    for number in range(6):
        folder.put([run_instances(f"{number}", NOW)], NOW, f"{number}")
    site.stop()
    room = len(_log("0")) * 4
    state = State(tmp_path / "state.sqlite")
    source = FileSource(open_trail(str(folder.root)), state, 48 * HOUR)
    spool = Spool(tmp_path / "spool", room)
    (problem,) = running.once([source], spool, connect(site.certified()))
    assert "does not answer" in problem
    assert 0 < spool.waiting_bytes <= room
    waiting = len(list(spool))
    assert 0 < waiting < 6
    site.start()
    spool = Spool(tmp_path / "spool", room)  # the agent was started anew
    assert len(list(spool)) == waiting
    sender = connect(site.certified())
    assert running.once([source], spool, sender) == []
    assert (len(site.stored()), site.registered(), sender.delivered) == (6, 6, 6)
    state.close()


def test_what_was_stored_but_not_answered_is_sent_again_and_stays_one(
    site: Site, connect: Connect, spool: Spool
) -> None:
    spool.put(_log("a"))
    sender = connect(site.certified())
    (waiting,) = spool
    assert sender.deliver(waiting) == 1
    assert sender.deliver(waiting) == 0  # as after a crash before the spool let go of it
    assert (len(site.stored()), site.registered()) == (1, 1)


def test_a_file_larger_than_a_message_goes_in_pieces(
    site: Site, connect: Connect, tmp_path: Path
) -> None:
    body = b'{"Records": [' + b" " * (3 * receiving.CHUNK) + b"]}"
    key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/10/a.json"
    spool = Spool(tmp_path / "spool", 1 << 24)
    spool.put(body, key)
    connect(site.certified()).drain(spool)
    (stored,) = site.stored()
    assert gzip.decompress(stored) == body


def test_what_is_no_log_file_is_kept_aside_with_the_reason(
    site: Site, connect: Connect, spool: Spool, tmp_path: Path
) -> None:
    spool.put(b"hello")
    spool.put(_log("a"))
    connect(site.certified()).drain(spool)
    assert list(spool) == []
    assert spool.waiting_bytes == 0
    (why,) = (tmp_path / "spool" / "refused").glob("*.reason")
    assert "not a CloudTrail log file" in why.read_text()
    assert len(site.stored()) == 1


@pytest.mark.parametrize("damage", [b"", b"no header", b'{"key": "k", "sha256": "0"}\n{}', b"[]\n"])
def test_what_rotted_in_the_spool_is_kept_aside_and_stops_no_other(
    site: Site, connect: Connect, spool: Spool, tmp_path: Path, damage: bytes
) -> None:
    spool.put(_log("a"))
    (rotten,) = spool
    rotten.path.write_bytes(damage)
    spool.put(_log("b"))
    connect(site.certified()).drain(spool)
    assert list(spool) == []
    (why,) = (tmp_path / "spool" / "refused").glob("*.reason")
    assert "damaged on this disk" in why.read_text()
    assert len(site.stored()) == 1


def test_a_full_disk_stops_sending_until_there_is_room_again(
    site: Site, connect: Connect, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.put(b"hello")
    spool.put(_log("a"))
    full, stop, set_aside = threading.Event(), threading.Event(), spool.set_aside

    def refuse_once(name: str, reason: str) -> None:
        if not full.is_set():
            full.set()
            raise OSError(errno.ENOSPC, "No space left on device")
        set_aside(name, reason)

    monkeypatch.setattr(spool, "set_aside", refuse_once)
    monkeypatch.setattr("cost_pipeline.agent.sender._FIRST_WAIT", 0.01)
    sender = connect(site.certified())
    sending = threading.Thread(target=sender.run, args=(spool, stop, 0.01))
    sending.start()
    deadline = time.monotonic() + 10
    while list(spool) and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    sending.join()
    assert full.is_set()
    assert len(site.stored()) == 1
    assert (list(spool), spool.waiting_bytes) == ([], 0)


def test_content_that_was_changed_on_its_way_is_not_stored(
    site: Site, connect: Connect, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.put(_log("a"))
    (waiting,) = spool

    def chunks(_: Any) -> Iterator[forwarding_pb2.Chunk]:
        size = len(waiting.content)
        header = forwarding_pb2.Header(key="", sha256=waiting.sha256, size=size)
        yield forwarding_pb2.Chunk(header=header)
        yield forwarding_pb2.Chunk(data=b"x" * size)

    monkeypatch.setattr("cost_pipeline.agent.sender._chunks", chunks)
    with pytest.raises(grpc.RpcError, match="not what its header says"):
        connect(site.certified()).drain(spool)
    assert site.stored() == []
    assert len(list(spool)) == 1


def test_messages_and_files_are_bounded(site: Site, connect: Connect, spool: Spool) -> None:
    sender = connect(site.certified())
    large = forwarding_pb2.Chunk(data=b"x" * (2 * receiving.CHUNK))
    with pytest.raises(grpc.RpcError) as refused:
        sender._stub.Deliver(iter([large]))
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    header = forwarding_pb2.Header(size=receiving.MOST_FILE + 1)
    with pytest.raises(grpc.RpcError) as refused:
        sender._stub.Deliver(iter([forwarding_pb2.Chunk(header=header)]))
    assert refused.value.code() == grpc.StatusCode.OUT_OF_RANGE


def test_agents_that_stop_in_the_middle_of_a_file_do_not_keep_others_out(
    site: Site, connect: Connect, spool: Spool
) -> None:
    site.stop()
    site.most_seconds = 0.5
    site.start()
    sender = connect(site.certified())
    released = threading.Event()

    def stalled() -> Iterator[forwarding_pb2.Chunk]:
        yield forwarding_pb2.Chunk(header=forwarding_pb2.Header(size=10))
        released.wait(60)

    held = [sender._stub.Deliver.future(stalled()) for _ in range(receiving.WORKERS)]
    spool.put(_log("waited"))
    sender.drain(spool)
    assert len(site.stored()) == 1
    assert {call.code() for call in held} == {grpc.StatusCode.CANCELLED}
    released.set()


def test_files_on_their_way_take_no_memory(site: Site, connect: Connect) -> None:
    sender = connect(site.certified())
    sent, released = threading.Semaphore(0), threading.Event()

    def slow() -> Iterator[forwarding_pb2.Chunk]:
        yield forwarding_pb2.Chunk(header=forwarding_pb2.Header(size=receiving.MOST_FILE))
        for _ in range(64):
            yield forwarding_pb2.Chunk(data=b" " * receiving.CHUNK)
        sent.release()
        released.wait(60)

    process = psutil.Process()
    before = process.memory_info().rss
    held = [sender._stub.Deliver.future(slow()) for _ in range(receiving.WORKERS)]
    for _ in held:
        sent.acquire()
    assert process.memory_info().rss - before < 160 << 20, "of 256 MiB that were sent"
    for call in held:
        call.cancel()
    released.set()


def _of_another_authority(site: Site) -> Files:
    good = site.certified()
    folder = site.folder / "strangers"
    agent_certificate(authority(folder), "office", "default").write(folder, "agent")
    mine = Files.read(folder, "agent")
    return Files(mine.key, mine.certificate, good.authority)


def _expired(site: Site) -> Files:
    return site.certified(now=NOW - timedelta(days=3), days=1)


def _not_an_agent_s(site: Site) -> Files:
    return Files.read(site.folder / "ca", "server")


@pytest.mark.parametrize("strange", [_of_another_authority, _expired, _not_an_agent_s])
def test_strangers_are_not_let_in(
    site: Site, connect: Connect, spool: Spool, strange: Callable[[Site], Files]
) -> None:
    spool.put(_log("a"))
    with pytest.raises(grpc.RpcError) as refused:
        connect(strange(site)).drain(spool)
    codes = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED}
    assert refused.value.code() in codes
    assert (site.stored(), len(list(spool))) == ([], 1)


def test_without_a_certificate_nobody_is_let_in(site: Site) -> None:
    ca = (site.folder / "ca" / "ca.pem").read_bytes()
    credentials = grpc.ssl_channel_credentials(ca)
    with grpc.secure_channel(f"localhost:{site.port}", credentials) as channel:
        ask = channel.unary_unary("/dd0c.cost.v1.Forwarding/Ask")
        with pytest.raises(grpc.RpcError) as refused:
            ask(b"", timeout=60)
    assert refused.value.code() == grpc.StatusCode.UNAVAILABLE


def test_an_agent_does_not_talk_to_a_receiver_of_another_authority(
    site: Site, connect: Connect, spool: Spool
) -> None:
    authority(site.folder / "other")
    mine = site.certified()
    other = (site.folder / "other" / "ca.pem").read_bytes()
    spool.put(_log("a"))
    with pytest.raises(grpc.RpcError):
        connect(Files(mine.key, mine.certificate, other)).drain(spool)
    assert site.stored() == []


def test_a_tenant_that_is_not_known_is_refused(site: Site, connect: Connect, spool: Spool) -> None:
    spool.put(_log("a"))
    with pytest.raises(grpc.RpcError, match="no tenant nobody"):
        connect(site.certified("nobody")).drain(spool)
    assert len(list(spool)) == 1


def test_a_revoked_agent_is_let_in_no_longer_and_again_with_a_new_certificate(
    site: Site, connect: Connect, spool: Spool
) -> None:
    spool.put(_log("a"))
    sender = connect(site.certified())  # connected before: the next call is refused all the same
    assert not sender.must_pause()
    site.revocations.revoke("office", "default", datetime.now(UTC))
    with pytest.raises(grpc.RpcError, match="revoked"):
        sender.drain(spool)
    assert (site.stored(), len(list(spool))) == ([], 1)
    later = datetime.now(UTC) + timedelta(seconds=2)
    connect(site.certified(now=later)).drain(spool)
    assert len(site.stored()) == 1


def test_who_is_revoked_is_so_for_one_tenant_alone(
    site: Site, connect: Connect, spool: Spool
) -> None:
    site.revocations.revoke("office", "acme", datetime.now(UTC))
    site.revocations.revoke("factory", "default", datetime.now(UTC))
    spool.put(_log("a"))
    connect(site.certified()).drain(spool)
    assert len(site.stored()) == 1


def test_while_the_list_of_the_revoked_cannot_be_read_nobody_is_let_in(
    site: Site, connect: Connect, spool: Spool
) -> None:
    (site.folder / "ca" / NAME).write_text("office")
    spool.put(_log("a"))
    with pytest.raises(grpc.RpcError, match="until it is mended"):
        connect(site.certified()).drain(spool)
    assert len(list(spool)) == 1


def test_in_panic_the_agent_calls_aws_no_more(site: Site, connect: Connect, spool: Spool) -> None:
    class Bucket(FileSource):
        calls_aws = True

        def __init__(self) -> None:
            self.asked = 0

        def take(self, spool: Spool, now: datetime) -> int:
            self.asked += 1
            return 0

    bucket, sender = Bucket(), connect(site.certified())
    for site.panic in (True, False):
        running.once([bucket], spool, sender)
    assert bucket.asked == 1


def test_missing_certificates_are_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="agent init"):
        Files.read(tmp_path, "agent")


def test_private_keys_are_their_owner_s_alone(site: Site) -> None:
    site.certified()
    keys = list(site.folder.rglob("*.key"))
    assert len(keys) == 3
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
