"""What an agent has taken and not yet delivered: a folder of whole files, bounded in size."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import time_ns

from cost_pipeline.aws.archive import sync_folder

_SUFFIX = ".file"


class SpoolFullError(Exception):
    """There is no room: whoever reads must wait until something is delivered."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits to be delivered."""

    path: Path
    key: str
    sha256: str
    content: bytes

    @property
    def is_whole(self) -> bool:
        """Whether it is what was kept: disks rot, and files are cut short."""
        return hashlib.sha256(self.content).hexdigest() == self.sha256


class Spool:
    """Files in the order they came; each is there whole, on disk, or not at all.

    Args:
        folder: where they lie; `refused/` in it holds what the receiver will never take.
        most_bytes: how much may wait. A file always fits into an empty spool.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most = most_bytes
        self._lock = Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left_over in folder.glob("*.part"):
            left_over.unlink()
        self._bytes = sum(path.stat().st_size for path in self._paths())
        self._last = 0

    @property
    def waiting_bytes(self) -> int:
        """How much waits."""
        return self._bytes

    def put(self, content: bytes, key: str = "") -> None:
        """Keeps a file; it is on disk when this returns.

        Raises:
            SpoolFullError: there is no room now.
        """
        digest = hashlib.sha256(content).hexdigest()
        header = json.dumps({"key": key, "sha256": digest}).encode() + b"\n"
        size = len(header) + len(content)
        with self._lock:
            if self._bytes and self._bytes + size > self._most:
                raise SpoolFullError
            self._last = max(time_ns(), self._last + 1)
            path = self._folder / f"{self._last:020}{_SUFFIX}"
            _write(path, header, content)
            self._bytes += size

    def __iter__(self) -> Iterator[Waiting]:
        """What waits, oldest first."""
        for path in self._paths():
            header, _, content = path.read_bytes().partition(b"\n")
            try:
                said = json.loads(header)
                yield Waiting(path, said["key"], said["sha256"], content)
            except (ValueError, KeyError, TypeError):
                yield Waiting(path, "", "", content)

    def done(self, waiting: Waiting) -> None:
        """Lets go of a file that was delivered."""
        self._forget(waiting.path)
        waiting.path.unlink()

    def refuse(self, waiting: Waiting, reason: str) -> None:
        """Keeps a file aside that the receiver will never take, with the reason beside it."""
        self.set_aside(waiting.path.stem, reason)
        self._forget(waiting.path)
        waiting.path.rename(self._folder / "refused" / waiting.path.name)

    def set_aside(self, name: str, reason: str) -> None:
        """Writes down why something is not delivered."""
        aside = self._folder / "refused"
        aside.mkdir(exist_ok=True)
        (aside / f"{name}.reason").write_text(reason)

    def _forget(self, path: Path) -> None:
        with self._lock:
            self._bytes -= path.stat().st_size

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))


def _write(path: Path, header: bytes, content: bytes) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("xb") as file:
        file.write(header)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    sync_folder(path.parent)
