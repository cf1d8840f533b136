"""Sessions over HTTP: started, used, ended; and every kind of token that is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from cost_pipeline.access import provider
from cost_pipeline.access.keyring import Keyring
from cost_pipeline.access.tokens import Session, issue
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.conftest import PASSWORD, SECRET, Client

HOUR = timedelta(hours=1)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _audited(database: Database) -> list[tuple[str, str, str]]:
    with database.admin() as conn:
        rows = conn.execute(
            "SELECT who, action, details->>'reason' AS reason FROM audit_log ORDER BY id"
        )
        return [(row["who"], row["action"], row["reason"]) for row in rows]


def test_a_session_lasts_until_it_is_ended(
    client: Client, log_in: Callable[[], dict[str, Any]], database: Database
) -> None:
    session = log_in()
    assert session["role"] == "operator"
    assert client.post("/v1/logout", headers=_bearer(session["token"])).status_code == 204
    replayed = client.post("/v1/logout", headers=_bearer(session["token"]))
    assert replayed.status_code == 401
    assert ("ada@example.com", "token refused", "revoked") in _audited(database)
    assert ("ada@example.com", "logged out", None) in _audited(database)


def test_no_token_expired_forged_and_unsigned_ones_are_refused_and_audited(
    client: Client, ada: str, database: Database
) -> None:
    now, keys = datetime.now(UTC), Keyring.of(SECRET)
    who = Session(ada, "default", "admin")
    key = keys.newest
    claims = {"sub": ada, "tenant": "default", "role": "admin", "epoch": 0, "jti": "1"}
    claims |= {"iat": now.timestamp(), "exp": (now + HOUR).timestamp()}  # type: ignore[dict-item]
    unsigned = jwt.encode(claims, None, algorithm="none", headers={"kid": key.key_id})
    other_key = jwt.encode(claims, "x" * 40, algorithm="HS256", headers={"kid": key.key_id})
    tokens = {
        "none": "",
        "malformed": "a.b",
        "unknown": "dd0c_no-such-token",
        "expired": issue(who, keys, lifetime=HOUR, now=now - 2 * HOUR),
        "forged": unsigned,
        "forged ": other_key,
        "forged  ": issue(who, Keyring.of("y" * 40), lifetime=HOUR, now=now),
    }
    for token in tokens.values():
        answer = client.post("/v1/logout", headers=_bearer(token) if token else {})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    reasons = {reason for _, action, reason in _audited(database) if action == "token refused"}
    assert reasons == {name.strip() for name in tokens}


def test_a_token_that_names_another_tenant_is_refused(
    client: Client, ada: str, database: Database
) -> None:
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'Other')")
    session = Session(ada, "other", "admin")
    token = issue(session, Keyring.of(SECRET), lifetime=HOUR, now=datetime.now(UTC))
    assert client.post("/v1/logout", headers=_bearer(token)).status_code == 401


def test_a_new_password_ends_the_sessions_so_far(
    client: Client, log_in: Callable[[], dict[str, Any]]
) -> None:
    before, header = log_in(), _bearer(log_in()["token"])
    wrong = client.post("/v1/password", json={"old": "no", "new": "x" * 12}, headers=header)
    assert wrong.status_code == 401
    change = {"old": PASSWORD, "new": "another good one"}
    changed = client.post("/v1/password", json=change, headers=header)
    assert changed.status_code == 200
    for token, status in ((before["token"], 401), (changed.json()["token"], 204)):
        assert client.post("/v1/logout", headers=_bearer(token)).status_code == status


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com", "a\x00@example.com"])
def test_too_many_failures_block_whether_or_not_there_is_such_a_user(
    client: Client, ada: str, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "FREE_FAILURES", 2)
    answers = [
        client.post("/v1/login", json={"email": email, "password": f"wrong {n}"}) for n in range(4)
    ]
    assert [answer.status_code for answer in answers] == [401] * 2 + [429] * 2
    assert {answer.json()["detail"] for answer in answers[:2]} == {"E-mail or password is wrong."}
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30


def test_a_flood_of_refusals_is_one_line(client: Client, database: Database) -> None:
    for _ in range(20):
        client.post("/v1/logout", headers=_bearer("a.b"))
    assert len(_audited(database)) == 1
