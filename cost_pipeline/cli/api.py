"""`cost-pipeline api`: the HTTP API, until Ctrl-C."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cost_pipeline.cli.main import app, database_url, err, plain_errors
from cost_pipeline.settings import Settings


@app.command()
def api(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8700,
    host: Annotated[
        str,
        typer.Option(help="Address to listen on; put a proxy with TLS before others than this."),
    ] = "127.0.0.1",
) -> None:
    """Serve the HTTP API, until Ctrl-C. `up` and `demo` run it by themselves.

    \b
    cost-pipeline api --port 8700
    cost-pipeline token add ci --scopes read
    curl -H "Authorization: Bearer dd0c_…" http://localhost:8700/v1/anomalies
    """
    from cost_pipeline.api.serving import serve

    with plain_errors(), database_url(Settings()) as url:
        os.environ["DATABASE_URL"] = url
        err.print(f"The API listens on http://{host}:{port}; its description is /openapi.json.")
        serve(host, port)
