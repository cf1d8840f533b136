"""The way into Postgres: migrations, and transactions that see one tenant only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from cost_pipeline.store.urls import plain_url

_MIGRATIONS = Path(__file__).with_name("migrations")
_MIGRATION_LOCK = 7_310_418
_CONNECT_SECONDS = 20.0
_REASON_SECONDS = 5


class DatabaseUnavailableError(Exception):
    """Postgres does not answer; the message says where it was looked for and what to check."""


def unavailable(url: str, reason: str) -> DatabaseUnavailableError:
    """An error that says which Postgres was asked, what it answered, and what to check."""
    where = urlsplit(url)
    # Not `hostname` and `port`: there may be several, of which the one that writes is taken.
    hosts = where.netloc.rpartition("@")[2] or "the local socket"
    return DatabaseUnavailableError(
        f"Postgres at {hosts}, database '{where.path.lstrip('/')}', did not accept a connection: "
        f"{reason}. Check that it runs, that DATABASE_URL is right, and that it has connections "
        "left."
    )


def why(error: psycopg.Error) -> str:
    r"""The first thing that libpq says of a connection that did not come about.

    >>> why(psycopg.OperationalError("connection failed: no such host\nIs it up?"))
    'no such host'
    """
    return str(error).partition("\n")[0].removeprefix("connection failed: ").rstrip(". ")


def known_revisions() -> list[str]:
    """The revisions of the schema that this version knows, the oldest first."""
    found = (path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
    return sorted(found)


def _in_utc(conn: psycopg.Connection[Any]) -> None:
    """Days are UTC's, also where the server's own clock, or its user's, is set otherwise."""
    conn.execute("SET TIME ZONE 'UTC'")
    conn.commit()


class Database:
    """A pool of connections to one Postgres database; safe to share between threads.

    Args:
        url: `postgresql://user:password@host:port/name`.
        max_connections: how many connections the pool opens at most.
    """

    def __init__(self, url: str, *, max_connections: int = 8) -> None:
        self.url = plain_url(url)
        self._pool: ConnectionPool[psycopg.Connection[dict[str, Any]]] = ConnectionPool(
            self.url,
            min_size=0,
            max_size=max_connections,
            max_idle=60,
            open=True,
            configure=_in_utc,
            check=ConnectionPool.check_connection,
            timeout=_CONNECT_SECONDS,
            reconnect_timeout=_CONNECT_SECONDS,
            kwargs={"row_factory": dict_row, "application_name": "dd0c-cost"},
        )

    @contextmanager
    def transaction(self, tenant_id: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """One transaction of the application's role, which sees the rows of `tenant_id` alone.

        Commits on leaving, rolls back on an exception.

        Raises:
            DatabaseUnavailableError: no connection within 20 s.
        """
        with self._connection() as conn:
            conn.execute("SET LOCAL ROLE cost_app")
            conn.execute("SELECT set_config('app.tenant_id', %s, true)", [tenant_id])
            yield conn

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """One transaction of the owner, which sees every tenant: for upkeep and loops over them.

        Raises:
            DatabaseUnavailableError: no connection within 20 s.
        """
        with self._connection() as conn:
            yield conn

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        try:
            conn = self._pool.getconn()
        except PoolTimeout as error:
            raise unavailable(self.url, self._reason()) from error
        try:
            with conn:
                yield conn
        finally:
            self._pool.putconn(conn)

    def _reason(self) -> str:
        """What stands in the way of a connection, which the pool does not tell."""
        try:
            psycopg.connect(self.url, connect_timeout=_REASON_SECONDS).close()
        except psycopg.Error as error:
            return why(error)
        return "all of the pool are in use"

    def migrate(self) -> None:
        """Brings the schema up to date, under a lock: any number of processes may call it.

        Raises:
            DatabaseUnavailableError: no connection, one without the rights it takes, or a
                database that does not keep text as UTF-8.
        """
        import sqlalchemy as sa  # here, because it takes a third of a second to load
        from alembic import command
        from alembic.config import Config

        # Waits: right after a crash Postgres takes no connection for a while.
        with self.admin() as conn:
            encoding = conn.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise DatabaseUnavailableError(
                f"The database keeps text as {encoding}, which cannot hold all names. Make it "
                "anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0;"
            )
        # psycopg reads the URL, as everywhere else: SQLAlchemy knows no URL with several hosts.
        engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(self.url),
            poolclass=sa.NullPool,
        )
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
                config = Config()
                config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except sa.exc.OperationalError as error:
            raise unavailable(self.url, f"{error.orig}".partition("\n")[0]) from error
        except psycopg.errors.InsufficientPrivilege as error:
            user = urlsplit(self.url).username
            raise DatabaseUnavailableError(
                f"Postgres does not let '{user}' prepare the database: "
                f"{error.diag.message_primary}. Let it own the database, and as a superuser run: "
                f'CREATE ROLE cost_app NOLOGIN; GRANT cost_app TO "{user}";'
            ) from error

    def tenants(self) -> list[dict[str, Any]]:
        """Every tenant: tenant_id, name, time_zone, settings."""
        with self.admin() as conn:
            return conn.execute("SELECT * FROM tenants ORDER BY tenant_id").fetchall()

    def close(self) -> None:
        """Closes every connection."""
        self._pool.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
