"""Log files that are named on the command line: one, or all of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cost_pipeline.cli.main import err
from cost_pipeline.core.loose_files import loose_records
from cost_pipeline.core.splitting import UnreadableFileError

_LOGS = (".json", ".jsonl", ".ndjson", ".log", ".gz")


def records_of(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file, or of every log file below a folder.

    In a folder, a file that cannot be read is named and the others are read; a single one
    raises `ValueError`.
    """
    if path.is_file():
        try:
            yield from loose_records(path.read_bytes())
        except UnreadableFileError as error:
            raise ValueError(f"{path}: {error}") from error
        return
    files = sorted(file for file in path.rglob("*") if file.suffix in _LOGS and file.is_file())
    if not files:
        raise ValueError(f"there is no {', '.join(_LOGS)} file in {path}")
    for file in files:
        try:
            yield from loose_records(file.read_bytes())
        except UnreadableFileError as error:
            err.print(f"[yellow]Skipped[/] {file}: {error}", highlight=False, soft_wrap=True)
