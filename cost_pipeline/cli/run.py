"""`cost-pipeline run`: a range of days, in this process, with a progress bar and a summary."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, err, plain_errors
from cost_pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from cost_pipeline.orchestration.progress import Step
    from cost_pipeline.orchestration.run_range import RunSummary

_INTERRUPTIONS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")
_DAYS = ["%Y-%m-%d"]
Day = Annotated[datetime | None, typer.Option(formats=_DAYS, metavar="YYYY-MM-DD")]


@app.command()
def run(
    trail: Annotated[
        str | None,
        typer.Option(
            help="s3://bucket/prefix or a folder: what holds AWSLogs/. Default: the known trails."
        ),
    ] = None,
    since: Day = None,
    until: Day = None,
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose trail it is.")] = "default",
    endpoint_url: Annotated[
        str | None, typer.Option(help="Another S3 endpoint than AWS's, such as MinIO's.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="The bucket's region.")] = None,
) -> None:
    """Read a trail once: every asset of every day, here and now, without daemon or webserver.

    Rerunning a day leaves the same rows. Exit code 0 only if nothing failed.

    \b
    cost-pipeline run --trail s3://my-trail/prefix --since 2026-10-01
    cost-pipeline run --trail ./logs
    DATABASE_URL=postgresql://… cost-pipeline run --trail ./logs --until 2026-10-31
    """
    settings = Settings()
    with plain_errors(), stopping(), database_url(settings) as url:
        summary = backfill(
            url,
            trail=trail,
            endpoint_url=endpoint_url or settings.endpoint_url,
            region=region or settings.aws_region,
            since=since.date() if since else None,
            until=until.date() if until else None,
            tenant=tenant,
            refresh_prices=None if trail is not None and settings.price_refresh else (),
        )
    table = Table(title=f"{summary.since} to {summary.until}", show_header=False)
    for name in (*("files", "records", "cost_events", "unpriced", "quarantined", "anomalies"),):
        table.add_row(name.replace("_", " "), f"{getattr(summary, name):,}")
    table.add_row("failures", f"{len(summary.failures):,}")
    err.print(table)
    for failure in summary.failures[:20]:
        err.print(f"[red]failed[/] {escape(failure)}", highlight=False, soft_wrap=True)
    if not summary.files:
        err.print("[yellow]No log file is of these days:[/] cost-pipeline status knows the newest.")
    raise typer.Exit(1 if summary.failures else 0)


@contextmanager
def stopping() -> Iterator[None]:
    """Says what became of the reading that Ctrl-C ends."""
    try:
        yield
    except KeyboardInterrupt:
        err.print("Stopped. What was read stays; the same command goes on from there.")
        raise typer.Exit(130) from None


def backfill(
    url: str,
    *,
    trail: str | None,
    endpoint_url: str | None,
    region: str | None,
    since: date | None,
    until: date | None = None,
    tenant: str = "default",
    instance: DagsterInstance | None = None,
    refresh_prices: Sequence[str] | None = (),
    also: Callable[[Step], None] = lambda _: None,
) -> RunSummary:
    """Reads a trail in this process through Dagster, with a bar for each asset.

    `also` is told of every step, too; `refresh_prices` is as in `run_range`.

    Raises:
        KeyboardInterrupt: it was interrupted, and did not come to its end.
    """
    _quiet()
    from cost_pipeline.aws.trails import whole_address
    from cost_pipeline.orchestration.run_range import run_range

    with _telling() as tell:

        def listener(step: Step) -> None:
            also(step)
            tell(step)

        summary = run_range(
            url,
            trail_url=whole_address(trail) if trail is not None else None,
            endpoint_url=endpoint_url,
            region=region,
            since=since,
            until=until,
            tenant_id=tenant,
            listener=listener,
            instance=instance,
            refresh_prices=refresh_prices,
        )
    # Dagster takes Ctrl-C for the failure of a step.
    if any(mark in failure for failure in summary.failures for mark in _INTERRUPTIONS):
        raise KeyboardInterrupt
    return summary


def _quiet() -> None:
    """Dagster's log of every event is for its own UI."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="dagster")


@contextmanager
def _telling() -> Iterator[Callable[[Step], None]]:
    """Shows steps as bars on a terminal, and as lines in a log, where bars cannot move."""
    if not err.is_terminal:
        yield _tell_ends
        return
    columns = (TextColumn("{task.description:<14}"), BarColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeElapsedColumn(), console=err) as bars:
        yield _Bars(bars)


def _tell_ends(step: Step) -> None:
    if step.total and step.done >= step.total:
        line = f"{step.asset:<14} done {escape(step.note)}".rstrip()
        err.print(line, highlight=False, soft_wrap=True)


class _Bars:
    """A bar for each asset."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, step: Step) -> None:
        if step.asset not in self._tasks:
            self._tasks[step.asset] = self._bars.add_task(step.asset, note="")
        self._bars.update(
            self._tasks[step.asset], completed=step.done, total=step.total, note=step.note
        )
