"""`cost-pipeline backup` and `cost-pipeline restore`: everything that cannot be made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.settings import Settings


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    archive: Annotated[
        bool, typer.Option("--archive", help="Also the log files that agents and pushes brought.")
    ] = False,
) -> None:
    """Write databases, keys, certificates and digests into one file, while everything runs.

    Uses pg_dump of the PATH or the packaged one, whichever suits the server. The file holds
    the keys: keep it as safe as the database.

    \b
    cost-pipeline backup /mnt/backups/dd0c-cost-2026-11-25.tar
    cost-pipeline backup everything.tar --archive
    """
    from cost_pipeline.local import backup as making

    settings = Settings()
    with plain_errors(), database_url(settings) as url, err.status("Dumping the database"):
        manifest = making.write(url, settings, file.expanduser(), archive=archive)
    rows = ", ".join(f"{n:,} {table}" for table, n in manifest.counts.items() if n)
    out.print(f"Wrote {file} ({file.stat().st_size / 1e6:,.1f} MB): {rows}.", soft_wrap=True)
    out.print("It holds the keys: keep it as safe as the database.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file of `cost-pipeline backup`.")],
    replace: Annotated[bool, typer.Option("--replace", help="Drop what is there now.")] = False,
) -> None:
    """Put a backup back into place; refuses to overwrite anything unless told to.

    Stop what runs first. Versions are checked before anything is touched, rows counted after.

    \b
    cost-pipeline down
    cost-pipeline restore /mnt/backups/dd0c-cost-2026-11-25.tar --replace
    """
    from cost_pipeline.local import restore as putting
    from cost_pipeline.local.home import owning

    settings = Settings()
    home = settings.home.expanduser().absolute()
    with (
        plain_errors(),
        owning(home),
        database_url(settings) as url,
        err.status("Checking the backup") as status,
    ):
        manifest = putting.restore(
            url, settings, file.expanduser(), replace=replace, note=status.update
        )
        lost = putting.lost_keys(settings, manifest)
    out.print(f"Restored what was there at {manifest.made_at}. Start: cost-pipeline up")
    if lost:
        err.print(
            f"[yellow]The keys {', '.join(lost)} are not at hand:[/] set COST_PIPELINE_SECRET_KEY "
            "as it was, or stored access keys cannot be read and people log in again.",
            soft_wrap=True,
        )
