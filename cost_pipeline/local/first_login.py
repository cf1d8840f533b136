"""The first login: an administrator with a random password, kept where only its owner reads."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cost_pipeline.access.passwords import hash_password, matches
from cost_pipeline.store import governance, users
from cost_pipeline.store.database import Database

EMAIL = "admin@example.com"


@dataclass(frozen=True, slots=True)
class Login:
    """An address and its password."""

    email: str
    password: str


def ensure_login(database: Database, *, tenant_id: str, file: Path) -> Login | None:
    """The login that was made here, while its password holds; None where people have their own.

    Once somebody has changed the password, the file that kept it goes.

    Args:
        database: whose users.
        tenant_id: whose administrator.
        file: keeps the address and the password, readable by its owner alone.
    """
    with database.admin() as conn:
        if file.exists():
            email, password = file.read_text().split()
            user = users.find(conn, email=email)
            if user is not None and matches(password, user["password_hash"]):
                return Login(email, password)
            file.unlink()
        if users.listing(conn):
            return None
        login = Login(EMAIL, secrets.token_urlsafe(12))
        _keep(file, login)
        users.put(
            conn,
            tenant_id=tenant_id,
            email=login.email,
            password_hash=hash_password(login.password),
            role="admin",
        )
        governance.audit(conn, tenant_id=tenant_id, who="command line", action="made first login")
    return login


def _keep(file: Path, login: Login) -> None:
    descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as kept:
        kept.write(f"{login.email}\n{login.password}\n")
