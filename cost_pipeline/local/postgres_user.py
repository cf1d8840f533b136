"""Whom the embedded Postgres runs as when we are root, and where that user may go."""

from __future__ import annotations

import pwd
from pathlib import Path


class PostgresError(Exception):
    """The embedded server cannot run; the message says why and how to mend it."""


def other_user() -> pwd.struct_passwd:
    """The account that Postgres runs under when we are root, as which it refuses to run."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresError(
        "you run as root, and there is neither a user 'postgres' nor 'nobody' to run Postgres as. "
        "Run as another user, or set DATABASE_URL to a Postgres of your own."
    )


def blocking_folder(folder: Path, user: pwd.struct_passwd) -> Path | None:
    """The outermost folder on the way to `folder` that `user` may not enter, if any."""
    for step in (*reversed(folder.parents), folder):
        status = step.stat()
        if status.st_uid == user.pw_uid:
            allowed = status.st_mode & 0o100
        elif status.st_gid == user.pw_gid:
            allowed = status.st_mode & 0o010
        else:
            allowed = status.st_mode & 0o001
        if not allowed:
            return step
    return None
