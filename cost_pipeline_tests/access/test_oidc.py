"""Whom an identity provider's claims let in, as whom, and into which tenant."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cost_pipeline.access.oidc import OidcProvider
from cost_pipeline.access.provider import LoginError
from cost_pipeline.access.tokens import Session
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database

NOW = datetime(2026, 3, 10, tzinfo=UTC)
ADA = {"email": "ada@acme.test", "email_verified": True}


def _log_in(database: Database, claims: dict[str, Any], **settings: str) -> Session:
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants VALUES ('acme', 'Acme') ON CONFLICT DO NOTHING")
    provider = OidcProvider(database, Settings(oidc_default_role="viewer", **settings))
    return provider.log_in(ADA | claims, client="test", now=NOW)


def test_a_newcomer_belongs_to_the_home_tenant_where_no_claim_names_one(
    database: Database,
) -> None:
    assert _log_in(database, {"org": "acme"}).tenant_id == "default"


def test_the_claim_names_the_tenant(database: Database) -> None:
    assert _log_in(database, {"org": "acme"}, oidc_tenant_claim="org").tenant_id == "acme"


@pytest.mark.parametrize("claims", [{}, {"org": ""}, {"org": None}, {"org": "nobody's"}])
def test_whoever_has_no_tenant_gets_into_none(database: Database, claims: dict[str, Any]) -> None:
    with pytest.raises(LoginError):
        _log_in(database, claims, oidc_tenant_claim="org")
