"""The API as a process: uvicorn over `DATABASE_URL`."""

from __future__ import annotations

import uvicorn

from cost_pipeline.api.app import create_app
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database

_CONNECTIONS = 16


def serve(host: str, port: int) -> None:
    """Answers until it is told to stop.

    Forwarded addresses are believed of a proxy on this machine, or of FORWARDED_ALLOW_IPS.
    """
    settings = Settings()
    with Database(settings.require_database_url(), max_connections=_CONNECTIONS) as database:
        database.migrate()
        uvicorn.run(
            create_app(database, settings),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,  # addresses may hold what people search for
            server_header=False,
            timeout_graceful_shutdown=10,
        )
