"""`cost-pipeline account` and `cost-pipeline key`: how accounts are entered, and our own keys."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import accounts, governance
from cost_pipeline.store.database import Database

account = typer.Typer(no_args_is_help=True, help="How AWS accounts are entered.")
app.add_typer(account, name="account")
key = typer.Typer(no_args_is_help=True, help="The key that signs sessions and encrypts secrets.")
app.add_typer(key, name="key")
BY = "command line"


@account.command("set")
def set_account(
    account_id: str,
    role_arn: Annotated[str | None, typer.Option(help="The role to assume (better).")] = None,
    external_id: Annotated[str | None, typer.Option(help="What its trust policy asks for.")] = None,
    access_key_id: Annotated[str | None, typer.Option(help="Keys instead of a role.")] = None,
    secret: Annotated[
        str | None,
        typer.Option(envvar="COST_PIPELINE_ACCOUNT_SECRET", help="Asked for when not given."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose account.")] = "default",
) -> None:
    """Say how an account is entered. Keys are stored encrypted, and never shown again.

    \b
    cost-pipeline account set 111122223333 --role-arn arn:aws:iam::111122223333:role/dd0c-cost \\
      --external-id 7f3c…
    cost-pipeline account set 444455556666 --access-key-id AKIA…
    """
    from cost_pipeline.access.keyring import keyring
    from cost_pipeline.access.vault import AccessKeys, keep

    settings = Settings()
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        db.migrate()
        keys = None
        if access_key_id is not None:
            keys = AccessKeys(access_key_id, secret or getpass.getpass("Secret access key: "))
        keep(
            db, keyring(settings), tenant_id=tenant, account_id=account_id, name=name,
            role_arn=role_arn, external_id=external_id, keys=keys, by=BY,
        )  # fmt: skip
    out.print(f"{account_id} is entered by {'its keys' if keys else role_arn}.")


@account.command("list")
def list_accounts(
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose accounts.")] = "default",
) -> None:
    """Show the accounts and how each is entered.

    \b
    cost-pipeline account list
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            found = accounts.listing(conn, tenant_id=tenant)
    table = Table("account", "name", "entered by", "since")
    for row in found:
        way = row["role_arn"] or ("keys" if row["has_keys"] else "the credentials at hand")
        since = row["keys_set_at"] or row["created_at"]
        table.add_row(
            escape(row["account_id"]), escape(row["name"] or ""), escape(way), f"{since:%F}"
        )
    out.print(table if found else "No account is set: cost-pipeline account set ID --role-arn …")


@key.command("rotate")
def rotate_key(
    stored: Annotated[
        bool, typer.Option("--stored", help="Only encrypt anew what is stored, with the newest.")
    ] = False,
) -> None:
    """Make a new key; older ones still verify sessions until they expire.

    With keys of your own in COST_PIPELINE_SECRET_KEY, put the new one first, restart, and run
    this with --stored.

    \b
    cost-pipeline key rotate
    """
    from cost_pipeline.access import channel_vault
    from cost_pipeline.access.keyring import keyring, rotate
    from cost_pipeline.access.vault import reencrypt

    settings = Settings()
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        db.migrate()
        ring = keyring(settings) if stored else rotate(settings, now=datetime.now(UTC))
        count, channels = reencrypt(db, ring), channel_vault.reencrypt(db, ring)
        with db.admin() as conn:
            details = {"key": ring.newest.key_id, "accounts": count, "channels": channels}
            governance.audit(
                conn, tenant_id=settings.tenant_id, who=BY, action="rotated key", details=details
            )
    out.print(
        f"The newest key is {ring.newest.key_id}; {count} accounts and {channels} channels are "
        "encrypted with it."
    )
