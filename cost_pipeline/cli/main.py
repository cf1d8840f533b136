"""The root of the command line: what there is, and how errors are shown."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from cost_pipeline.cli.terminal import Terminal
from cost_pipeline.settings import Settings, SettingsError


class _Commands(TyperGroup):
    """All commands; each may read settings before it begins."""

    def invoke(self, ctx: Any) -> Any:
        """Runs one, unless the environment says what cannot be meant."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise _told(error) from error


app = typer.Typer(
    name="cost-pipeline",
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=(
        "dd0c/cost reads CloudTrail and says, minutes later, who started what costs how much.\n\n"
        "[bold]cost-pipeline demo[/bold] shows it on a made-up organisation.\n\n"
        "[bold]cost-pipeline run --trail s3://bucket[/bold] reads a trail once, here and now.\n\n"
        "[bold]cost-pipeline up --trail s3://bucket[/bold] keeps reading it, with the app."
    ),
)
out = Terminal()
err = Terminal(stderr=True)


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """`DATABASE_URL`, or the embedded Postgres for as long as the command runs."""
    if settings.database_url is not None:
        # What it warns of, each time it tries, is told once, when it gives up.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        yield settings.database_url.get_secret_value()
        return
    from cost_pipeline.local.postgres import EmbeddedPostgres

    with EmbeddedPostgres(settings.postgres).running() as url:
        yield url


@contextmanager
def plain_errors() -> Iterator[None]:
    """Shows what went wrong as a sentence, and ends with exit code 1."""
    import psycopg

    from cost_pipeline.aws.errors import AwsError
    from cost_pipeline.local.home import ProcessError
    from cost_pipeline.local.postgres import PostgresError
    from cost_pipeline.store.database import DatabaseUnavailableError

    try:
        yield
    except (
        AwsError,
        PostgresError,
        ProcessError,
        DatabaseUnavailableError,
        ValueError,
        LookupError,
    ) as error:
        raise _told(error) from error
    except psycopg.OperationalError as error:
        what = escape(str(error).partition("\n")[0])
        err.print(
            f"[bold red]Error:[/] Postgres broke off: {what}. What was not finished is as before;"
            " run this again.",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(1) from error
    except (
        psycopg.errors.ForeignKeyViolation
    ) as error:  # of all that is written, only tenants are referred to
        err.print("[bold red]Error:[/] there is no such tenant: cost-pipeline tenant list")
        raise typer.Exit(1) from error
    except PermissionError as error:
        what = escape(f"{error.strerror}: {error.filename}")
        err.print(
            f"[bold red]Error:[/] {what}. Point COST_PIPELINE_HOME at"
            " a folder that you may write to.",
            soft_wrap=True,
        )
        raise typer.Exit(1) from error
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(0) from None


def _told(error: Exception) -> typer.Exit:
    """Says what an error says, and gives what ends the command."""
    err.print(f"[bold red]Error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
    return typer.Exit(1)


# They register their commands; in a line each, so that two additions never meet.
from cost_pipeline.cli import (
    access,
    account,
    agent,
    api,
    backup,
    catalog,
    channel,
    digest,
    discounts,
    doctor,
    expect,
    explain,
    export,
    governance,
    onboard,
    prices,
    retention,
    run,
    service,
    status,
    sweep,
    tenant,
    thresholds,
    token,
    trail,
    up,
    verify,
    zombies,
)
