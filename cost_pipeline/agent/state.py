"""What an agent remembers: which files it has taken, and how far LookupEvents is read.

Losing it costs sending again, never a double: the receiver names files by their content.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cost_pipeline.aws.trails import ObjectInfo

_SCHEMA = """
CREATE TABLE IF NOT EXISTS taken (key TEXT PRIMARY KEY, etag TEXT, day TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS taken_by_day ON taken (day);
CREATE TABLE IF NOT EXISTS positions (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class State:
    """The memory of one agent, in a file."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)

    def not_taken(self, listed: Iterable[ObjectInfo]) -> list[ObjectInfo]:
        """Those that have not been taken yet, or have been rewritten since."""
        files = list(listed)
        days = sorted({file.day.isoformat() for file in files})
        known: dict[str, str | None] = {}
        for day in days:
            known.update(self._db.execute("SELECT key, etag FROM taken WHERE day = ?", [day]))
        return [file for file in files if known.get(file.key, ...) != file.etag]

    def take(self, file: ObjectInfo) -> None:
        """Remembers a file, once it is in the spool."""
        self._db.execute(
            "INSERT OR REPLACE INTO taken VALUES (?, ?, ?)",
            [file.key, file.etag, file.day.isoformat()],
        )

    def forget_before(self, day: date) -> None:
        """Forgets files of days that are not listed any more."""
        self._db.execute("DELETE FROM taken WHERE day < ?", [day.isoformat()])

    def position(self, name: str) -> dict[str, Any] | None:
        """What was kept under a name."""
        row = self._db.execute("SELECT value FROM positions WHERE name = ?", [name]).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def keep_position(self, name: str, value: dict[str, Any]) -> None:
        """Keeps something under a name."""
        text = json.dumps(value)
        self._db.execute("INSERT OR REPLACE INTO positions VALUES (?, ?)", [name, text])

    def close(self) -> None:
        """Closes the file."""
        self._db.close()
