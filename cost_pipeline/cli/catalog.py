"""`cost-pipeline catalog`: what it covers, and which calls of a log file it does not know."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.catalog.coverage import coverage
from cost_pipeline.catalog.gaps import CallCount, count_calls
from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.cli.log_files import records_of
from cost_pipeline.cli.main import app, out, plain_errors

catalog = typer.Typer(
    help=(
        "Say which calls are known to change the bill.\n\n"
        "[bold]cost-pipeline catalog[/bold] counts them.\n\n"
        "[bold]cost-pipeline catalog check trail/[/bold] looks for calls it does not know."
    )
)
app.add_typer(catalog, name="catalog")

_SHOWN = {
    "unknown_mutating": "[bold yellow]unknown[/]",
    "known": "[green]known[/]",
    "ignored": "ignored",
    "read_only": "[dim]reads[/]",
}


@catalog.callback(invoke_without_command=True)
def figures(context: typer.Context) -> None:
    """Count the calls that are priced, watched, kept as context and left out."""
    if context.invoked_subcommand is not None:
        return
    table = Table("calls", "", title="The catalog")
    for name, number in coverage(load_catalog()).items():
        table.add_row(f"{number:,}", name)
    out.print(table)
    out.print("Every entry: docs/catalog.md. Gaps in a log of yours: cost-pipeline catalog check.")


@catalog.command()
def check(
    path: Annotated[
        Path, typer.Argument(help="A log file, or a folder of them; gzipped, JSON or JSON lines.")
    ],
    output: Annotated[
        Literal["table", "json"], typer.Option("--format", help="For people or for programs.")
    ] = "table",
    everything: Annotated[
        bool, typer.Option("--all", help="Also calls that only read, and ignored ones.")
    ] = False,
) -> None:
    """Say which calls of a log are known, ignored, or unknown and change something.

    An unknown call that costs money is a gap: please report it, with its record.

    \b
    cost-pipeline catalog check 111122223333_CloudTrail_us-east-1_20260105T1000Z.json.gz
    cost-pipeline catalog check trail/ --format json | jq '.calls[] | select(.standing=="known")'
    """
    with plain_errors():
        if not path.exists():
            raise ValueError(f"there is no {path}")
        counts = count_calls(records_of(path), load_catalog())
    totals = {name: sum(c.calls for c in counts if c.standing == name) for name in _SHOWN}
    if output == "json":
        out.print_json(json.dumps({"totals": totals, "calls": [asdict(one) for one in counts]}))
        return
    shown = [c for c in counts if everything or c.standing in ("unknown_mutating", "known")]
    out.print(_table(shown))
    out.print(", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in totals.items()))


def _table(counts: list[CallCount]) -> Table:
    table = Table("catalog")
    for name in ("service", "call", "made", "refused", "is"):
        table.add_column(name, overflow="fold")
    for count in counts:
        table.add_row(
            _SHOWN[count.standing],
            escape(count.source.removesuffix(".amazonaws.com")),
            escape(count.name),
            f"{count.calls:,}",
            f"{count.refused:,}" if count.refused else "",
            escape(count.because),
        )
    return table
