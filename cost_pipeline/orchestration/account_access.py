"""How an account is entered: by the role that was asked for, its own role, or its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cost_pipeline.access.keyring import keyring
from cost_pipeline.access.vault import unseal
from cost_pipeline.aws.sessions import Access
from cost_pipeline.orchestration.resources import settings
from cost_pipeline.store import accounts

if TYPE_CHECKING:
    from cost_pipeline.store.database import Database


def access_of(
    database: Database,
    tenant_id: str,
    account_id: str,
    *,
    role_arn: str | None = None,
    region: str | None = None,
) -> Access:
    """What the account's row says, a role before keys; boto3's own search where it says nothing.

    Raises:
        VaultError: it has keys that cannot be decrypted.
    """
    with database.transaction(tenant_id) as conn:
        row = accounts.find(conn, tenant_id=tenant_id, account_id=account_id) or {}
    role = role_arn or row.get("role_arn")
    if role:
        external_id = row.get("external_id") if role == row.get("role_arn") else None
        return Access(role_arn=role, external_id=external_id, region=region)
    if not row.get("keys_cipher"):
        return Access(region=region)
    keys = unseal(
        keyring(settings()), row["keys_cipher"], tenant_id=tenant_id, account_id=account_id
    )
    return Access(
        access_key_id=keys.access_key_id,
        secret_access_key=keys.secret_access_key,
        session_token=keys.session_token,
        region=region,
    )
