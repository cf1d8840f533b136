"""Only what we signed, and only until it expires."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from cost_pipeline.access.passwords import WeakPasswordError, hash_password, matches
from cost_pipeline.access.tokens import Session, issue, secret_key, verify
from cost_pipeline.settings import Settings

SECRET = "s" * 40
ADA = Session("ada@example.com", "default", "operator")
HOUR = timedelta(hours=1)


def test_a_token_says_who_it_is_for() -> None:
    token = issue(ADA, SECRET, lifetime=HOUR, now=datetime.now(UTC))
    assert verify(token, SECRET) == ADA


@pytest.mark.parametrize("token", [None, "", "a.b.c"])
def test_no_token_is_no_session(token: str | None) -> None:
    assert verify(token, SECRET) is None


def test_expired_forged_and_unsigned_tokens_are_refused() -> None:
    now = datetime.now(UTC)
    assert verify(issue(ADA, SECRET, lifetime=HOUR, now=now - 2 * HOUR), SECRET) is None
    assert verify(issue(ADA, "x" * 40, lifetime=HOUR, now=now), SECRET) is None
    claims = {"sub": "a", "tenant": "t", "role": "admin", "exp": now + HOUR, "jti": "1"}
    assert verify(jwt.encode(claims, None, algorithm="none"), SECRET) is None


def test_roles_include_the_lesser_ones() -> None:
    assert ADA.may("viewer")
    assert not ADA.may("admin")


def test_passwords_match_only_themselves() -> None:
    stored = hash_password("correct horse")
    assert matches("correct horse", stored)
    assert not matches("battery staple", stored)
    assert not matches("nobody's password", None)
    with pytest.raises(WeakPasswordError):
        hash_password("short")


def test_the_key_is_made_once_and_kept_secret(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    key = secret_key(settings)
    assert len(key) > 40
    assert secret_key(settings) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
