"""Customers' access keys: encrypted at rest, readable only with a key of the ring.

A role with an external id is the better way, for there is nothing to keep. What is encrypted
says whose it is, so that a row copied to another tenant or account opens nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from cryptography.fernet import InvalidToken

from cost_pipeline.access.keyring import Keyring
from cost_pipeline.store import accounts, governance
from cost_pipeline.store.database import Database


class VaultError(ValueError):
    """Stored keys cannot be opened."""


@dataclass(frozen=True, slots=True)
class AccessKeys:
    """What boto3 signs with; the secrets never show in `repr`."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def seal(ring: Keyring, keys: AccessKeys, *, tenant_id: str, account_id: str) -> str:
    """Keys as they are stored."""
    said = [tenant_id, account_id, keys.access_key_id, keys.secret_access_key, keys.session_token]
    return ring.cipher().encrypt(json.dumps(said).encode()).decode()


def unseal(ring: Keyring, sealed: str, *, tenant_id: str, account_id: str) -> AccessKeys:
    """Keys as they are used.

    Raises:
        VaultError: they were encrypted with a key that is gone, or for another account.
    """
    try:
        whose, account, *keys = json.loads(ring.cipher().decrypt(sealed.encode()))
    except InvalidToken:
        raise VaultError(
            f"the access keys of account {account_id} cannot be decrypted: the secret key that "
            "encrypted them is gone. Put it back behind the newest one in "
            "COST_PIPELINE_SECRET_KEY, or set the keys again: cost-pipeline account set"
        ) from None
    if (whose, account) != (tenant_id, account_id):
        raise VaultError(f"the access keys of account {account_id} were stored for another one")
    return AccessKeys(*keys)


def keep(
    database: Database,
    ring: Keyring,
    *,
    tenant_id: str,
    account_id: str,
    by: str,
    name: str | None = None,
    role_arn: str | None = None,
    external_id: str | None = None,
    keys: AccessKeys | None = None,
) -> None:
    """Says how an account is entered: by a role, or by keys.

    Raises:
        ValueError: it is both, or neither.
    """
    if (role_arn is None) == (keys is None):
        raise ValueError("an account is entered by a role (better) or by access keys: give one")
    sealed = seal(ring, keys, tenant_id=tenant_id, account_id=account_id) if keys else None
    with database.transaction(tenant_id) as conn:
        accounts.put(
            conn,
            tenant_id=tenant_id,
            account_id=account_id,
            name=name,
            role_arn=role_arn,
            external_id=external_id,
            keys_cipher=sealed,
        )
        governance.audit(
            conn,
            tenant_id=tenant_id,
            who=by,
            action="set account access",
            details={"account": account_id, "role": role_arn, "keys": keys is not None},
        )


def reencrypt(database: Database, ring: Keyring) -> int:
    """Encrypts all stored keys with the newest key of the ring; how many accounts that were.

    Raises:
        VaultError: one cannot be opened; then nothing is changed.
    """
    with database.admin() as conn:
        rows = accounts.with_keys(conn)
        for row in rows:
            whose = {"tenant_id": row["tenant_id"], "account_id": row["account_id"]}
            keys = unseal(ring, row["keys_cipher"], **whose)
            accounts.replace_cipher(conn, **whose, keys_cipher=seal(ring, keys, **whose))
    return len(rows)
