"""The secrets of channels (addresses, keys, passwords): encrypted at rest with a key of the ring.

What is encrypted says whose it is, so that a row copied to another tenant or channel opens
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.fernet import InvalidToken

from cost_pipeline.access.keyring import Keyring
from cost_pipeline.access.vault import VaultError
from cost_pipeline.store import channels
from cost_pipeline.store.database import Database


@dataclass(frozen=True, slots=True)
class ChannelVault:
    """Seals and opens the secrets of one tenant's channels."""

    ring: Keyring = field(repr=False)
    tenant_id: str

    def seal(self, channel: str, secrets: Mapping[str, str]) -> str:
        """Secrets as they are stored."""
        said = [self.tenant_id, channel, dict(secrets)]
        return self.ring.cipher().encrypt(json.dumps(said).encode()).decode()

    def open(self, channel: str, sealed: str) -> dict[str, str]:
        """Secrets as they are used.

        Raises:
            VaultError: they were encrypted with a key that is gone, or for another channel.
        """
        try:
            whose, name, secrets = json.loads(self.ring.cipher().decrypt(sealed.encode()))
        except InvalidToken:
            raise VaultError(
                f"the secrets of channel {channel} cannot be decrypted: the secret key that "
                "encrypted them is gone. Put it back behind the newest one in "
                "COST_PIPELINE_SECRET_KEY, or set the channel again: cost-pipeline channel add"
            ) from None
        if (whose, name) != (self.tenant_id, channel):
            raise VaultError(f"the secrets of channel {channel} were stored for another one")
        return dict(secrets)


def reencrypt(database: Database, ring: Keyring) -> int:
    """Encrypts the secrets of all channels with the newest key; how many channels that were.

    Raises:
        VaultError: one cannot be opened; then nothing is changed.
    """
    with database.admin() as conn:
        rows = channels.with_secrets(conn)
        for row in rows:
            vault = ChannelVault(ring, row["tenant_id"])
            secrets = vault.open(row["name"], row["secrets_cipher"])
            channels.replace_cipher(
                conn,
                tenant_id=row["tenant_id"],
                name=row["name"],
                secrets_cipher=vault.seal(row["name"], secrets),
            )
    return len(rows)
