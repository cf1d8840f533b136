"""The keys that sign sessions and encrypt customers' credentials, the newest first.

One secret is one key. `COST_PIPELINE_SECRET_KEY` may hold several with commas, the newest first;
without it a file under the home does, with the moment at which each older one was replaced.
Every use gets a key of its own, derived from the secret: one never stands in for another.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cost_pipeline.settings import Settings

_LEAST_CHARACTERS = 32


class WeakKeyError(ValueError):
    """A secret is too short to sign with."""


@dataclass(frozen=True, slots=True)
class Key:
    """One secret; `retired_at` is when a newer one took its place, where that is known."""

    secret: str
    retired_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Key({self.key_id})"

    @property
    def key_id(self) -> str:
        """The name under which signed things refer to it; tells nothing of the secret."""
        return hashlib.sha256(b"key id " + self.secret.encode()).hexdigest()[:12]

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose."""
        derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
        return derivation.derive(self.secret.encode())


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys, the newest first: that one signs and encrypts, the others still verify."""

    keys: tuple[Key, ...]

    @classmethod
    def of(cls, *secrets_newest_first: str) -> Keyring:
        """A ring of secrets whose age is not known.

        Raises:
            WeakKeyError: one has fewer than 32 characters.
        """
        if not secrets_newest_first or min(map(len, secrets_newest_first)) < _LEAST_CHARACTERS:
            raise WeakKeyError(
                "COST_PIPELINE_SECRET_KEY needs at least 32 characters; make one with: "
                "openssl rand -base64 48"
            )
        return cls(tuple(Key(secret) for secret in secrets_newest_first))

    @property
    def newest(self) -> Key:
        """The key that signs and encrypts."""
        return self.keys[0]

    def find(self, key_id: str) -> Key | None:
        """The key of that id."""
        return next((key for key in self.keys if key.key_id == key_id), None)

    def cipher(self) -> MultiFernet:
        """Encrypts with the newest key, decrypts with any."""
        return MultiFernet(
            [Fernet(base64.urlsafe_b64encode(key.derived("encryption"))) for key in self.keys]
        )


def keyring(settings: Settings) -> Keyring:
    """The ring as it is now, from the settings or from the file under the home, made once.

    Raises:
        WeakKeyError: a secret of the settings is too short, or the file is empty.
    """
    if settings.secret_key is not None:
        given = settings.secret_key.get_secret_value().split(",")
        return Keyring.of(*(secret.strip() for secret in given if secret.strip()))
    path = settings.home / "secret_key"
    if not path.exists():
        _make(path)
    return _read(path)


def rotate(settings: Settings, *, now: datetime) -> Keyring:
    """Puts a new key before those there are; every process uses it from its next look on.

    Raises:
        ValueError: the keys come from the environment, where only its owner can change them.
    """
    if settings.secret_key is not None:
        raise ValueError(
            "The keys are set by COST_PIPELINE_SECRET_KEY. Put a new one before the old one, "
            "with a comma, restart every process, then run: cost-pipeline key rotate --stored"
        )
    ring = keyring(settings)
    kept = [Key(key.secret, key.retired_at or now) for key in ring.keys]
    path = settings.home / "secret_key"
    temporary = path.with_suffix(".new")
    older = (f"{key.secret} {key.retired_at:%Y-%m-%dT%H:%M:%SZ}" for key in kept)
    _write(temporary, secrets.token_urlsafe(48), *older)
    temporary.replace(path)
    return _read(path)


def _make(path: Path) -> None:
    """A first key, whole before it has its name: of several who make one at once, one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    _write(unfinished, secrets.token_urlsafe(48))
    with suppress(FileExistsError):
        path.hardlink_to(unfinished)
    unfinished.unlink()


def _write(path: Path, *lines: str) -> None:
    """Writes a file that its owner alone may read; it outlasts a power cut."""
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines))
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> Keyring:
    keys = []
    for line in path.read_text().splitlines():
        secret, _, retired = line.strip().partition(" ")
        if secret:
            at = datetime.fromisoformat(retired).astimezone(UTC) if retired else None
            keys.append(Key(secret, at))
    if not keys:
        raise WeakKeyError(
            f"{path} holds no key. Put it back from a backup; without one, remove it: then a new "
            "one is made, people log in again, and stored access keys and channels are set anew."
        )
    return Keyring(tuple(keys))
