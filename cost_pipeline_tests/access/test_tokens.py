"""Only what we signed, and only until it expires."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from cost_pipeline.access.keyring import Keyring, WeakKeyError, keyring, rotate
from cost_pipeline.access.passwords import WeakPasswordError, hash_password, matches
from cost_pipeline.access.tokens import Session, TokenError, issue, read
from cost_pipeline.settings import Settings

KEYS = Keyring.of("s" * 40)
ADA = Session("ada@example.com", "default", "operator", epoch=3)
HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)


def test_a_token_says_who_it_is_for() -> None:
    claims = read(issue(ADA, KEYS, lifetime=HOUR, now=NOW), KEYS, lifetime=HOUR, now=NOW)
    assert claims.session == ADA
    assert abs(claims.expires_at - NOW - HOUR) < timedelta(seconds=1)


_CLAIMS = {"sub": "a", "tenant": "t", "role": "admin", "epoch": 0, "iat": NOW, "exp": NOW + HOUR}
_ID = {"kid": KEYS.newest.key_id}


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "none"),
        ("", "none"),
        ("a.b.c", "malformed"),
        ("x" * 5000, "malformed"),
        (issue(ADA, KEYS, lifetime=HOUR, now=NOW - 2 * HOUR), "expired"),
        (issue(ADA, Keyring.of("x" * 40), lifetime=HOUR, now=NOW), "forged"),
        (jwt.encode(_CLAIMS, "x" * 40, headers=_ID), "forged"),
        (jwt.encode(_CLAIMS | {"jti": "1"}, None, algorithm="none", headers=_ID), "forged"),
        (jwt.encode(_CLAIMS, KEYS.newest.derived("session"), headers=_ID), "forged"),
    ],
    ids=["none", "empty", "words", "long", "expired", "key", "kid", "unsigned", "claims"],
)
def test_everything_else_is_refused_with_its_reason(token: str | None, reason: str) -> None:
    with pytest.raises(TokenError, match=reason):
        read(token, KEYS, lifetime=HOUR, now=NOW)


def test_after_a_rotation_old_tokens_hold_until_they_expire(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    before = issue(ADA, keyring(settings), lifetime=HOUR, now=NOW)
    ring = rotate(settings, now=NOW)
    after = issue(ADA, ring, lifetime=HOUR, now=NOW)
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    for token in (before, after):
        assert read(token, keyring(settings), lifetime=HOUR, now=NOW).session == ADA
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_whoever_stole_an_old_key_cannot_sign_with_it_for_ever(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    stolen = keyring(settings)
    ring = rotate(settings, now=NOW)
    later = NOW + 2 * HOUR
    forged = issue(ADA, stolen, lifetime=HOUR, now=later)
    with pytest.raises(TokenError, match="expired"):
        read(forged, ring, lifetime=HOUR, now=later)


def test_keys_of_the_environment_rotate_by_being_put_first(tmp_path: Path) -> None:
    old, new = "o" * 40, "n" * 40
    token = issue(ADA, Keyring.of(old), lifetime=HOUR, now=NOW)
    settings = Settings(home=tmp_path, secret_key=f"{new}, {old}")  # type: ignore[arg-type]
    assert keyring(settings).newest.secret == new
    assert read(token, keyring(settings), lifetime=HOUR, now=NOW).session == ADA
    with pytest.raises(ValueError, match="COST_PIPELINE_SECRET_KEY"):
        rotate(settings, now=NOW)


def test_a_weak_key_is_refused_and_no_key_shows() -> None:
    with pytest.raises(WeakKeyError):
        Keyring.of("short")
    assert "ssss" not in repr(KEYS)


def test_roles_include_the_lesser_ones() -> None:
    assert ADA.may("viewer")
    assert not ADA.may("admin")


def test_passwords_match_only_themselves() -> None:
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert matches("correct horse", stored)
    assert not matches("battery staple", stored)
    assert not matches("nobody's password", None)
    with pytest.raises(WeakPasswordError):
        hash_password("short")


def test_the_key_is_made_once_and_kept_secret(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    key = keyring(settings).newest.secret
    assert len(key) > 40
    assert keyring(settings).newest.secret == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_many_processes_that_start_at_once_make_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = secrets.token_urlsafe

    def slowly(length: int) -> str:
        time.sleep(0.05)
        return made(length)

    monkeypatch.setattr("cost_pipeline.access.keyring.secrets.token_urlsafe", slowly)
    with ThreadPoolExecutor(6) as pool:
        rings = list(pool.map(lambda _: keyring(Settings(home=tmp_path)), range(6)))
    assert len({ring.newest.key_id for ring in rings}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_an_empty_key_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    with pytest.raises(WeakKeyError, match="Put it back from a backup"):
        keyring(Settings(home=tmp_path))
