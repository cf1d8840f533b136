"""`cost-pipeline down` and `cost-pipeline migrate`: what services and containers call."""

from __future__ import annotations

from cost_pipeline.cli.main import app, database_url, err, plain_errors
from cost_pipeline.settings import Settings


@app.command()
def down() -> None:
    """Stop the `up` or `demo` that runs on COST_PIPELINE_HOME, wherever it was started.

    \b
    cost-pipeline up --trail s3://my-trail-bucket --detach
    cost-pipeline down
    """
    from cost_pipeline.local import background

    with plain_errors():
        stopped = background.stop(Settings().home.expanduser().absolute())
        err.print("Stopped." if stopped else "Nothing runs there.")


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date; any number may call it at once.

    `up` and `run` do it by themselves. Containers do it once, before the others start.

    \b
    DATABASE_URL=postgresql://cost:…@db/cost cost-pipeline migrate
    """
    from cost_pipeline.store.database import Database

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        err.print("The tables are up to date.")
