"""A trail that lies in a folder: a copy of a bucket, or what the simulator writes."""

from __future__ import annotations

import errno
import os
from datetime import UTC, date, datetime
from pathlib import Path

from cost_pipeline.aws.trail_layout import Place, parse_key
from cost_pipeline.aws.trails import ObjectInfo, TrailError, TrailSource


class FolderTrail(TrailSource):
    """Log files under a folder, named by their path within it.

    Only finished names (`.json`, `.json.gz`) count, so a writer may use a temporary name and
    rename. Symbolic links are not followed: a trail cannot reach outside its folder.
    """

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root.expanduser().absolute()
        self.url = f"folder://{self._root}"
        # A path that points below AWSLogs keeps the names above it, which say whose it is.
        parts = self._root.parts
        if "AWSLogs" in parts:
            at = parts.index("AWSLogs")
            self._root, inner = Path(*parts[:at]), parts[at:]
        else:
            inner = ()
        self._inner = "".join(f"{part}/" for part in inner)
        self._real_root = self._root.resolve()
        self._within = f"{self._real_root}/{self._inner}"
        self._real_folders: dict[str, str] = {}

    @property
    def _start(self) -> str:
        folder = self._root / self._inner
        if folder.is_file():
            raise TrailError(
                f"{folder} is a file: name the folder that holds AWSLogs, or have `cost-pipeline "
                "explain` price this file alone.",
                "no_bucket",
            )
        if not folder.is_dir():
            raise TrailError(
                f"There is no folder {folder}: create it, or mend the path.", "no_bucket"
            )
        return self._inner

    def _children(self, prefix: str) -> list[str]:
        return sorted(e.name for e in self._entries(prefix) if e.is_dir(follow_symlinks=False))

    def _list(self, place: Place, day: date, start_after: str | None) -> list[ObjectInfo]:
        prefix = place.day_prefix(day)
        found = []
        for entry in self._entries(prefix):
            key = prefix + entry.name
            if (start_after and key <= start_after) or parse_key(key) is None:
                continue
            try:
                if entry.is_file(follow_symlinks=False):
                    found.append(_info(key, entry.stat(follow_symlinks=False), place, day))
            except FileNotFoundError:
                continue
        return sorted(found, key=lambda info: info.key)

    def keys(self, prefix: str) -> list[str]:
        """The keys of all files right under a prefix."""
        entries = self._entries(prefix)
        return sorted(prefix + e.name for e in entries if e.is_file(follow_symlinks=False))

    def _entries(self, prefix: str) -> list[os.DirEntry[str]]:
        folder = self._root / prefix
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except PermissionError as error:
            raise TrailError(
                f"The folder {folder} may not be read by this user: grant it read access.", "denied"
            ) from error

    @classmethod
    def info(cls, root: Path, key: str) -> ObjectInfo:
        """How the trail in `root` lists the file of a key.

        Raises:
            ValueError: the key is no log file's.
        """
        named = parse_key(key)
        if named is None:
            raise ValueError(f"{key} is no log file's name")
        return _info(key, (root / key).stat(), named.place, named.day)

    def read(self, key: str) -> bytes:
        """The bytes of a file of this folder; a key that leads outside is refused."""
        folder, _, name = key.rpartition("/")
        path = f"{self._real_folder(folder)}/{name}"
        try:
            with open(path, "rb", buffering=0, opener=_not_through_a_link) as file:
                return file.readall()
        except ValueError as error:
            raise TrailError(f"{key!r} is no file's name.", "invalid") from error
        except FileNotFoundError as error:
            raise TrailError(f"{key} was listed but is no longer there.", "gone") from error
        except PermissionError as error:
            raise TrailError(
                f"{path} may not be read by this user: grant it read access.", "denied"
            ) from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise TrailError(f"{key!r} is a link, and not followed.", "invalid") from error
            raise TrailError(f"{path} cannot be read: {error.strerror}.", "other") from error

    def _real_folder(self, folder: str) -> str:
        """Where a folder of this one really is: looked for once, not for each of its files."""
        path = self._real_folders.get(folder)
        if path is None:
            try:
                path = os.path.realpath(self._real_root / folder)
            except ValueError as error:
                raise TrailError(f"{folder!r} is no folder's name.", "invalid") from error
            if not f"{path}/".startswith(self._within):
                raise TrailError(f"{folder!r} leads outside the trail's folder.", "invalid")
            self._real_folders[folder] = path
        return path


def _not_through_a_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def _info(key: str, stat: os.stat_result, place: Place, day: date) -> ObjectInfo:
    return ObjectInfo(
        key=key,
        etag=f"{stat.st_mtime_ns:x}-{stat.st_size:x}",
        size=stat.st_size,
        last_modified=datetime.fromtimestamp(stat.st_mtime, UTC),
        account_id=place.account_id,
        region=place.region,
        day=day,
    )
