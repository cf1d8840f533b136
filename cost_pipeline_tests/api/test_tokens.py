"""API tokens open what their scopes say, for as long as they last."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cost_pipeline.access import api_tokens
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.conftest import Client

Bearer = Callable[..., dict[str, str]]
OPEN = ("/healthz", "/readyz", "/v1/login")


def test_nothing_is_open_to_a_token_without_the_scope_for_it(
    client: Client, bearer: Bearer
) -> None:
    counting, pushing = bearer("metrics"), bearer("push")
    tried = 0
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        if path in OPEN:
            continue
        for method in operations:
            header = pushing if path == "/metrics" else counting
            answer = client.request(method, re.sub("{.*?}", "x", path), headers=header)
            assert answer.status_code == 403, (method, path)
            tried += 1
    assert tried > 25


def test_a_token_ends_when_it_is_revoked_and_when_its_time_is_up(
    client: Client, bearer: Bearer, database: Database
) -> None:
    bearer()  # the tenant is there
    now = datetime.now(UTC)

    def status(token: str) -> int:
        header = {"Authorization": f"Bearer {token}"}
        return client.get("/v1/anomalies", headers=header).status_code

    def made(name: str, expires_at: datetime | None = None) -> str:
        return api_tokens.create(
            database,
            tenant_id="default",
            name=name,
            scopes=["read"],
            by="ada",
            expires_at=expires_at,
        )

    token = made("ci", now + timedelta(hours=1))
    assert status(token) == 200
    assert api_tokens.revoke(database, tenant_id="default", name="ci", by="ada", now=now)
    assert status(token) == 401
    assert status(made("late", now - timedelta(seconds=1))) == 401
    assert status(made("ci")) == 200, "its name is free again"
