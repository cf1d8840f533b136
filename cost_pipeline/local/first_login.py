"""The first login: an administrator with a random password, kept where only its owner reads."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from cost_pipeline.access.passwords import hash_password
from cost_pipeline.store import governance, users
from cost_pipeline.store.database import Database

EMAIL = "admin@example.com"


@dataclass(frozen=True, slots=True)
class Login:
    """An address and its password."""

    email: str
    password: str


def ensure_login(database: Database, *, tenant_id: str, file: Path) -> Login | None:
    """The login that was made here, now or earlier; None where people have made their own.

    Args:
        database: whose users.
        tenant_id: whose administrator.
        file: keeps the address and the password, readable by its owner alone.
    """
    with database.admin() as conn:
        known = {row["email"] for row in users.listing(conn)}
        if file.exists():
            email, password = file.read_text().split()
            if email in known:
                return Login(email, password)
        elif known:
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
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(f"{login.email}\n{login.password}\n")
