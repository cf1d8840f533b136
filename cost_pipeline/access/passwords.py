"""Passwords: argon2id hashes, checked in constant time whether or not the user exists."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 1024
_hasher = PasswordHasher()
_at_once = threading.BoundedSemaphore(2)
"""Each hash takes 64 MB: a flood of logins waits here instead of filling the memory."""


class WeakPasswordError(ValueError):
    """The password is too short, or too long to hash."""


def hash_password(password: str) -> str:
    """The hash to store.

    Raises:
        WeakPasswordError: it has fewer than ten characters, or more than 1024.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise WeakPasswordError(
            f"a password needs at least {LEAST_CHARACTERS} characters, and at most"
            f" {MOST_CHARACTERS}"
        )
    with _at_once:
        return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one hashed; takes as long for a user who does not exist."""
    try:
        with _at_once:
            right = _hasher.verify(password_hash or _nobody(), password[:MOST_CHARACTERS])
        return right and password_hash is not None
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False


def outdated(password_hash: str) -> bool:
    """Whether a hash was made with weaker parameters than today's, and should be made anew."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody's password")
