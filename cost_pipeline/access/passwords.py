"""Passwords: argon2id hashes, checked in constant time whether or not the user exists."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

LEAST_CHARACTERS = 10
_hasher = PasswordHasher()


class WeakPasswordError(ValueError):
    """The password is too short."""


def hash_password(password: str) -> str:
    """The hash to store.

    Raises:
        WeakPasswordError: it has fewer than ten characters.
    """
    if len(password) < LEAST_CHARACTERS:
        raise WeakPasswordError(f"a password needs at least {LEAST_CHARACTERS} characters")
    return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one hashed; takes as long for a user who does not exist."""
    try:
        return _hasher.verify(password_hash or _nobody(), password) and password_hash is not None
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody's password")
