"""What every test may use: a real Postgres for the session, an empty database for the test."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from cost_pipeline.local.postgres import EmbeddedPostgres, create_database
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.databases import Pool, copied, copy

os.environ.setdefault("PRICE_REFRESH", "false")  # no test fetches from AWS
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One worker at a time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _made_once(mark: Path) -> Iterator[bool]:
    """Whether it is this worker that makes something for all; the others wait for it."""
    with _alone(mark.parent):
        yield not mark.exists()
        mark.touch()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that every xdist worker of this session sees."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def postgres_url(shared_folder: Path) -> Iterator[str]:
    """URL of the server that all workers share; the last one to leave removes it.

    Its folder is outside pytest's own, which only root may enter when root runs the tests.
    """
    name = shared_folder / "postgres"
    with _alone(shared_folder):
        if not name.exists():
            made = Path(tempfile.mkdtemp(prefix="cost-pg-"))
            made.chmod(0o755)
            name.write_text(str(made))
        folder = Path(name.read_text())
        server = EmbeddedPostgres(folder, _SETTINGS).running()
        url = server.__enter__()
    try:
        yield url
    finally:
        with _alone(shared_folder):
            server.__exit__(None, None, None)
            if not (folder / "data" / "postmaster.pid").exists():
                shutil.rmtree(folder, ignore_errors=True)
                name.unlink()


@pytest.fixture(scope="session")
def _template(postgres_url: str, shared_folder: Path) -> str:
    """Name of a migrated database; copies can be made while nobody is connected to it."""
    name = "migrated_template"
    with _made_once(shared_folder / name) as missing:
        if missing:
            with Database(create_database(postgres_url, name)) as db:
                db.migrate()
    return name


@pytest.fixture(scope="session")
def _organisation(postgres_url: str, _template: str, shared_folder: Path) -> str:
    """Name of a database with weeks of a made-up organisation, the last day being today."""
    name = "organisation_template"
    with _made_once(shared_folder / name) as missing:
        if missing:
            from cost_pipeline_tests.fixtures.organisation import fill  # takes seconds to load

            fill(copy(postgres_url, _template, name), shared_folder / "trail")
    return name


@pytest.fixture(scope="session")
def _pool(postgres_url: str, _template: str) -> Iterator[Pool]:
    pool = Pool(postgres_url, _template)
    yield pool
    pool.close()


@pytest.fixture
def database_url(_pool: Pool) -> Iterator[str]:
    """URL of an empty, migrated database."""
    with _pool.lent() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database that knows the tenant `default`."""
    with Database(database_url) as db:
        yield db


@pytest.fixture(scope="module")
def filled_url(postgres_url: str, _organisation: str) -> Iterator[str]:
    """URL of a database in which an organisation had its incidents, for the tests of one file."""
    with copied(postgres_url, _organisation) as url:
        yield url


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """Address of a server that answers like AWS, for the session."""
    from moto.server import ThreadedMotoServer  # takes a second to load

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def moto_url(moto_server: str) -> str:
    """The same, with nothing in it."""
    requests.post(f"{moto_server}/moto-api/reset", timeout=30).raise_for_status()
    return moto_server
